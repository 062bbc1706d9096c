package hooktool

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// Runner runs one hook tool.
type Runner interface {
	// Run runs the tool to its end. A tool that ran and failed is not an error but an exit code; an error means that
	// it could not run, or that its output is worth nothing: ErrTooLarge, or what ended ctx.
	Run(ctx context.Context, call Call) (Output, error)
}

// Call is one run of a hook tool.
type Call struct {
	Tool      string   // relation-get, state-set, ...
	Args      []string // without the tool's name
	Stdin     []byte   // nil: nothing
	MaxOutput int64    // how many bytes of standard output are accepted
}

// Output is what a tool that ran gave.
type Output struct {
	Stdout   []byte
	Stderr   []byte // its beginning, if it is very long
	ExitCode int
}

const (
	maxStderr = 64 << 10
	// waitDelay bounds the wait for a process that a tool left behind with the pipes open.
	waitDelay = 5 * time.Second
)

// Exec runs the tools that PATH names, each as a process with this process's environment and working directory.
type Exec struct {
	Limit time.Duration // how long a tool may take; 0 is five minutes
}

// Run starts the tool and waits for its end. If ctx or the limit ends first, that one process is killed.
func (e Exec) Run(ctx context.Context, call Call) (Output, error) {
	limit := cmp.Or(e.Limit, 5*time.Minute)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it did not end within %s", limit))
	defer cancel()
	stdout, stderr := &bounded{max: call.MaxOutput}, &bounded{max: maxStderr}
	cmd := exec.CommandContext(ctx, call.Tool, call.Args...)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.WaitDelay = waitDelay
	if call.Stdin != nil {
		cmd.Stdin = bytes.NewReader(call.Stdin)
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || !exit.Exited()) {
		return Output{}, cmp.Or(context.Cause(ctx), err)
	}
	out := Output{Stdout: stdout.kept, Stderr: stderr.kept, ExitCode: cmd.ProcessState.ExitCode()}
	if out.ExitCode == 0 && stdout.over {
		return Output{}, fmt.Errorf("more than %d bytes of output: %w", call.MaxOutput, ErrTooLarge)
	}
	return out, nil
}

// bounded keeps the first max bytes that are written to it and swallows the rest, so that the writer comes to its
// own end.
type bounded struct {
	kept []byte
	max  int64
	over bool
}

func (b *bounded) Write(p []byte) (int, error) {
	keep := p
	if room := b.max - int64(len(b.kept)); b.over {
		keep = nil
	} else if int64(len(p)) > room {
		b.over = true
		keep = p[:room]
	}
	b.kept = append(b.kept, keep...)
	return len(p), nil
}
