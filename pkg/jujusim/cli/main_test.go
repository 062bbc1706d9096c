package cli_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kube-control/kube-control/pkg/jujusim/cli"
	"github.com/kube-control/kube-control/pkg/jujusim/tools"
)

var update = flag.Bool("update", false, "rewrite the stories' expected output")

// TestMain lets the test binary be jujusim, and each hook tool when it is started by that name.
func TestMain(m *testing.M) {
	main := func() { os.Exit(cli.Main(os.Args, os.Getenv, os.Stdin, os.Stdout, os.Stderr)) }
	commands := map[string]func(){"jujusim": main}
	for _, tool := range tools.Names() {
		commands[tool] = main
	}
	testscript.Main(m, commands)
}

// TestStories runs the stories in testdata: whole lives of small shell charms, with real processes.
func TestStories(t *testing.T) {
	t.Parallel()
	vectors, err := filepath.Abs("../../../tests/toolvectors")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("JUJUSIM_DATA", filepath.Join(e.WorkDir, "data"))
			e.Setenv("VECTORS", vectors)
			return nil
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
	})
}
