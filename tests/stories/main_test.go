package stories

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kube-control/kube-control/internal/pack"
	"github.com/kube-control/kube-control/tests/programs"
)

// root is the top of the repository, as seen from here.
const root = "../.."

// TestMain has the tests run the programs.
func TestMain(m *testing.M) { programs.Main(m) }

func TestStories(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("JUJUSIM_DATA", filepath.Join(e.WorkDir, "juju"))
			e.Setenv("JUJUSIM_MACHINE", cmp.Or(os.Getenv("JUJUSIM_MACHINE"), "none")) // docs/testing.md says why
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
