package python

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kube-control/kube-control/tests/programs"
)

// root is the top of the repository, as seen from here.
const root = "../.."

// TestMain has the tests run the programs.
func TestMain(m *testing.M) { programs.Main(m) }

// TestStories lets charms of others live in the simulator.
func TestStories(t *testing.T) {
	t.Parallel()
	tell(t, "testdata", programs.Python(t))
}

// TestInterop relates our charms with those of ops-interface-kube-control, cell by cell of docs/interop.md.
func TestInterop(t *testing.T) {
	t.Parallel()
	tell(t, "interop", programs.Python(t))
}

// TestRow93OlderPeers relates our charms with those of the versions that consumer charms pin, both on pydantic 1.
func TestRow93OlderPeers(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"0.2.0", "0.2.4"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			tell(t, "interop-older", programs.Python(t, version))
		})
	}
}

// tell tells the stories in a directory. Beside testscript's own commands they have
//
//	charm NAME DIR      lays out one of the charms in charms/, or as ready-master and ready-worker those of the
//	                    repository, ready to deploy
//	program DIR [OPTION...]
//	                    puts kube-control into a charm that is laid out, and has it make the links
//	on UNIT COMMAND     runs a shell command on a unit, as "juju exec"
func tell(t *testing.T, dir, python string) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Dir: dir,
		Setup: func(e *testscript.Env) error {
			e.Setenv("JUJUSIM_DATA", filepath.Join(e.WorkDir, "juju"))
			e.Setenv("JUJUSIM_MACHINE", cmp.Or(os.Getenv("JUJUSIM_MACHINE"), "none")) // docs/testing.md says why
			e.Setenv("PATH", filepath.Dir(python)+string(os.PathListSeparator)+e.Getenv("PATH"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"charm": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) != 2 {
					ts.Fatalf("usage: charm NAME DIR")
				}
				ts.Check(layOut(args[0], ts.MkAbs(args[1]), python))
			},
			"program": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) == 0 {
					ts.Fatalf("usage: program DIR [OPTION...]")
				}
				ts.Check(copyProgram(filepath.Join(ts.MkAbs(args[0]), "bin")))
				ts.Check(ts.Exec("kube-control", append([]string{"link", "--charm", args[0]}, args[1:]...)...))
			},
			"on": func(ts *testscript.TestScript, neg bool, args []string) {
				if len(args) != 2 {
					ts.Fatalf("usage: on UNIT COMMAND")
				}
				err := ts.Exec("jujusim", "exec", "--unit", args[0], "--", args[1])
				if neg && err == nil {
					ts.Fatalf("command succeeded unexpectedly")
				}
				if !neg {
					ts.Check(err)
				}
			},
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// layOut copies one of the charms, ready to deploy: its programs in Python get the interpreter's path.
func layOut(name, dir, python string) error {
	from := filepath.Join("charms", name)
	if ready, ok := strings.CutPrefix(name, "ready-"); ok {
		from = filepath.Join("..", "..", "charm", ready)
	}
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, rel)
		switch {
		case rel == "bin":
			return fs.SkipDir // what make has built there is of another time
		case d.IsDir():
			return os.MkdirAll(to, 0o755)
		case d.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(target, to)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(to, bytes.ReplaceAll(text, []byte("@PYTHON@"), []byte(python)), info.Mode())
	})
	if err != nil {
		return fmt.Errorf("cannot lay out charm %s: %w", name, err)
	}
	return nil
}

// copyProgram puts kube-control into a charm's bin.
func copyProgram(bin string) error {
	built, err := exec.LookPath("kube-control")
	if err != nil {
		return fmt.Errorf("cannot find the program: %w", err)
	}
	text, err := os.ReadFile(built)
	if err != nil {
		return fmt.Errorf("cannot copy the program: %w", err)
	}
	if err := os.Mkdir(bin, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(bin, "kube-control"), text, 0o755)
}
