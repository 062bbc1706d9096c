// Package programs builds the two programs for tests that run them as processes.
package programs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/kube-control/kube-control/jujusim/cli"
	"github.com/kube-control/kube-control/pkg/charm"
)

// Main runs the tests of a package that is two directories below the top of the repository. Before, it builds kube-control
// and jujusim, as they are shipped, and puts them on the PATH.
func Main(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "programs")
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot make directory for the programs:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-trimpath", "-o", dir, "./cmd/kube-control", "./cmd/jujusim")
	build.Dir, build.Env = filepath.Join("..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "cannot build the programs: %v\n%s", err, out)
		return 1
	}
	if err := os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
		fmt.Fprintln(os.Stderr, "cannot put the programs on the PATH:", err)
		return 1
	}
	// go test takes results from its cache while the test program stays the same. The linker must therefore keep all code of
	// the programs in it, although nothing here calls that code.
	var kept atomic.Value
	kept.Store([]any{charm.Main, cli.Main})
	return m.Run()
}
