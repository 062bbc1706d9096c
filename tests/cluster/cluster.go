// Package cluster runs whole models of ready masters and ready workers inside one process, with the simulator's own model,
// agents and hook tools: some hundred hooks a second. Links, processes and sockets are left to the stories.
package cluster

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
)

// Masters is the application of ready masters.
const Masters = "kubernetes-master"

// Certificate is a CA certificate in form only.
const Certificate = "-----BEGIN CERTIFICATE-----\nMQ==\n-----END CERTIFICATE-----\n"

// Cluster is a model with its agents. All units share this machine, so each worker finds a node name of its own in its
// options unless the test has set one.
type Cluster struct {
	*uniter.Uniter
	Runs       []uniter.Trace // every run of a program, unless Trace is replaced
	Own, Tools time.Duration  // CPU of kube-control, and of the hook tools that it calls
	dir        string
	charms     map[string]string // by application, master or worker
	noted      map[string]bool   // tokens that there have been
	lengths    map[int]bool      // of these
	tasks      int
}

// New makes an empty model of a version of Juju. The seed decides the order of hooks.
func New(t testing.TB, juju string, seed uint64) *Cluster {
	t.Helper()
	c := &Cluster{dir: t.TempDir(), charms: map[string]string{}, noted: map[string]bool{}, lengths: map[int]bool{}}
	c.Uniter = &uniter.Uniter{Model: model.New(juju, seed), Agents: uniter.State{}, Runner: c, Trace: func(run uniter.Trace) {
		c.Runs = append(c.Runs, run)
	}}
	return c
}

// Deploy adds an application of n units of a ready charm, master or worker, with options.
func (c *Cluster) Deploy(t testing.TB, app, charm string, n int, options map[string]string) {
	t.Helper()
	read, err := model.ReadCharm(folder(charm))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Model.Deploy(app, read, folder(charm)); err != nil {
		t.Fatal(err)
	}
	c.charms[app] = charm
	own := map[string]string{"token-auth-file": "cdk/known_tokens.csv", "ca-certificate": Certificate, "api-endpoints": "https://10.0.0.1:6443"}
	if charm == "worker" {
		own = map[string]string{"kubeconfig-dir": "cdk", "gpu": "false"}
	}
	for _, set := range []map[string]string{own, options} {
		if err := c.Model.SetConfig(app, set); err != nil {
			t.Fatal(err)
		}
	}
	c.Add(t, app, n)
}

// Add adds units, and gives their names.
func (c *Cluster) Add(t testing.TB, app string, n int) []string {
	t.Helper()
	units, err := c.Model.AddUnits(app, n)
	if err != nil {
		t.Fatal(err)
	}
	for _, unit := range units {
		c.Agents.Add(unit, c.Model.Apps[app].CharmVersion)
	}
	return units
}

// Relate relates the masters to an application.
func (c *Cluster) Relate(t testing.TB, app string) *model.Relation {
	t.Helper()
	r, err := c.Model.Integrate(Masters, app)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Set changes options of an application.
func (c *Cluster) Set(t testing.TB, app string, options map[string]string) {
	t.Helper()
	if err := c.Model.SetConfig(app, options); err != nil {
		t.Fatal(err)
	}
}

// Rest runs hooks until none is queued, and those that failed up to so many times again.
func (c *Cluster) Rest(t testing.TB, retries int) {
	t.Helper()
	if err := c.Settle(uniter.Limits{Retries: retries}); err != nil {
		t.Fatalf("%v\n%s", err, c.Tail())
	}
}

// UpdateStatus queues update-status on all units that live, and runs what comes of it.
func (c *Cluster) UpdateStatus(t testing.TB) {
	t.Helper()
	for _, a := range c.Agents {
		a.UpdateStatus = !a.Down
	}
	c.Rest(t, 0)
}

// Act runs an action of a unit, which must not fail.
func (c *Cluster) Act(t testing.TB, unit, action string, params map[string]any) uniter.Task {
	t.Helper()
	c.tasks++
	task, err := c.Action(unit, action, params, c.tasks)
	if err != nil || task.Status != "completed" {
		t.Fatalf("action %s on %s: %+v, %v", action, unit, task, err)
	}
	return task
}

// On runs a command line of kube-control on a unit, as "juju exec" does, and gives what it prints. Words do not contain
// spaces. Any exit code but 0 fails the test.
func (c *Cluster) On(t testing.TB, unit, command string) string {
	t.Helper()
	c.tasks++
	task, err := c.Exec(unit, command, c.tasks)
	if err != nil || task.Results["return-code"] != 0 {
		t.Fatalf("%s on %s: %+v, %v", command, unit, task, err)
	}
	out, _ := task.Results["stdout"].(string)
	return out
}

// Leader is the unit that leads an application.
func (c *Cluster) Leader(app string) string {
	for _, unit := range c.Model.Apps[app].Units {
		if c.Model.IsLeader(unit) {
			return unit
		}
	}
	return ""
}

// Tail is the end of the log. Tests that fail print it.
func (c *Cluster) Tail() string {
	var lines []string
	for _, r := range c.Model.TakeLogs() {
		if r.Level == "ERROR" || r.Level == "WARNING" {
			lines = append(lines, r.String())
		}
	}
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}

// Writes tells whether a call of a hook tool changes something in Juju.
func Writes(call agent.Call) bool {
	_, verb, _ := strings.Cut(call.Argv[0], "-")
	switch verb {
	case "set", "delete", "add", "grant", "revoke", "remove":
		return true
	}
	return false
}

// folder is that of a ready charm.
func folder(charm string) string { return filepath.Join("..", "..", "charm", charm) }

// Path is that of a file in the folder of a unit's charm.
func (c *Cluster) Path(unit, name string) string {
	return filepath.Join(c.dir, model.Tag(unit), name)
}

// Unpack lays out the files of a charm that kube-control reads.
func (c *Cluster) Unpack(unit, charm, _ string) error {
	if err := os.MkdirAll(c.Path(unit, "."), 0o700); err != nil {
		return err
	}
	for _, name := range []string{"metadata.yaml", "kube-control.yaml"} {
		text, err := os.ReadFile(filepath.Join(charm, name))
		if err == nil {
			err = os.WriteFile(c.Path(unit, name), text, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return os.WriteFile(c.Path(unit, "ca.crt"), []byte(Certificate), 0o600)
}

// Find finds the hooks and actions that the unit's charm links.
func (c *Cluster) Find(unit, name string) (uniter.Program, error) {
	if _, err := os.Lstat(filepath.Join(folder(c.charms[model.AppOf(unit)]), name)); err != nil {
		return uniter.Program{}, errors.Join(fs.ErrNotExist, err)
	}
	return uniter.Program{Path: c.Path(unit, name)}, nil
}

// Forget removes the files of a unit that is gone.
func (c *Cluster) Forget(unit string) { _ = os.RemoveAll(c.Path(unit, ".")) }
