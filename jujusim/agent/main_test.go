package agent_test

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/tools"
)

// TestMain makes the test binary the hook tools' client when a link named as a tool starts it.
func TestMain(m *testing.M) {
	if slices.Contains(tools.Names(), filepath.Base(os.Args[0])) {
		// Not os.Exit, which writes about coverage on standard error and under the race detector waits a second.
		syscall.Exit(agent.ToolMain(os.Args, os.Getenv, os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}
