package stories

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kube-control/kube-control/internal/pack"
	// What the programs are made of: a change there must run the stories again.
	_ "github.com/kube-control/kube-control/pkg/cli"
	_ "github.com/kube-control/kube-control/pkg/jujusim/cli"
)

// root is the top of the repository, as seen from here.
const root = "../.."

// TestMain builds the two programs once, as they are shipped, and puts them on the PATH.
func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "stories")
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot make directory for the programs:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-trimpath", "-o", dir, "./cmd/kube-control", "./cmd/jujusim")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "cannot build the programs: %v\n%s", err, out)
		return 1
	}
	if err := os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
		fmt.Fprintln(os.Stderr, "cannot put the programs on the PATH:", err)
		return 1
	}
	return m.Run()
}

func TestStories(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("JUJUSIM_DATA", filepath.Join(e.WorkDir, "juju"))
			return nil
		},
		Cmds:                commands(),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// collect gathers one of the repository's charms with the program that was built: master and worker are the ready ones,
// shell-master and shell-worker those of examples/shell, root that of the top folder.
func collect(name, as string) ([]pack.Entry, error) {
	program, err := exec.LookPath("kube-control")
	if err != nil {
		return nil, fmt.Errorf("cannot find the program: %w", err)
	}
	dir := filepath.Join(root, "charm", name)
	if shell, ok := strings.CutPrefix(name, "shell-"); ok {
		dir = filepath.Join(root, "examples", "shell", shell)
	} else if name == "root" {
		dir = root
	}
	return pack.Collect(pack.Source{Dir: dir, Program: program, Arch: runtime.GOARCH, Name: as})
}

// charm lays out one of the repository's charms, ready to deploy. Its units share this machine, so what the ready charms
// write below /root by default goes below each unit's own folder. It gets the name as, "" for its own.
func charm(name, dir, as string) error {
	entries, err := collect(name, as)
	if err != nil {
		return err
	}
	for i, e := range entries {
		if e.Name == "config.yaml" {
			entries[i].Body = bytes.ReplaceAll(e.Body, []byte("default: /root/cdk"), []byte("default: cdk"))
		}
	}
	return pack.WriteDir(dir, entries)
}
