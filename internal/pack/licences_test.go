package pack_test

import (
	"archive/zip"
	"debug/buildinfo"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/internal/pack"
)

// Row 114: a packed charm names each module that its program links, with its licence, and Go. It is the same each time.
func TestRow114CharmsNameWhatTheyLink(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it packs charms for two architectures")
	}
	first, second := t.TempDir(), t.TempDir()
	for _, dir := range []string{first, second} {
		command := exec.Command("make", "--no-print-directory", "-C", "../..", "charm", "CHARM=charm/worker", "NAME=kubernetes-worker", "DIST="+dir)
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("make charm: %v\n%s", err, out)
		}
	}
	for _, arch := range []string{"amd64", "arm64"} {
		t.Run(arch, func(t *testing.T) {
			t.Parallel()
			name := "kubernetes-worker_" + arch + ".charm"
			files, again := unpacked(t, filepath.Join(first, name)), unpacked(t, filepath.Join(second, name))
			for name, body := range again {
				if files[name] != body {
					t.Errorf("%s differs between two builds", name)
				}
			}
			if !strings.Contains(files["metadata.yaml"], "name: kubernetes-worker\n") {
				t.Error("the charm has its own name")
			}
			checkLinked(t, files, arch)
		})
	}
}

// checkLinked holds the notices and the bill of a charm against what its program says that it links.
func checkLinked(t *testing.T, files map[string]string, arch string) {
	t.Helper()
	info, err := buildinfo.Read(strings.NewReader(files[pack.Program]))
	if err != nil {
		t.Fatal(err)
	}
	bill := files[pack.Bill]
	checkTimeless(t, bill)
	for _, match := range regexp.MustCompile(`goarch=(\w+)`).FindAllStringSubmatch(bill, -1) {
		if match[1] != arch {
			t.Errorf("the bill has %s", match[0])
		}
	}
	versions := components(t, bill)
	if versions["std"] != info.GoVersion {
		t.Errorf("the bill has Go %q, the program %q", versions["std"], info.GoVersion)
	}
	if len(info.Deps) < 10 {
		t.Errorf("the program links %d modules", len(info.Deps))
	}
	for _, module := range info.Deps {
		if versions[module.Path] != module.Version {
			t.Errorf("the bill has %s %q, the program %q", module.Path, versions[module.Path], module.Version)
		}
		licence := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(module.Path) + `(/\S+)? \((LICENSE|COPYING)\S*\)\n-+\n\n.+`)
		if !licence.MatchString(files[pack.Notices]) {
			t.Errorf("no licence of %s", module.Path)
		}
	}
	for _, word := range []string{
		"\n" + info.GoVersion + " (LICENSE)\n", "The Go Authors", "musl",
		// Code of others within a module has a licence and a grant of patents of its own.
		"\nk8s.io/utils/internal/third_party/forked/golang (LICENSE)\n", "\nk8s.io/utils/internal/third_party/forked/golang (PATENTS)\n",
	} {
		if !strings.Contains(files[pack.Notices], word) {
			t.Errorf("the notices lack %q", word)
		}
	}
}

// checkTimeless wants a bill without a time and without a serial number.
func checkTimeless(t *testing.T, bill string) {
	t.Helper()
	if found := regexp.MustCompile(`"timestamp"|"serialNumber"|\d{4}-\d\d-\d\dT\d\d:`).FindAllString(bill, -1); found != nil {
		t.Errorf("the bill has %q", found)
	}
}

// components are the versions of a bill's components, by name.
func components(t *testing.T, text string) map[string]string {
	t.Helper()
	var bill struct {
		Format     string `json:"bomFormat"`
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal([]byte(text), &bill); err != nil {
		t.Fatal(err)
	}
	if bill.Format != "CycloneDX" {
		t.Errorf("the bill is of the format %q", bill.Format)
	}
	versions := map[string]string{}
	for _, c := range bill.Components {
		versions[c.Name] = c.Version
	}
	return versions
}

// unpacked are the files of an archive, by name.
func unpacked(t *testing.T, file string) map[string]string {
	t.Helper()
	archive, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	files := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(body)
	}
	return files
}

// A charm that names licences or a bill that are not there is not packed.
func TestRow114MissingLicencesAreAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bill := filepath.Join(dir, "bill")
	if err := os.WriteFile(bill, []byte("not JSON"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, s := range map[string]pack.Source{
		"cannot read the licences: ":          {Licences: filepath.Join(dir, "none"), Bill: bill},
		"cannot read the bill of materials: ": {Licences: dir, Bill: bill},
	} {
		s.Dir, s.Program, s.Arch = charm(t, small()), program(t, 62), "amd64" // EM_X86_64
		if _, err := pack.Collect(s); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Go writes the time of the commit into a program that it builds in a clone, and cyclonedx-gomod copies it.
func TestBillHasNoTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bill := filepath.Join(dir, "bill")
	const text = `{"metadata": {"properties": [
		{"name": "cdx:gomod:build:vcs:revision", "value": "6ad38df8"},
		{"name": "cdx:gomod:build:vcs:time", "value": "2026-11-26T17:42:38Z"}]}}`
	if err := os.WriteFile(bill, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	entries, err := pack.Collect(pack.Source{
		Dir: charm(t, small()), Program: program(t, 62), Arch: "amd64", Licences: t.TempDir(), Bill: bill, // EM_X86_64
	})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(entries, func(e pack.Entry) bool { return e.Name == pack.Bill })
	body := string(entries[i].Body)
	checkTimeless(t, body)
	if !strings.Contains(body, "6ad38df8") {
		t.Error("the bill lacks the revision")
	}
}
