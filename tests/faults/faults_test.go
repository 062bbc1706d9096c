// Package faults fails each tool call of whole lives of a master and of a worker, one at a time, and drops each commit.
// After the retry that Juju or the operator makes, everything must be as in the undisturbed life. Killed processes and
// refused commits of real programs are proved by the stories.
package faults

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

type bag = agent.Settings

// step is one hook or command of a life, with what changed before it.
type step struct {
	name    string
	prepare func(w *world.World)
	hook    world.Hook // without a name: juju exec
	stdin   string
	argv    []string // of a command; nil runs the hook's link
}

// life is the steps of a unit, with handlers in its charm.
type life struct {
	role, settings string
	steps          []step
}

func relationHook(kind, unit, departing string) world.Hook {
	return world.Hook{Name: "kube-control-relation-" + kind, Relation: "kube-control:1", Unit: unit, Departing: departing}
}

func master() life {
	const tokens = `[{"scope": "kw/0", "kubelet_token": "k", "client_token": "c"}]`
	return life{role: "master", settings: "status: true\n", steps: []step{
		{name: "created", hook: relationHook("created", "", "")},
		{name: "set-dns", argv: []string{"set-dns", "53", "cluster.local", "10.0.0.10"}},
		{name: "joined", prepare: join("kw/0", bag{}), hook: relationHook("joined", "kw/0", "")},
		{name: "changed", prepare: join("kw/0", bag{"kubelet_user": "a", "gpu": "True"}), hook: relationHook("changed", "kw/0", "")},
		{name: "a handler signs", hook: relationHook("changed", "kw/0", ""), argv: []string{"sign-auth-request", "--batch"}, stdin: tokens},
		{name: "set-cluster-tag", argv: []string{"set-cluster-tag", "t"}},
		{name: "second joined", prepare: join("kw/1", bag{"kubelet_user": "a"}), hook: relationHook("joined", "kw/1", "")},
		{name: "clear", argv: []string{"flags", "clear", "kube-control.requests.changed"}},
		{name: "lead lost", prepare: func(w *world.World) { w.Leader = false }, hook: world.Hook{Name: "leader-settings-changed"}},
		{name: "lead won", prepare: func(w *world.World) { w.Leader = true }, hook: world.Hook{Name: "leader-elected"}},
		{name: "exec signs", argv: []string{"sign-auth-request", "--batch"}, stdin: tokens},
		{name: "departed", prepare: leave("kw/0"), hook: relationHook("departed", "kw/0", "kw/0")},
		{name: "flush", argv: []string{"flush-departed"}},
		{name: "second departed", prepare: leave("kw/1"), hook: relationHook("departed", "kw/1", "kw/1")},
		{name: "broken", prepare: breakUp, hook: relationHook("broken", "", "")},
		{name: "update-status", prepare: func(w *world.World) { w.Relations = nil }, hook: world.Hook{Name: "update-status"}},
	}}
}

func worker() life {
	full := bag{
		"enable-kube-dns": "True", "port": "53", "cluster-tag": "t",
		"creds": `{"u": {"scope": "kw/0", "client_token": "c", "kubelet_token": "k", "proxy_token": null}}`,
	}
	return life{role: "worker", settings: "status: true\n", steps: []step{
		{name: "start", prepare: func(w *world.World) { w.Leader = false }, hook: world.Hook{Name: "start"}},
		{name: "created", hook: relationHook("created", "", "")},
		{name: "a handler asks", hook: relationHook("created", "", ""), argv: []string{"set-auth-request", "u"}},
		{name: "joined", prepare: join("kcp/0", bag{}), hook: relationHook("joined", "kcp/0", "")},
		{name: "changed", prepare: join("kcp/0", full), hook: relationHook("changed", "kcp/0", "")},
		{name: "set-gpu", argv: []string{"set-gpu"}},
		{name: "author's flag", argv: []string{"flags", "set", "mine"}},
		{name: "second master", prepare: join("kcp/1", bag{"registry-location": "r"}), hook: relationHook("joined", "kcp/1", "")},
		{name: "departed", prepare: leave("kcp/0"), hook: relationHook("departed", "kcp/0", "kcp/0")},
		{name: "second departed", prepare: leave("kcp/1"), hook: relationHook("departed", "kcp/1", "kcp/1")},
		{name: "broken", prepare: breakUp, hook: relationHook("broken", "", "")},
		{name: "update-status", prepare: func(w *world.World) { w.Relations = nil }, hook: world.Hook{Name: "update-status"}},
	}}
}

func join(unit string, b bag) func(*world.World) {
	return func(w *world.World) { w.Relations[0].Join(unit, b) }
}

func leave(unit string) func(*world.World) {
	return func(w *world.World) { w.Relations[0].Leave(unit) }
}

func breakUp(w *world.World) { w.Relations[0].Broken = true }

// moment is a world before a step, and what an undisturbed run of the step makes of it.
type moment struct {
	step  step
	world *world.World
	after map[string]any
	calls int
}

