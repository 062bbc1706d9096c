package python

import (
	"os/exec"
	"testing"

	"github.com/kube-control/kube-control/tests/programs"
)

// TestCharmlint holds our charms to the linter of their ecosystem, warnings included. charm/charmlint.toml names the
// rules that are for Python charms alone.
func TestCharmlint(t *testing.T) {
	t.Parallel()
	python := programs.Python(t)
	for _, dir := range []string{root, root + "/charm/master", root + "/charm/worker"} {
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			lint := exec.Command(python, "-m", "charmlint", "--strict", "--no-colour", "--config", root+"/charm/charmlint.toml", dir)
			if out, err := lint.CombinedOutput(); err != nil {
				t.Errorf("charmlint: %v\n%s", err, out)
			}
		})
	}
}
