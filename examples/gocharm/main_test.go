package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kube-control/kube-control/jujusim"
)

// TestMain lets the test binary be the local Juju and its hook tools.
func TestMain(m *testing.M) { testscript.Main(m, jujusim.Commands()) }

// TestCharm runs the stories in testdata. Each gets a copy of the charm with this program in it, as $CHARM.
func TestCharm(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "kube-control")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("cannot build the program: %v\n%s", err, out)
	}
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: func(e *testscript.Env) error {
		charm := filepath.Join(e.WorkDir, "charm")
		script := strings.Join([]string{
			"cp -r charm " + charm, "mkdir " + charm + "/bin", "cp " + program + " " + charm + "/bin/", "cd " + charm, "bin/kube-control link --lifecycle --leader",
		}, " && ")
		if out, err := exec.Command("sh", "-c", script).CombinedOutput(); err != nil {
			t.Fatalf("cannot prepare the charm: %v\n%s", err, out)
		}
		e.Setenv("CHARM", charm)
		return jujusim.Setup(e)
	}})
}

// TestReadmeShowsTheProgram holds README's Go example to this program.
func TestReadmeShowsTheProgram(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "```go\n"+string(program)+"```\n") {
		t.Error("README.md does not show main.go as it is")
	}
}
