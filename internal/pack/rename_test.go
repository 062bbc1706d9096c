package pack_test

import (
	"debug/elf"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/internal/pack"
)

// Row 119: a charm is packed under the name of the one that it replaces, and all else of its metadata stays.
func TestRow119NameOfTheCharm(t *testing.T) {
	t.Parallel()
	files := small()
	files["metadata.yaml"] = "# name: none\nname: small\nsummary: |\n  name: of the game\n"
	s := pack.Source{Dir: charm(t, files), Program: program(t, elf.EM_X86_64), Arch: "amd64"}
	for _, name := range []string{"kubernetes-worker", "k8s", "a", "a-1a", "a1-b2"} {
		s.Name = name
		entries, err := pack.Collect(s)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(entries, func(e pack.Entry) bool { return e.Name == "metadata.yaml" })
		if got, want := string(entries[i].Body), "# name: none\nname: "+name+"\nsummary: |\n  name: of the game\n"; got != want {
			t.Errorf("metadata.yaml has %q", got)
		}
	}
	for _, name := range []string{"A", "a b", "a\nsubordinate: true", "a\n", "../a", "-a", "a-", "a--b", "a-1", "1a", "a_b", "é"} {
		s.Name = name
		if _, err := pack.Collect(s); err == nil || !strings.Contains(err.Error(), "is not a charm's name") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// "make charm" and "make stage" take a name for one charm, and only from the command line: some systems set NAME
// in the environment.
func TestNameOnTheCommandLine(t *testing.T) {
	t.Parallel()
	const three = " . charm/master charm/worker"
	for name, c := range map[string]struct {
		args, environment []string
		want              string
		named             bool
	}{
		"charm":             {args: []string{"charm"}, want: three},
		"stage":             {args: []string{"stage"}, want: three},
		"charm, one":        {args: []string{"charm", "CHARM=charm/worker"}, want: " charm/worker"},
		"stage, one":        {args: []string{"stage", "CHARM=charm/worker"}, want: " charm/worker"},
		"charm, renamed":    {args: []string{"charm", "CHARM=charm/worker", "NAME=old"}, want: " charm/worker", named: true},
		"stage, renamed":    {args: []string{"stage", "CHARM=charm/worker", "NAME=old"}, want: " charm/worker", named: true},
		"charm, by a shell": {args: []string{"charm"}, environment: []string{"NAME=host", "CHARM=spell"}, want: three},
		"stage, by a shell": {args: []string{"stage"}, environment: []string{"NAME=host", "CHARM=spell"}, want: three},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := exec.Command("make", append([]string{"--no-print-directory", "-n", "-C", "../.."}, c.args...)...)
			command.Env = append(os.Environ(), c.environment...)
			out, err := command.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			_, packs, found := strings.Cut(string(out), "./internal/pack/charmpack ")
			packs = strings.ReplaceAll(packs, "\\\n", " ")
			packs, _, _ = strings.Cut(packs, "\n")
			packs, _, _ = strings.Cut(packs, " ||")
			if !found || !strings.HasSuffix(packs, c.want) || strings.Contains(packs, "-name 'old' ") != c.named || strings.Contains(packs, "host") {
				t.Errorf("it packs with %q", packs)
			}
		})
	}
	for _, target := range []string{"charm", "stage"} {
		out, err := exec.Command("make", "--no-print-directory", "-C", "../..", target, "NAME=old").CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(out), "NAME is for one charm: make "+target+" CHARM=charm/worker NAME=old") {
			t.Errorf("three charms of one name, make %s: %v\n%s", target, err, out)
		}
	}
}

// The documents' steps to replace a charm fit each other. Juju takes a path for a local charm's only if it begins with ./,
// ../ or /, and "make charm" writes dist/NAME_ARCH.charm.
func TestStepsOfTheDocuments(t *testing.T) {
	t.Parallel()
	root := os.DirFS("../..")
	var files []string
	for _, pattern := range []string{"*.md", "docs/*.md", "charm/*/*.md", "examples/*/*.md"} {
		found, err := fs.Glob(root, pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	var (
		local   = regexp.MustCompile(`juju (?:deploy|refresh|upgrade-charm) (?:[a-z-]+ )?(?:--path )?([^\s` + "`" + `]+\.charm)`)
		packed  = regexp.MustCompile(`make charm CHARM=(\S+) NAME=([a-z-]+)`)
		renamed = regexp.MustCompile(`juju refresh ([a-z-]+) --path ./dist/([a-z-]+)_amd64\.charm`)
	)
	names, refreshed := map[string]bool{}, map[string]bool{}
	for _, file := range files {
		text, err := fs.ReadFile(root, file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range local.FindAllStringSubmatch(string(text), -1) {
			if !strings.HasPrefix(m[1], "./") {
				t.Errorf("%s: Juju does not take %s for a local charm: %s", file, m[1], m[0])
			}
		}
		for _, m := range packed.FindAllStringSubmatch(string(text), -1) {
			if _, err := pack.ReadName(filepath.Join("../..", m[1])); err != nil {
				t.Errorf("%s: %s: %v", file, m[0], err)
			}
			names[m[2]] = true
		}
		for _, m := range renamed.FindAllStringSubmatch(string(text), -1) {
			if m[1] != m[2] || !names[m[2]] {
				t.Errorf("%s: nothing packs what this needs: %s", file, m[0])
			}
			refreshed[file] = true
		}
	}
	for _, file := range []string{"charm/master/README.md", "charm/worker/README.md", "docs/upgrade.md"} {
		if !refreshed[file] {
			t.Errorf("%s does not say how to replace a charm of another name", file)
		}
	}
}
