package cli_test

import (
	"flag"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kube-control/kube-control/jujusim/cli"
	"github.com/kube-control/kube-control/jujusim/tools"
)

var update = flag.Bool("update", false, "rewrite the stories' expected output")

// TestMain lets the test binary be jujusim, and each hook tool when it is started by that name.
func TestMain(m *testing.M) {
	run := func() int { return cli.Main(os.Args, os.Getenv, os.Stdin, os.Stdout, os.Stderr) }
	commands := map[string]func(){"jujusim": func() { os.Exit(run()) }}
	for _, tool := range tools.Names() {
		// Not os.Exit: under the race detector that sleeps for a second, and a hook's environment, which is Juju's
		// to the letter, cannot tell it not to.
		commands[tool] = func() { _, _, _ = syscall.RawSyscall(syscall.SYS_EXIT_GROUP, uintptr(run()), 0, 0) }
	}
	testscript.Main(m, commands)
}

// TestStories runs the stories in testdata: whole lives of small shell charms, with real processes.
func TestStories(t *testing.T) {
	t.Parallel()
	vectors, err := filepath.Abs("../testdata/toolvectors")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("JUJUSIM_DATA", filepath.Join(e.WorkDir, "data"))
			e.Setenv("VECTORS", vectors)
			e.Setenv("GORACE", "atexit_sleep_ms=0")
			return nil
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
	})
}
