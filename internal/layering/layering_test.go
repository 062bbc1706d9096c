package layering

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/kube-control/kube-control"

// pkg is what go list says of a package.
type pkg struct {
	ImportPath   string
	Standard     bool
	Imports      []string
	TestImports  []string
	XTestImports []string
	Deps         []string
}

func TestPackagesKeepToTheirLayer(t *testing.T) {
	t.Parallel()

	for _, breach := range breaches(list(t)) {
		t.Error(breach)
	}
}

// No file of ours that is not a test is longer than 400 lines.
func TestFilesAreShort(t *testing.T) {
	t.Parallel()

	for _, top := range []string{"cmd", "internal", "jujusim", "pkg", "tests", "examples"} {
		err := filepath.WalkDir(filepath.Join("../..", top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if lines := strings.Count(string(text), "\n"); lines > 400 {
				t.Errorf("%s has %d lines", path, lines)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestBreachesAreFound(t *testing.T) {
	t.Parallel()

	ours := func(name string, imports ...string) pkg {
		return pkg{ImportPath: module + "/" + name, Imports: imports}
	}
	judge := ours("jujusim/server")
	judge.XTestImports = []string{module + "/pkg/kubecontrol"}
	program := ours("cmd/kube-control")
	program.Deps = []string{"fmt", "net/http"}

	tests := []struct {
		name string
		pkg  pkg
		want []string
	}{
		{"what a rule allows", ours("internal/engine", "sort", module+"/internal/flags"), nil},
		{"a package below itself", ours("jujusim", module+"/jujusim/server"), nil},
		{"the core acts", ours("internal/engine/internal/x", "os/exec"), []string{"internal/engine/internal/x is pure and imports os/exec"}},
		{"an inner layer uses an outer", ours("internal/flags", module+"/pkg/charm"), []string{"internal/flags imports " + module + "/pkg/charm"}},
		{"a library out of place", ours("internal/session", cobra), []string{"internal/session imports " + cobra}},
		{"the judge's test knows the judged", judge, []string{"jujusim/server imports " + module + "/pkg/kubecontrol"}},
		{"a package without a rule", ours("pkg/misc"), []string{"pkg/misc has no rule in internal/layering"}},
		{"a heavy package linked", program, []string{"cmd/kube-control links net/http"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			std := []pkg{{ImportPath: "sort", Standard: true}, {ImportPath: "os/exec", Standard: true}}
			if diff := cmp.Diff(tt.want, breaches(append(std, tt.pkg))); diff != "" {
				t.Errorf("breaches differ (-want +got):\n%s", diff)
			}
		})
	}
}

// list asks go list for every package of this module and all that they need.
func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-deps",
		"-json=ImportPath,Standard,Imports,TestImports,XTestImports,Deps", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("cannot list packages: %v", err)
	}
	var pkgs []pkg
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatalf("cannot decode package list: %v", err)
		}
		pkgs = append(pkgs, p)
	}
}

// breaches returns a sentence for each import that the rules do not allow.
func breaches(pkgs []pkg) []string {
	standard := make(map[string]bool)
	for _, p := range pkgs {
		standard[p.ImportPath] = p.Standard
	}
	var found []string
	for _, p := range pkgs {
		name, ok := strings.CutPrefix(p.ImportPath, module+"/")
		if !ok {
			continue
		}
		home, r, ok := ruleOf(name)
		if !ok {
			found = append(found, name+" has no rule in internal/layering")
			continue
		}
		for _, path := range p.Imports {
			switch {
			case standard[path] && r.pure && matches(path, impure()):
				found = append(found, fmt.Sprintf("%s is pure and imports %s", name, path))
			case !standard[path] && !allowed(path, home, r):
				found = append(found, fmt.Sprintf("%s imports %s", name, path))
			}
		}
		for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
			if r.testsToo && strings.HasPrefix(path, module+"/") && !allowed(path, home, r) {
				found = append(found, fmt.Sprintf("%s imports %s", name, path))
			}
		}
		if name == "cmd/kube-control" {
			for _, path := range p.Deps {
				if matches(path, neverLinked()) {
					found = append(found, fmt.Sprintf("%s links %s", name, path))
				}
			}
		}
	}
	return found
}

// ruleOf returns the rule for the package called name, and whose it is.
func ruleOf(name string) (home string, r rule, ok bool) {
	for candidate, rule := range rules() {
		if matches(name, []string{candidate + "/..."}) && len(candidate) > len(home) {
			home, r, ok = candidate, rule, true
		}
	}
	return home, r, ok
}

// allowed says whether r lets a package below home import path.
func allowed(path, home string, r rule) bool {
	if name, ok := strings.CutPrefix(path, module+"/"); ok {
		return matches(name, append([]string{home + "/..."}, r.ours...))
	}
	return matches(path, r.theirs)
}

// matches says whether path is one of patterns; P/... stands for P and all below.
func matches(path string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		tree, ok := strings.CutSuffix(pattern, "/...")
		return path == pattern || ok && (path == tree || strings.HasPrefix(path, tree+"/"))
	})
}
