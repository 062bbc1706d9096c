package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/hookenv"
	"github.com/kube-control/kube-control/internal/printable"
	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/hooktool"
)

// The exit codes.
const (
	exitDone  = 0
	exitError = 1
	exitUsage = 2
	exitNo    = 3
)

// errNo is the answer no of a command that asks.
var errNo = errors.New("no")

// Program is one start of kube-control.
type Program struct {
	Args    []string // with argv[0], which decides what the program is
	Environ []string
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Runner  hooktool.Runner
	// Handlers are the author's in Go.
	Handlers []session.Handler
}

// Run does what the program was started for and returns its exit code. An error is printed once, as one line on
// standard error.
func (p Program) Run(ctx context.Context) int {
	env, err := hookenv.Parse(p.Args[0], p.Environ)
	if err == nil {
		switch env.Mode {
		case hookenv.Hook:
			err = (&app{Program: p, env: env}).runHook(ctx)
		case hookenv.Action:
			err = p.action(ctx, env)
		default:
			err = p.command(ctx, env, p.Args[1:])
		}
	}
	code := p.report(err)
	if env.Mode == hookenv.Hook {
		return min(code, exitError) // to Juju a hook has failed or has not
	}
	return code
}

// report prints an error and finds its exit code.
func (p Program) report(err error) int {
	var usage engine.UsageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errNo):
		return exitNo
	}
	fmt.Fprintf(p.Stderr, "kube-control: %s\n", oneLine(err))
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, engine.ErrNotLeader):
		return exitNo
	}
	return exitError
}

// oneLine is an error's text without line breaks, of which cobra makes some where it knows a better command, and without
// characters that could fool a terminal.
func oneLine(err error) string {
	lines := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' })
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return printable.Visible(strings.Join(lines, " "))
}

// runHook runs the whole hook that env names. A hook that Juju does not have is nothing to do, and neither is one that runs
// already and started itself again by a handler.
func (a *app) runHook(ctx context.Context) error {
	if a.env.Kind == hookenv.Unknown || a.env.Nested {
		return nil
	}
	return a.session(ctx, func(s *session.Session) error { return s.Hook(ctx) })
}
