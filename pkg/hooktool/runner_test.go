package hooktool_test

import (
	"context"
	"errors"
	"os/exec"
	"testing"
	"time"

	"github.com/kube-control/kube-control/pkg/hooktool"
)

func TestExecGivesTheExitCode(t *testing.T) {
	t.Parallel()
	out, err := hooktool.Exec{}.Run(t.Context(), hooktool.Call{Tool: "fake-exit", Args: []string{"2"}})
	if err != nil {
		t.Fatal(err)
	}
	if out.ExitCode != 2 || string(out.Stderr) != "ERROR no luck\n" || len(out.Stdout) != 0 {
		t.Errorf("output %+v", out)
	}
}

func TestExecBoundsTheOutput(t *testing.T) {
	t.Parallel()
	call := hooktool.Call{Tool: "fake-flood", Args: []string{"300000"}, MaxOutput: 300000}
	out, err := hooktool.Exec{}.Run(t.Context(), call)
	if err != nil || len(out.Stdout) != 300000 {
		t.Errorf("%d bytes, error %v", len(out.Stdout), err)
	}
	call.MaxOutput--
	out, err = hooktool.Exec{}.Run(t.Context(), call)
	if !errors.Is(err, hooktool.ErrTooLarge) || len(out.Stdout) != 0 {
		t.Errorf("%d bytes, error %v", len(out.Stdout), err)
	}
}

func TestExecEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := hooktool.Exec{}.Run(ctx, hooktool.Call{Tool: "fake-hang", Args: []string{"0"}})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestExecWithoutTheTool(t *testing.T) {
	t.Parallel()
	_, err := hooktool.Exec{}.Run(t.Context(), hooktool.Call{Tool: "leader-get"})
	if !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("error %v", err)
	}
}

func TestExecDoesNotMindUnreadInput(t *testing.T) {
	t.Parallel()
	call := hooktool.Call{Tool: "fake-exit", Args: []string{"0"}, Stdin: make([]byte, 1<<20)}
	out, err := hooktool.Exec{}.Run(t.Context(), call)
	if err != nil || out.ExitCode != 0 {
		t.Errorf("exit code %d, error %v", out.ExitCode, err)
	}
}
