package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/internal/cli"
	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/tools"
	"github.com/kube-control/kube-control/jujusim/uniter"
	"github.com/kube-control/kube-control/tests/world"
)

// masters is the application of ready masters; all others are workers.
const masters = "kcp"

// cluster is a model with its agents. The masters run kube-control; in process a worker is a probe, which asks in its own
// way and reads what it is given.
type cluster struct {
	data   string
	model  *model.Model
	agents uniter.State
	uniter *uniter.Uniter
	runner uniter.Runner
	charms map[string]string // by name, where each charm's folder is
	played []step
}

// The endpoints of a worker, and what makes it a subordinate beside another charm.
const (
	worker = "requires:\n  kube-control: kube-control\n"
	beside = "  host: {interface: juju-info, scope: container}\nsubordinate: true\n"
)

// newCluster makes a model of a version without anything in it.
func newCluster(t testing.TB, version string, seed uint64) *cluster {
	t.Helper()
	c := &cluster{data: t.TempDir(), model: model.New(version, seed), agents: uniter.State{}, charms: map[string]string{}}
	c.runner = inProcess{c}
	c.charms["master"] = filepath.Join("..", "..", "charm", "master")
	for name, more := range map[string]string{"worker": worker, "side": worker + beside, "box": ""} {
		text := fmt.Sprintf("name: %s\nsummary: s\ndescription: d\n%s", name, more)
		c.charms[name] = filepath.Join(c.data, "charms", name)
		write(t, filepath.Join(c.charms[name], "metadata.yaml"), text)
		write(t, filepath.Join(c.charms[name], "config.yaml"), "options:\n  node-name: {type: string, default: \"\"}\n  auth-group: {type: string, default: \"system:nodes\"}\n")
	}
	c.connect()
	return c
}

// connect gives the model its agents.
func (c *cluster) connect() {
	c.uniter = &uniter.Uniter{Model: c.model, Agents: c.agents, Runner: c.runner}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// saved is a cluster as it stands, to be played on from there more than once.
type saved struct {
	from          *cluster
	model, agents []byte
}

func (c *cluster) save(t testing.TB) saved {
	t.Helper()
	m, err := json.Marshal(c.model)
	if err != nil {
		t.Fatal(err)
	}
	agents, err := json.Marshal(c.agents)
	if err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(c.data)); err != nil {
		t.Fatal(err)
	}
	return saved{&cluster{data: copied, charms: c.charms, played: c.played}, m, agents}
}

func (s saved) restore(t testing.TB) *cluster {
	t.Helper()
	c := &cluster{data: t.TempDir(), charms: s.from.charms, played: s.from.played}
	var err error
	if c.model, err = model.Load(s.model); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(s.agents, &c.agents); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(c.data, os.DirFS(s.from.data)); err != nil {
		t.Fatal(err)
	}
	c.runner = inProcess{c}
	c.connect()
	return c
}

// charmDir is where a unit's charm runs.
func (c *cluster) charmDir(unit string) string {
	return filepath.Join(c.data, "agents", model.Tag(unit), "charm")
}

// inProcess runs hooks without a process: kube-control for a master, a probe for a worker.
type inProcess struct{ *cluster }

// Unpack lays out a master's charm; a probe has no files.
func (p inProcess) Unpack(unit, _, _ string) error {
	dir := p.charmDir(unit)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if model.AppOf(unit) != masters {
		return nil
	}
	for _, name := range []string{"metadata.yaml", "kube-control.yaml"} {
		text, err := os.ReadFile(filepath.Join(p.charms["master"], name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Find knows the hooks that the master's charm links; a probe has all.
func (p inProcess) Find(unit, name string) (uniter.Program, error) {
	switch model.AppOf(unit) {
	case "box":
		return uniter.Program{}, fmt.Errorf("cannot find %s: %w", name, fs.ErrNotExist)
	case masters:
		if _, err := os.Lstat(filepath.Join(p.charms["master"], name)); err != nil {
			return uniter.Program{}, fmt.Errorf("cannot find %s: %w", name, fs.ErrNotExist)
		}
	}
	return uniter.Program{Path: filepath.Join(p.charmDir(unit), name)}, nil
}

// Forget leaves the files of a unit that is gone to the test's folder.
func (p inProcess) Forget(unit string) { _ = os.RemoveAll(p.charmDir(unit)) }

// Run runs a hook to its end.
func (p inProcess) Run(r uniter.Run) uniter.Outcome {
	unit := r.Context.Info().Unit
	if r.Before != nil {
		r.Context.InjectFaults(agent.Faults{Before: r.Before})
	}
	if model.AppOf(unit) != masters {
		p.probe(toolbox{r.Context}, unit)
		return uniter.Outcome{}
	}
	var stdout, stderr bytes.Buffer
	code := cli.Program{
		Args: []string{r.Program.Path}, Environ: append(r.Env, "JUJU_CHARM_DIR="+p.charmDir(unit)), Stdin: strings.NewReader(""),
		Stdout: &stdout, Stderr: &stderr, Runner: world.Tools(r.Context),
	}.Run(context.Background())
	if code != 0 {
		return uniter.Outcome{Err: errors.New(stderr.String()), Code: code}
	}
	return uniter.Outcome{}
}

// probe asks on each relation for what its application's options say, and reads the secret that it is given.
func (p inProcess) probe(t toolbox, unit string) {
	options := p.model.Config(model.AppOf(unit))
	user := "system:node:" + strings.ReplaceAll(unit, "/", "-")
	if name, _ := options["node-name"].(string); name != "" {
		user = "system:node:" + name
	}
	var ids []string
	t.ask(&ids, "relation-ids", "--format=json", "kube-control")
	for _, id := range ids {
		t.tell("relation-set", "-r", id, "kubelet_user="+user, fmt.Sprint("auth_group=", options["auth-group"]), "schema_vers=[0, 1]")
		var members []string
		t.ask(&members, "relation-list", "-r", id, "--format=json")
		for _, master := range members {
			var bag map[string]string
			t.ask(&bag, "relation-get", "-r", id, "--format=json", "-", master)
			var creds map[string]entry
			if json.Unmarshal([]byte(bag["creds"]), &creds) == nil && creds[user].SecretID != "" {
				t.tell("secret-get", "--refresh", creds[user].SecretID)
			}
		}
	}
}

// toolbox calls the simulator's hook tools for a probe.
type toolbox struct{ ctx *agent.HookContext }

func (t toolbox) tell(tool string, args ...string) []byte {
	return t.ctx.Call(tools.Request{Name: tool, Args: args, Dir: "/"}).Stdout
}

func (t toolbox) ask(answer any, tool string, args ...string) {
	_ = json.Unmarshal(t.tell(tool, args...), answer) // a tool that fails answers nothing
}