// live lives a life undisturbed. What comes after a step follows from what stands after it, so each step can be
// disturbed for itself.
func (l life) live(t *testing.T) (moments []moment) {
	t.Helper()
	unit := map[string]string{"master": "kcp/0", "worker": "kw/0"}[l.role]
	w := world.New(unit, world.Charm(t, l.role, l.settings))
	w.Relate("kube-control:1", "other")
	for _, s := range l.steps {
		if s.prepare != nil {
			s.prepare(w)
		}
		m := moment{step: s, world: clone(w)}
		m.calls, m.after = s.succeed(t, w)
		moments = append(moments, m)
	}
	return moments
}

// succeed runs a step that goes well.
func (s step) succeed(t *testing.T, w *world.World) (calls int, after map[string]any) {
	t.Helper()
	run := w.Begin(s.hook)
	if res := s.run(run); res.Code != 0 {
		t.Fatalf("%s: exit %d: %s", s.name, res.Code, res.Stderr)
	}
	run.Commit()
	return len(run.Calls()), look(w)
}

func clone(w *world.World) *world.World {
	c := world.New(w.Unit, w.CharmDir)
	c.Leader, c.Status, c.State = w.Leader, w.Status, maps.Clone(w.State)
	for _, r := range w.Relations {
		copied := *r
		copied.Members, copied.Local, copied.Remote = slices.Clone(r.Members), maps.Clone(r.Local), maps.Clone(r.Remote)
		c.Relations = append(c.Relations, &copied)
	}
	return c
}

// fail runs a step whose tool call k fails, or with call 0 the commit. Of a failed hook Juju keeps nothing; of juju exec
// it keeps what was written.
func (s step) fail(t *testing.T, w *world.World, call int) world.Result {
	t.Helper()
	run := w.Begin(s.hook)
	run.Faults(agent.Faults{Before: func(k int, _ []string) agent.Fault {
		if k == call {
			return agent.FailCall
		}
		return agent.NoFault
	}})
	res := s.run(run)
	switch {
	case call == 0:
		return res
	case res.Code == 0 && run.Calls()[call-1].Argv[0] != "juju-log":
		t.Errorf("%s: %v fails and nobody minds", s.name, run.Calls()[call-1].Argv)
	case res.Code > 1 || res.Stderr == "":
		t.Errorf("%s: exit %d: %q", s.name, res.Code, res.Stderr)
	}
	if s.hook.Name == "" {
		run.Commit()
	}
	return res
}

func (s step) run(run *world.Run) world.Result {
	if s.argv == nil {
		return run.Link()
	}
	return run.Program(s.stdin, append([]string{"kube-control"}, s.argv...)...)
}

func look(w *world.World) map[string]any {
	bags := map[string]bag{}
	for _, r := range w.Relations {
		bags[r.ID] = maps.Clone(r.Local)
	}
	return map[string]any{"bags": bags, "state": w.Kept(), "status": w.Status}
}

func TestEveryCallFailsOnce(t *testing.T) {
	t.Parallel()
	for _, l := range []life{master(), worker()} {
		for _, m := range l.live(t) {
			t.Run(l.role+" "+m.step.name, func(t *testing.T) {
				t.Parallel()
				for call := range m.calls + 1 {
					w := clone(m.world)
					m.step.fail(t, w, call)
					if _, after := m.step.succeed(t, w); !cmp.Equal(m.after, after) {
						t.Errorf("call %d fails (-undisturbed +retried):\n%s", call, cmp.Diff(m.after, after))
					}
				}
			})
		}
	}
}

// Whatever fails, the unit that left is named by the flush that fails or by the one after it.
func TestFlushLosesNobody(t *testing.T) {
	t.Parallel()
	moments := master().live(t)
	i := slices.IndexFunc(moments, func(m moment) bool { return m.step.name == "flush" })
	m := moments[i]
	for call := range m.calls {
		w := clone(m.world)
		res := m.step.fail(t, w, call+1)
		if out := res.Stdout + w.Must(t, "", m.step.argv...); !strings.Contains(out, "kw/0\n") {
			t.Errorf("call %d fails: flushed %q", call+1, out)
		}
	}
}

// The lives must do what they are named for, or their faults prove nothing.
func TestLivesAreFull(t *testing.T) {
	t.Parallel()
	for _, l := range []life{master(), worker()} {
		total, published, changes := 0, false, 0
		for _, m := range l.live(t) {
			total += m.calls
			for _, b := range m.after["bags"].(map[string]bag) {
				published = published || b["creds"] != "" || b["kubelet_user"] != ""
			}
			if !cmp.Equal(look(m.world), m.after) {
				changes++
			}
		}
		if total < 90 || !published || changes < 8 {
			t.Errorf("a %s's life: %d calls, %d changes, credentials or a request published: %v", l.role, total, changes, published)
		}
	}
}
