package cli_test

import (
	"flag"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kube-control/kube-control/jujusim"
)

var update = flag.Bool("update", false, "rewrite the stories' expected output")

// TestMain lets the test binary be jujusim, and each hook tool when it is started by that name.
func TestMain(m *testing.M) { testscript.Main(m, jujusim.Commands()) }

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
			e.Setenv("VECTORS", vectors)
			e.Setenv("JUJUSIM_MACHINE", "none") // the story of machines sets it, and the others need none
			return jujusim.Setup(e)
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
	})
}
