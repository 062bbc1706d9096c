package hooktool_test

import (
	"context"
	"errors"
	"os/exec"
	"runtime"
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

// A tool that hangs fails the hook with its name.
func TestRow111HangingToolFailsByName(t *testing.T) {
	t.Parallel()
	_, err := hooktool.Exec{Limit: 50 * time.Millisecond}.Run(t.Context(), hooktool.Call{Tool: "fake-hang", Args: []string{"0"}})
	if err == nil || err.Error() != "it did not end within 50ms" {
		t.Errorf("error %v", err)
	}
}

// An answer of 100 MB is set aside without being held: what is allocated follows the limit.
func TestRow109LargeAnswerCostsItsLimit(t *testing.T) {
	call := hooktool.Call{Tool: "fake-flood", Args: []string{"104857600"}, MaxOutput: 1 << 20}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := (hooktool.Exec{}).Run(t.Context(), call); !errors.Is(err, hooktool.ErrTooLarge) {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 8<<20 {
		t.Errorf("%d bytes were allocated for a limit of 1 MiB", spent)
	}
}
