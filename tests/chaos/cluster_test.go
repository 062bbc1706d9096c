package chaos

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
)

// masters is the application of ready masters; all others are workers.
const masters = "kcp"

// cluster is a model with its agents. The masters run kube-control. Workers do so too if the cluster is ready; otherwise a
// worker is a probe, which asks in its own way and reads what it is given.
type cluster struct {
	data    string
	model   *model.Model
	agents  uniter.State
	uniter  *uniter.Uniter
	runner  uniter.Runner
	charms  map[string]string // by name, where each charm's folder is
	kinds   map[string]string // by application, the name of its charm
	ready   bool
	played  []step
	revoked map[string]bool // units whose request an operator has revoked
	barred  map[string]bool // those of them that ask for the same since
	seen    *evidence
	runs    []uniter.Trace // of the programs since the last look
	// troubles are the warnings and errors of the log.
	troubles []string
	groups   map[string]bool // that were allowed at any time
	// excuses are how many hooks of a unit may fail, and failures those that failed without one.
	excuses  map[string]int
	failures []string
	// restedAt is how many steps were played when no hook was queued last.
	restedAt int
	// healedAt is how many steps were played before the cluster was healed; 0 while it is not.
	healedAt int
}

// The endpoints of a worker, and what makes it a subordinate beside another charm.
const (
	worker = "requires:\n  kube-control: kube-control\n"
	beside = "  host: {interface: juju-info, scope: container}\nsubordinate: true\n"
)

// newCluster makes a model of a version without anything in it, whose workers are probes.
func newCluster(t testing.TB, version string, seed uint64) *cluster {
	t.Helper()
	c := &cluster{
		data: t.TempDir(), model: model.New(version, seed), agents: uniter.State{}, charms: map[string]string{}, kinds: map[string]string{},
		revoked: map[string]bool{}, barred: map[string]bool{}, groups: map[string]bool{"system:nodes": true}, excuses: map[string]int{}, seen: newEvidence(),
	}
	c.runner = inProcess{c}
	c.charms["master"] = filepath.Join("..", "..", "charm", "master")
	for name, more := range map[string]string{"worker": worker, "side": worker + beside, "rogue": worker, "box": ""} {
		text := fmt.Sprintf("name: %s\nsummary: s\ndescription: d\n%s", name, more)
		c.charms[name] = filepath.Join(c.data, "charms", name)
		write(t, filepath.Join(c.charms[name], "metadata.yaml"), text)
		write(t, filepath.Join(c.charms[name], "config.yaml"), probeOptions)
	}
	c.connect()
	return c
}

// probeOptions are those of a probe; raw is a JSON object of texts that it writes into its databag.
const probeOptions = "options:\n  node-name: {type: string, default: \"\"}\n  auth-group: {type: string, default: \"system:nodes\"}\n" +
	"  raw: {type: string, default: \"\"}\n"

// newReadyCluster makes a model whose workers are ready ones.
func newReadyCluster(t testing.TB, version string, seed uint64) *cluster {
	t.Helper()
	c := newCluster(t, version, seed)
	c.ready = true
	c.charms["worker"] = filepath.Join("..", "..", "charm", "worker")
	for _, name := range []string{"metadata.yaml", "config.yaml", "actions.yaml", "kube-control.yaml"} {
		text, err := os.ReadFile(filepath.Join(c.charms["worker"], name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "metadata.yaml" {
			text = append(bytes.Replace(text, []byte("requires:\n"), []byte("requires:\n"+host), 1), "subordinate: true\n"...)
		}
		write(t, filepath.Join(c.charms["side"], name), string(text))
	}
	return c
}

// host is the endpoint of a subordinate worker for its principal.
const host = "  host: {interface: juju-info, scope: container}\n"

// connect gives the model its agents.
func (c *cluster) connect() {
	c.uniter = &uniter.Uniter{Model: c.model, Agents: c.agents, Runner: c.runner, Trace: c.note}
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

// copyFiles copies a tree with the modes of its files.
func copyFiles(t testing.TB, to, from string) {
	t.Helper()
	err := os.CopyFS(to, os.DirFS(from))
	if err == nil {
		err = filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			return os.Chmod(filepath.Join(to, strings.TrimPrefix(path, from)), info.Mode())
		})
	}
	if err != nil {
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
	copyFiles(t, copied, c.data)
	return saved{&cluster{data: copied, charms: c.charms, kinds: c.kinds, played: c.played, groups: c.groups}, m, agents}
}

func (s saved) restore(t testing.TB) *cluster {
	t.Helper()
	c := &cluster{
		data: t.TempDir(), charms: s.from.charms, kinds: maps.Clone(s.from.kinds), played: s.from.played, revoked: map[string]bool{}, barred: map[string]bool{}, groups: maps.Clone(s.from.groups), excuses: map[string]int{}, seen: newEvidence(),
	}
	var err error
	if c.model, err = model.Load(s.model); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(s.agents, &c.agents); err != nil {
		t.Fatal(err)
	}
	copyFiles(t, c.data, s.from.data)
	c.runner = inProcess{c}
	c.connect()
	return c
}

// kindOf is the charm of a unit's application.
func (c *cluster) kindOf(unit string) string { return c.kinds[model.AppOf(unit)] }

// charmDir is where a unit's charm runs.
func (c *cluster) charmDir(unit string) string {
	return filepath.Join(c.data, "agents", model.Tag(unit), "charm")
}
