package charm

import (
	"context"
	"io"
	"os"
	"runtime/debug"

	"github.com/kube-control/kube-control/internal/cli"
	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/hooktool"
)

// Main runs this process and returns its exit code: 0 done, 1 failed, 2 usage, 3 the answer is no. The base name of
// os.Args[0] decides what the process is: a hook, an action, or the command line. A nil rules has no handlers.
func Main(rules *Rules) int {
	// The program lives for milliseconds: early garbage collection costs more than the memory that it saves.
	debug.SetGCPercent(1000)
	debug.SetMemoryLimit(256 << 20)
	return Config{
		Args: os.Args, Environ: os.Environ(),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Runner: hooktool.Exec{}, Rules: rules,
	}.Run(context.Background())
}

// Config is what a run of the program takes from outside. Main fills it from the process; a test sets what it needs.
type Config struct {
	Args    []string        // as os.Args: the base name of the first decides what the program is
	Environ []string        // as os.Environ: Juju's variables of the hook
	Stdin   io.Reader       // of commands that read tokens
	Stdout  io.Writer       // of commands and handlers
	Stderr  io.Writer       // of commands and handlers: an error is one line
	Runner  hooktool.Runner // runs the hook tools
	Rules   *Rules          // handlers; nil for none
}

// Run does what Main does, and returns the exit code.
func (c Config) Run(ctx context.Context) int {
	var handlers []session.Handler
	if c.Rules != nil {
		handlers = c.Rules.handlers
	}
	return cli.Program{
		Args: c.Args, Environ: c.Environ, Stdin: c.Stdin, Stdout: c.Stdout, Stderr: c.Stderr,
		Runner: c.Runner, Handlers: handlers,
	}.Run(ctx)
}
