package cluster

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"syscall"
	"time"

	"github.com/kube-control/kube-control/internal/cli"
	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/uniter"
	"github.com/kube-control/kube-control/pkg/hooktool"
	"github.com/kube-control/kube-control/tests/world"
)

// Run runs a program to its end, or until it is killed at a tool call: no further line of it runs. Its CPU is added to the
// cluster's.
func (c *Cluster) Run(r uniter.Run) (out uniter.Outcome) {
	unit := r.Context.Info().Unit
	tools := &timed{Hosted: world.Hosted{Runner: world.Tools(r.Context), Unit: unit}}
	if r.Before != nil {
		r.Context.InjectFaults(agent.Faults{Before: r.Before, Kill: func() { tools.Dead = true }})
	}
	start := CPU()
	defer func() {
		c.Own += CPU() - start - tools.spent
		c.Tools += tools.spent
	}()
	defer world.CatchKilled(&out)
	args := []string{r.Program.Path}
	if r.Command != "" {
		args = strings.Fields(r.Command)
	}
	var stdout, stderr bytes.Buffer
	code := cli.Program{
		Args: args, Environ: append(r.Env, "JUJU_CHARM_DIR="+c.Path(unit, ".")), Stdin: strings.NewReader(""),
		Stdout: &stdout, Stderr: &stderr, Runner: tools,
	}.Run(context.Background())
	out = uniter.Outcome{Code: code, Stdout: stdout.String(), Stderr: stderr.String()}
	if code != 0 {
		out.Err = errors.New(stderr.String())
	}
	return out
}

// timed calls the hook tools for a unit, and takes their CPU.
type timed struct {
	world.Hosted
	spent time.Duration
}

// Run implements hooktool.Runner.
func (t *timed) Run(ctx context.Context, call hooktool.Call) (hooktool.Output, error) {
	start := CPU()
	defer func() { t.spent += CPU() - start }()
	return t.Hosted.Run(ctx, call)
}

// CPU is the user and system time that this process has used.
func CPU() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // the kernel knows RUSAGE_SELF
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// PeakMemory is the memory that this process has had at most, in bytes.
func PeakMemory() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // the kernel knows RUSAGE_SELF
	}
	return usage.Maxrss << 10
}
