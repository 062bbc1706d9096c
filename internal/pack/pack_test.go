package pack_test

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/internal/pack"
)

// program returns the header of a static program for machine: enough to tell
// what it is for.
func program(t *testing.T, machine elf.Machine) string {
	t.Helper()
	header := elf.Header64{
		Ident:   [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:    uint16(elf.ET_EXEC),
		Machine: uint16(machine),
		Version: uint32(elf.EV_CURRENT),
		Ehsize:  64,
	}
	var body bytes.Buffer
	if err := binary.Write(&body, binary.LittleEndian, header); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(file, body.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// charm makes a charm's directory of files, by name; a body that begins with
// "-> " is the target of a link, and a name that ends in * is executable.
func charm(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range files {
		name, executable := strings.CutSuffix(name, "*")
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if target, ok := strings.CutPrefix(body, "-> "); ok {
			if err := os.Symlink(target, file); err != nil {
				t.Fatal(err)
			}
			continue
		}
		mode := fs.FileMode(0o600)
		if executable {
			mode = 0o700
		}
		if err := os.WriteFile(file, []byte(body), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func small() map[string]string {
	return map[string]string{
		"metadata.yaml":        "name: small\n",
		"LICENSE":              "free",
		"README.md":            "# small\n",
		"handlers/sign*":       "#!/bin/sh\n",
		"handlers/words":       "some\n",
		"handlers/.words.swp":  "swap",
		"handlers/words~":      "backup",
		"hooks/start":          "-> ../bin/kube-control",
		"hooks/stop":           "-> start",
		"bin/kube-control*":    "an old build",
		"bin/jujusim*":         "not for charms",
		"kept/tokens":          "secret",
		"notes.txt":            "not on the list",
		".git/config":          "not on the list",
		"actions/.gitkeep":     "",
		"charm/other/metadata": "not on the list",
	}
}

func TestCollectTakesWhatIsListed(t *testing.T) {
	t.Parallel()

	entries, err := pack.Collect(pack.Source{
		Dir: charm(t, small()), Program: program(t, elf.EM_X86_64), Arch: "amd64",
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		line := e.Mode.String() + " " + e.Name
		if e.Name != pack.Program && !e.Mode.IsDir() {
			line += " " + string(e.Body)
		}
		got = append(got, line)
	}
	want := []string{
		"-rw-r--r-- LICENSE free",
		"-rw-r--r-- README.md # small\n",
		"drwxr-xr-x actions",
		"drwxr-xr-x bin",
		"-rwxr-xr-x bin/kube-control",
		"drwxr-xr-x handlers",
		"-rwxr-xr-x handlers/sign #!/bin/sh\n",
		"-rw-r--r-- handlers/words some\n",
		"drwxr-xr-x hooks",
		"Lrwxrwxrwx hooks/start ../bin/kube-control",
		"Lrwxrwxrwx hooks/stop start",
		"-rw-r--r-- manifest.yaml bases:\n" +
			"- architectures:\n  - amd64\n  channel: \"22.04\"\n  name: ubuntu\n" +
			"- architectures:\n  - amd64\n  channel: \"24.04\"\n  name: ubuntu\n" +
			"- architectures:\n  - amd64\n  channel: \"26.04\"\n  name: ubuntu\n",
		"-rw-r--r-- metadata.yaml name: small\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries differ (-want +got):\n%s", diff)
	}
}

func TestCollectRefuses(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name  string
		files map[string]string
		arch  string
		want  string
	}{
		{"no metadata", map[string]string{"metadata.yaml": "-> nowhere"}, "amd64", "cannot read charm metadata: "},
		{"no name", map[string]string{"metadata.yaml": "summary: x"}, "amd64", "has no name"},
		{"an absolute link", map[string]string{"hooks/stop": "-> /bin/true"}, "amd64", "link hooks/stop is absolute: /bin/true"},
		{"an escaping link", map[string]string{"hooks/stop": "-> ../../x"}, "amd64", "link hooks/stop leaves the charm: ../../x"},
		{"a dangling link", map[string]string{"hooks/stop": "-> ../bin/x"}, "amd64", "link hooks/stop ends at nothing in the charm: ../bin/x"},
		{"a link to what is left out", map[string]string{"hooks/stop": "-> ../notes.txt"}, "amd64", "ends at nothing in the charm"},
		{"a link by a way that is not there", map[string]string{"hooks/stop": "-> ../x/../bin/kube-control"}, "amd64", "ends at nothing in the charm"},
		{"a link to a directory", map[string]string{"hooks/stop": "-> ../handlers"}, "amd64", "link hooks/stop ends at a directory: ../handlers"},
		{"a circle", map[string]string{"hooks/stop": "-> halt", "hooks/halt": "-> stop"}, "amd64", "link hooks/halt goes round in a circle"},
		{"another machine's program", nil, "arm64", "it is for EM_X86_64, not for arm64"},
		{"an unknown machine", nil, "sparc", "it is for EM_X86_64, not for sparc"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			files := small()
			for name, body := range tt.files {
				files[name] = body
			}
			_, err := pack.Collect(pack.Source{Dir: charm(t, files), Program: program(t, elf.EM_X86_64), Arch: tt.arch})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestArchiveIsTheSameEachTime(t *testing.T) {
	t.Parallel()

	machine := program(t, elf.EM_AARCH64)
	archive := func() []byte {
		dir := charm(t, small())
		old := time.Now().Add(-time.Hour)
		if err := os.Chtimes(filepath.Join(dir, "README.md"), old, old); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, "README.md"), 0o664); err != nil {
			t.Fatal(err)
		}
		entries, err := pack.Collect(pack.Source{Dir: dir, Program: machine, Arch: "arm64"})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := pack.WriteArchive(&out, entries); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	if !bytes.Equal(archive(), archive()) {
		t.Error("two archives of one charm differ")
	}
}

func TestArchiveAndDirectoryHoldTheEntries(t *testing.T) {
	t.Parallel()

	entries, err := pack.Collect(pack.Source{
		Dir: charm(t, small()), Program: program(t, elf.EM_X86_64), Arch: "amd64",
	})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, e := range entries {
		want = append(want, fmt.Sprintf("%s %s %q", e.Mode, e.Name, e.Body))
	}

	var out bytes.Buffer
	if err := pack.WriteArchive(&out, entries); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, readArchive(t, out.Bytes())); diff != "" {
		t.Errorf("archive differs (-want +got):\n%s", diff)
	}

	dir := filepath.Join(t.TempDir(), "made", "here")
	if err := pack.WriteDir(dir, entries); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, readDir(t, dir)); diff != "" {
		t.Errorf("directory differs (-want +got):\n%s", diff)
	}
	if err := pack.WriteDir(dir, entries); err == nil {
		t.Error("a directory was overwritten")
	}
}

func readArchive(t *testing.T, archive []byte) []string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range r.File {
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %s %q", f.Mode(), strings.TrimSuffix(f.Name, "/"), body))
	}
	return got
}

func readDir(t *testing.T, dir string) []string {
	t.Helper()
	var got []string
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || file == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		var body []byte
		switch {
		case info.Mode().IsRegular():
			body, err = os.ReadFile(file)
		case info.Mode()&fs.ModeSymlink != 0:
			var target string
			target, err = os.Readlink(file)
			body = []byte(target)
		}
		name, _ := filepath.Rel(dir, file)
		got = append(got, fmt.Sprintf("%s %s %q", info.Mode(), filepath.ToSlash(name), body))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}
