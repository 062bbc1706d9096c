package world

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// Charm lays out the folder of a charm with an endpoint kube-control, provided by a master and required by a worker.
// Settings is its kube-control.yaml, "" for none.
func Charm(t testing.TB, role, settings string) string {
	t.Helper()
	side := map[string]string{"master": "provides", "worker": "requires"}[role]
	return CharmOf(t, fmt.Sprintf("%s:\n  kube-control:\n    interface: kube-control\n", side), settings)
}

// CharmOf lays out the folder of a charm with the endpoints of metadata.yaml as they are given.
func CharmOf(t testing.TB, endpoints, settings string) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"metadata.yaml": "name: c\nsummary: s\ndescription: d\n" + endpoints}
	if settings != "" {
		files["kube-control.yaml"] = settings
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Relate adds a relation without units.
func (w *World) Relate(id, remoteApp string) *Relation {
	r := &Relation{ID: id, RemoteApp: remoteApp, Local: agent.Settings{}, App: agent.Settings{}, Remote: map[string]agent.Settings{}}
	w.Relations = append(w.Relations, r)
	return r
}

// Join adds a unit with its bag, or gives a member another bag.
func (r *Relation) Join(unit string, bag agent.Settings) {
	if !slices.Contains(r.Members, unit) {
		r.Members = append(r.Members, unit)
	}
	r.Remote[unit] = bag
}

// Leave removes a unit; its bag can still be read, as Juju has it.
func (r *Relation) Leave(unit string) {
	r.Members = slices.DeleteFunc(r.Members, func(u string) bool { return u == unit })
}

// Joined runs the hooks of a unit that joins with a bag.
func (w *World) Joined(t testing.TB, r *Relation, unit string, bag agent.Settings) {
	t.Helper()
	r.Join(unit, bag)
	w.On(t, "joined", r, unit, "")
	w.On(t, "changed", r, unit, "")
}

// Changed runs the hook of a unit that changes its bag.
func (w *World) Changed(t testing.TB, r *Relation, unit string, bag agent.Settings) *Run {
	t.Helper()
	r.Join(unit, bag)
	return w.On(t, "changed", r, unit, "")
}

// Departed runs the hook of a unit that leaves.
func (w *World) Departed(t testing.TB, r *Relation, unit, departing string) *Run {
	t.Helper()
	r.Leave(unit)
	return w.On(t, "departed", r, unit, departing)
}

// On runs a relation hook and commits it.
func (w *World) On(t testing.TB, kind string, r *Relation, unit, departing string) *Run {
	t.Helper()
	return w.MustHook(t, Hook{Name: endpoint(r.ID) + "-relation-" + kind, Relation: r.ID, Unit: unit, Departing: departing})
}

// Must runs a command line with standard input outside any hook, commits, and returns what it printed. Any exit code
// but 0 fails the test.
func (w *World) Must(t testing.TB, stdin string, args ...string) string {
	t.Helper()
	r := w.Begin(Hook{})
	res := r.Program(stdin, append([]string{"kube-control"}, args...)...)
	if res.Code != 0 {
		t.Fatalf("%q: exit %d: %s", args, res.Code, res.Stderr)
	}
	r.Commit()
	return res.Stdout
}
