package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"syscall"
	"time"

	"github.com/kube-control/kube-control/internal/cli"
	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
	"github.com/kube-control/kube-control/pkg/hooktool"
	"github.com/kube-control/kube-control/tests/world"
)

// killed is thrown by the tool call at which a hook's process dies.
type killed struct{}

// Run runs a program to its end, or until it is killed at a tool call: no further line of it runs. Its CPU is added to the
// cluster's.
func (c *Cluster) Run(r uniter.Run) (out uniter.Outcome) {
	unit := r.Context.Info().Unit
	tools := &machine{Runner: world.Tools(r.Context), unit: unit, worker: c.charms[model.AppOf(unit)] == "worker"}
	if r.Before != nil {
		r.Context.InjectFaults(agent.Faults{Before: r.Before, Kill: func() { tools.dead = true }})
	}
	start := CPU()
	defer func() {
		c.Own += CPU() - start - tools.spent
		c.Tools += tools.spent
		switch thrown := recover().(type) {
		case nil:
		case killed:
			out = uniter.Outcome{Killed: true, Err: errors.New("signal: killed"), Code: -1}
		default:
			panic(thrown)
		}
	}()
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

// machine calls the hook tools for a unit, and takes their CPU.
type machine struct {
	hooktool.Runner
	unit   string
	worker bool
	dead   bool
	spent  time.Duration
}

// Run implements hooktool.Runner.
func (m *machine) Run(ctx context.Context, call hooktool.Call) (hooktool.Output, error) {
	start := CPU()
	defer func() { m.spent += CPU() - start }()
	out, err := m.Runner.Run(ctx, call)
	if m.dead {
		panic(killed{})
	}
	if call.Tool != "config-get" || !m.worker || err != nil || out.ExitCode != 0 {
		return out, err
	}
	var options map[string]any
	if err := json.Unmarshal(out.Stdout, &options); err != nil {
		return out, err
	}
	if name, _ := options["node-name"].(string); name == "" {
		options["node-name"] = strings.ReplaceAll(m.unit, "/", "-")
	}
	out.Stdout, err = json.Marshal(options)
	return out, err
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
