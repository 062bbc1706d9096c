package hooktool

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync/atomic"

	"github.com/kube-control/kube-control/internal/printable"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// maxOutput bounds every answer but a bag. The longest is the state: Juju allows 2 MiB of it, and JSON writes a
// character in at most six bytes.
const maxOutput = 16 << 20

// maxText bounds a message in argv; Linux takes 128 KiB for one argument.
const maxText = 16 << 10

// Tools are the hook tools of one process. Its methods fail with an [Error] if the tool ran and failed, and with
// ErrUnsupported if there is no such tool. It is safe for use by several goroutines if its Runner is.
type Tools struct {
	runner Runner
	calls  atomic.Int64
}

// New makes Tools that run through runner.
func New(runner Runner) *Tools { return &Tools{runner: runner} }

// Calls is how many tools were started so far, those included that failed.
func (t *Tools) Calls() int { return int(t.calls.Load()) }

// run runs a tool and returns its output.
func (t *Tools) run(ctx context.Context, call Call) ([]byte, error) {
	if call.MaxOutput == 0 {
		call.MaxOutput = maxOutput
	}
	t.calls.Add(1)
	out, err := t.runner.Run(ctx, call)
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, fmt.Errorf("cannot run %s: %w: %w", call.Tool, ErrUnsupported, err)
	case err != nil:
		return nil, fmt.Errorf("cannot run %s: %w", call.Tool, err)
	case out.ExitCode != 0:
		return nil, failure(call, out)
	}
	return out.Stdout, nil
}

// tell runs a tool that has no answer.
func (t *Tools) tell(ctx context.Context, call Call) error {
	_, err := t.run(ctx, call)
	return err
}

// ask runs a tool and reads its JSON answer; numbers in values of type any are [json.Number].
func (t *Tools) ask(ctx context.Context, call Call, answer any) error {
	stdout, err := t.run(ctx, call)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(stdout))
	d.UseNumber()
	if d.Decode(answer) != nil || d.Decode(new(json.RawMessage)) != io.EOF {
		// The decoder's own words may quote the answer.
		return fmt.Errorf("cannot read the answer of %s: it is not the JSON expected", call.Tool)
	}
	return nil
}

// relationFlag names a relation to a tool.
func relationFlag(rel kubecontrol.RelationID) ([]string, error) {
	if rel.Number() < 0 || rel.Endpoint() == "" || !strings.Contains(string(rel), ":") || strings.HasPrefix(string(rel), "-") {
		return nil, fmt.Errorf("%q is not a relation's id", string(rel))
	}
	return []string{"-r", string(rel)}, nil
}

// argument makes a message fit for argv and for the terminal that shows it, and not too long.
func argument(message string) string { return printable.Cut(printable.Visible(message), maxText) }
