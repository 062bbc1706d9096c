package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kube-control/kube-control/internal/cli"
	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
	"github.com/kube-control/kube-control/pkg/hooktool"
	"github.com/kube-control/kube-control/tests/world"
)

// The applications of a cluster. Both run the ready charms.
const (
	masters = "kubernetes-master"
	workers = "kubernetes-worker"
)

// cluster is two ready masters and some ready workers in one model. Their hooks run in this process.
type cluster struct {
	*uniter.Uniter
	dir        string
	own, tools time.Duration // CPU of kube-control, and of the hook tools that it calls
}

// joinCost is the cost of a join: all hooks of masters and workers, from their install hooks until the model rests.
type joinCost struct {
	Hooks, ToolCalls int
	CredsBytes       int           // of all values of creds that the masters have written
	own, tools       time.Duration // CPU of kube-control and of its hook tools; true while this process runs nothing else
}

// join deploys two masters and n workers on a version of Juju, relates them when they rest, and runs hooks until the model
// rests again. Then each worker must have its kubeconfig.
func join(t testing.TB, juju string, n int) joinCost {
	t.Helper()
	c := &cluster{dir: t.TempDir()}
	m := model.New(juju, 7)
	var cost joinCost
	c.Uniter = &uniter.Uniter{Model: m, Agents: uniter.State{}, Runner: c, Trace: func(run uniter.Trace) {
		cost.Hooks++
		cost.ToolCalls += len(run.Calls)
		for _, bag := range run.Bags {
			cost.CredsBytes += len(bag.Set["creds"])
		}
	}}
	for _, app := range []struct {
		name    string
		units   int
		options map[string]string
	}{
		{masters, 2, map[string]string{"token-auth-file": "known_tokens.csv", "ca-certificate": certificate, "api-endpoints": "https://10.0.0.1:6443"}},
		{workers, n, map[string]string{"kubeconfig-dir": "kube", "ca-file": "ca.crt", "gpu": "false"}},
	} {
		charm, err := model.ReadCharm(charmOf(app.name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Deploy(app.name, charm, charmOf(app.name)); err != nil {
			t.Fatal(err)
		}
		if err := m.SetConfig(app.name, app.options); err != nil {
			t.Fatal(err)
		}
		units, err := m.AddUnits(app.name, app.units)
		if err != nil {
			t.Fatal(err)
		}
		for _, unit := range units {
			c.Agents.Add(unit, 0)
		}
	}
	if err := c.Settle(uniter.Limits{}); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Integrate(masters, workers); err != nil {
		t.Fatal(err)
	}
	if err := c.Settle(uniter.Limits{}); err != nil {
		t.Fatal(err)
	}
	for _, unit := range m.Apps[workers].Units {
		if _, err := os.Stat(filepath.Join(c.charmDir(unit), "kube", "kubeconfig")); err != nil {
			t.Fatalf("%s has no kubeconfig: %+v", unit, m.UnitStatus(unit))
		}
	}
	cost.own, cost.tools = c.own, c.tools
	return cost
}

// certificate is a CA certificate in form only.
const certificate = "-----BEGIN CERTIFICATE-----\nMQ==\n-----END CERTIFICATE-----\n"

// charmOf is the folder of an application's charm.
func charmOf(app string) string {
	return filepath.Join("..", "..", "charm", strings.TrimPrefix(app, "kubernetes-"))
}

func (c *cluster) charmDir(unit string) string { return filepath.Join(c.dir, model.Tag(unit)) }

// Unpack lays out the files of a charm that kube-control reads.
func (c *cluster) Unpack(unit, charm, _ string) error {
	dir := c.charmDir(unit)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, name := range []string{"metadata.yaml", "kube-control.yaml"} {
		text, err := os.ReadFile(filepath.Join(charm, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "ca.crt"), []byte(certificate), 0o600)
}

// Find finds the hooks that the unit's charm links.
func (c *cluster) Find(unit, name string) (uniter.Program, error) {
	if _, err := os.Lstat(filepath.Join(charmOf(model.AppOf(unit)), name)); err != nil {
		return uniter.Program{}, fmt.Errorf("cannot find %s: %w", name, fs.ErrNotExist)
	}
	return uniter.Program{Path: filepath.Join(c.charmDir(unit), name)}, nil
}

// Forget does nothing, because no unit is removed.
func (*cluster) Forget(string) {}

// Run runs a hook, and adds its CPU to the cluster's.
func (c *cluster) Run(r uniter.Run) uniter.Outcome {
	unit := r.Context.Info().Unit
	if app := model.AppOf(unit); app == workers {
		// All units are on this machine, so an option gives each a node name of its own.
		c.Model.Apps[app].Config["node-name"] = strings.ReplaceAll(unit, "/", "-")
	}
	var stderr bytes.Buffer
	tools := &meter{Runner: world.Tools(r.Context)}
	start := cpu()
	code := cli.Program{
		Args: []string{r.Program.Path}, Environ: append(r.Env, "JUJU_CHARM_DIR="+c.charmDir(unit)),
		Stdin: strings.NewReader(""), Stdout: &stderr, Stderr: &stderr, Runner: tools,
	}.Run(context.Background())
	c.own += cpu() - start - tools.spent
	c.tools += tools.spent
	if code != 0 {
		return uniter.Outcome{Err: errors.New(stderr.String()), Code: code}
	}
	return uniter.Outcome{}
}

// meter takes the CPU of tool calls.
type meter struct {
	hooktool.Runner
	spent time.Duration
}

// Run implements hooktool.Runner.
func (m *meter) Run(ctx context.Context, c hooktool.Call) (hooktool.Output, error) {
	start := cpu()
	defer func() { m.spent += cpu() - start }()
	return m.Runner.Run(ctx, c)
}

// cpu is the user and system time that this process has used.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // the kernel knows RUSAGE_SELF
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
