package uniter

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/tools"
)

// script is a Runner whose hooks are functions. A hook without one only takes part in the record.
type script struct {
	hooks map[string]func(call func(argv ...string) string) Outcome // by "unit hook" or "hook"
	ran   []string                                                  // "unit hook remote"
}

func (s *script) Unpack(string, string, string) error { return nil }
func (s *script) Forget(string)                       {}

func (s *script) Find(_, name string) (Program, error) {
	if strings.HasPrefix(name, "hooks/missing") {
		return Program{}, fs.ErrNotExist
	}
	return Program{Path: name}, nil
}

func (s *script) Run(r Run) Outcome {
	info := r.Context.Info()
	words := []string{info.Unit, info.Name}
	if info.RemoteUnit != "" {
		words = append(words, info.RemoteUnit)
	}
	s.ran = append(s.ran, strings.Join(words, " "))
	if r.Before != nil {
		r.Context.InjectFaults(agent.Faults{Before: r.Before})
	}
	hook := s.hooks[info.Unit+" "+info.Name]
	if hook == nil {
		hook = s.hooks[info.Name]
	}
	if hook == nil {
		return Outcome{}
	}
	return hook(func(argv ...string) string {
		response := r.Context.Call(tools.Request{Name: argv[0], Args: argv[1:], Dir: "/"})
		return string(response.Stdout) + string(response.Stderr)
	})
}

// of gives what ran on a unit, without its name.
func (s *script) of(unit string) []string {
	var hooks []string
	for _, line := range s.ran {
		if hook, found := strings.CutPrefix(line, unit+" "); found {
			hooks = append(hooks, hook)
		}
	}
	return hooks
}

// world is a model with agents whose hooks run in this process.
type world struct {
	*Uniter
	*script
	t *testing.T
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	s := &script{hooks: map[string]func(func(...string) string) Outcome{}}
	return &world{&Uniter{Model: model.New("", seed), Agents: State{}, Runner: s}, s, t}
}

// changeConfig gives an application a configuration that it has not had.
func (w *world) changeConfig(app string) {
	a := w.Model.Apps[app]
	a.ConfigVersion++
	a.Config["option"] = a.ConfigVersion
}

// deploy makes an application; endpoints are "role name interface".
func (w *world) deploy(app string, units int, endpoints ...string) {
	w.t.Helper()
	charm := &model.Charm{Name: app, Endpoints: map[string]model.Endpoint{}}
	for _, e := range endpoints {
		f := strings.Fields(e)
		charm.Endpoints[f[1]] = model.Endpoint{Role: f[0], Interface: f[2]}
	}
	if _, err := w.Model.Deploy(app, charm, "charm-of-"+app); err != nil {
		w.t.Fatal(err)
	}
	w.add(app, units)
}

func (w *world) add(app string, units int) {
	w.t.Helper()
	names, err := w.Model.AddUnits(app, units)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, unit := range names {
		w.Agents.Add(unit, w.Model.Apps[app].CharmVersion)
	}
}

func (w *world) relate(a, b string) {
	w.t.Helper()
	if _, err := w.Model.Integrate(a, b); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) settle() {
	w.t.Helper()
	if err := w.Settle(Limits{}); err != nil {
		w.t.Fatal(err)
	}
}

// steps runs n hooks of one unit.
func (w *world) steps(unit string, n int) {
	w.t.Helper()
	for range n {
		if more, _ := w.step(w.Agents[unit]); !more {
			w.t.Fatalf("%s has nothing to do", unit)
		}
	}
}

// write changes a unit's bag, or with app the application's, as a committed hook does.
func (w *world) write(relation int, unit, key, value string) {
	w.t.Helper()
	if err := w.Model.Commit(unit, agent.Changes{Units: map[int]agent.Settings{relation: {key: value}}}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) writeApp(relation int, unit, key, value string) {
	w.t.Helper()
	if err := w.Model.Commit(unit, agent.Changes{Apps: map[int]agent.Settings{relation: {key: value}}}); err != nil {
		w.t.Fatal(err)
	}
}

// pair is two related, settled applications: db with the given units, and web with one that has not begun.
func pair(t *testing.T, seed uint64, dbs int) *world {
	t.Helper()
	w := newWorld(t, seed)
	w.deploy("db", dbs, "provider web http")
	w.settle()
	w.deploy("web", 0, "requirer db http")
	w.relate("db", "web")
	w.settle()
	w.add("web", 1)
	w.ran = nil
	return w
}

func failWith(text string) Outcome { return Outcome{Err: fmt.Errorf("%s", text), Code: 1} }
