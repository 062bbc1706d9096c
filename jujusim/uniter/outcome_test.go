package uniter

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
)

// bag reads a unit's bag from the model.
func (w *world) bag(relation int, unit string) agent.Settings {
	w.t.Helper()
	bag, err := w.Model.UnitSettings(relation, unit)
	if err != nil {
		w.t.Fatal(err)
	}
	return bag
}

func (w *world) logged(part string) bool {
	return slices.ContainsFunc(w.Model.TakeLogs(), func(r model.LogRecord) bool { return strings.Contains(r.String(), part) })
}

func TestAFailedHookDropsItsWritesAndKeepsItsFacts(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 1)
	fail := true
	var seen []string
	w.hooks["web/0 db-relation-joined"] = func(call func(...string) string) Outcome {
		call("relation-set", "k=v")
		call("state-set", "s=1")
		call("status-set", "active", "set in a failing hook")
		seen = append(seen, call("relation-list"))
		if fail {
			return failWith("exit status 1")
		}
		return Outcome{}
	}
	err := w.Settle(Limits{})
	if want := `cannot settle: unit web/0 is in error: hook failed: "db-relation-joined"`; err == nil || err.Error() != want {
		t.Fatalf("got %v, want %s", err, want)
	}
	if w.bag(0, "web/0")["k"] != "" || len(w.Model.State("web/0")) != 0 {
		t.Errorf("a failed hook's writes are kept: %v %v", w.bag(0, "web/0"), w.Model.State("web/0"))
	}
	shown, own := w.Model.Units["web/0"].Displayed()
	if shown.Status != "error" || shown.Message != `hook failed: "db-relation-joined"` || own.Status != "idle" {
		t.Errorf("status is shown as %v, %v", shown, own)
	}
	if got := w.Model.UnitStatus("web/0"); got.Message != "set in a failing hook" {
		t.Errorf("status-set of a failed hook is lost: %v", got)
	}

	// The other unit leaves meanwhile: the retry still is about it.
	if err := w.Model.RemoveUnit("db/0"); err != nil {
		t.Fatal(err)
	}
	if err := w.Settle(Limits{}); err == nil {
		t.Fatal("settles without a resolve")
	}
	fail = false
	if err := w.Resolve("web/0", false); err != nil {
		t.Fatal(err)
	}
	w.settle()
	hooks := w.of("web/0")
	want := []string{"db-relation-joined db/0", "db-relation-joined db/0", "db-relation-changed db/0", "db-relation-departed db/0"}
	if diff := cmp.Diff(want, hooks[5:]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"db/0\n", "db/0\n"}, seen); diff != "" {
		t.Errorf("relation-list in joined (-want +got):\n%s", diff)
	}
	if w.bag(0, "web/0")["k"] != "v" || w.Model.State("web/0")["s"] != "1" {
		t.Errorf("a successful hook's writes are lost")
	}
}

func TestSettleRetries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.deploy("db", 1)
	left := 3
	w.hooks["install"] = func(func(...string) string) Outcome {
		if left--; left > 0 {
			return failWith("not yet")
		}
		return Outcome{}
	}
	if err := w.Settle(Limits{Retries: 1}); err == nil {
		t.Fatal("one retry was enough")
	}
	if err := w.Settle(Limits{Retries: 1}); err != nil {
		t.Fatal(err)
	}
}

func TestAKilledHookRunsAgainAtOnce(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 1)
	kills := 2
	var ids []string
	w.hooks["web/0 db-relation-joined"] = func(call func(...string) string) Outcome {
		ids = append(ids, call("relation-get", "k", "web/0"))
		call("relation-set", "k=v")
		if kills--; kills >= 0 {
			return Outcome{Killed: true, Err: failWith("signal: killed").Err}
		}
		return Outcome{}
	}
	w.settle()
	if diff := cmp.Diff([]string{"", "", ""}, ids); diff != "" {
		t.Errorf("what the killed hook wrote (-want +got):\n%s", diff)
	}
	hooks := w.of("web/0")[5:]
	want := []string{"db-relation-joined db/0", "db-relation-joined db/0", "db-relation-joined db/0", "db-relation-changed db/0"}
	if diff := cmp.Diff(want, hooks); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestResolveWithoutRetryCountsAsDone(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 1)
	w.hooks["web/0 db-relation-joined"] = func(func(...string) string) Outcome { return failWith("no") }
	if err := w.Settle(Limits{}); err == nil {
		t.Fatal("settled")
	}
	if err := w.Resolve("web/0", true); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if got := w.of("web/0"); got[len(got)-1] != "db-relation-changed db/0" {
		t.Errorf("after the skipped joined came %v", got)
	}
}

func TestAQueuedHookOfAVanishedRelationIsDropped(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 1)
	w.hooks["web/0 db-relation-broken"] = func(func(...string) string) Outcome {
		w.Model.LeaveScope(0, "db/0")
		w.Model.LeaveScope(0, "web/0") // as if the agent had died after it had left
		return failWith("late")
	}
	w.settle()
	if err := w.Model.RemoveRelation("db", "web"); err != nil {
		t.Fatal(err)
	}
	if err := w.Settle(Limits{}); err == nil {
		t.Fatal("the hook did not fail")
	}
	if err := w.Resolve("web/0", false); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if shown, _ := w.Model.Units["web/0"].Displayed(); shown.Status == "error" {
		t.Errorf("still in error: %v", shown)
	}
}

// TestMemberCache is the trap of juju's agents: a unit's bag stays as it was read until a hook about that very unit.
func TestMemberCache(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 2)
	w.settle()
	var got []string
	read := func(call func(...string) string) Outcome {
		got = append(got, call("relation-get", "-r", "0", "k", "db/0"))
		return Outcome{}
	}
	for _, hook := range []string{"config-changed", "update-status", "db-relation-changed", "db-relation-departed"} {
		w.hooks["web/0 "+hook] = read
	}
	run := func(what string, do func(), want string) {
		t.Helper()
		got = nil
		do()
		w.steps("web/0", 1)
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s reads %q, want %q", what, got, want)
		}
	}
	ask := func() { w.Agents["web/0"].UpdateStatus = true }
	config := func() { w.changeConfig("web") }
	w.write(0, "db/0", "k", "1")
	run("a hook before the changed: the bag was never read", config, "1\n")
	w.write(0, "db/0", "k", "2")
	run("a hook before the changed: the bag is remembered", config, "1\n")
	w.reload()
	w.Uniter.Agents = w.Agents
	run("the changed hook", func() {}, "2\n")
	w.write(0, "db/0", "k", "3")
	w.write(0, "db/1", "k", "x")
	run("a hook after it", config, "2\n")
	run("its own changed", func() {}, "3\n")
	run("the other unit's changed", func() {}, "3\n")
	run("update-status", ask, "3\n")
	w.write(0, "db/0", "k", "4")
	if err := w.Model.RemoveUnit("db/0"); err != nil {
		t.Fatal(err)
	}
	run("departed: the bag is read anew", func() {}, "4\n")
}

func TestDepartingUnit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		remove    func(*world) error
		db, web   string // JUJU_DEPARTING_UNIT on each side's departed hook about the other's unit 0
		dbMissing bool
	}{
		{name: "remote unit", remove: func(w *world) error { return w.Model.RemoveUnit("web/0") }, db: "web/0", web: "web/0"},
		{name: "own unit", remove: func(w *world) error { return w.Model.RemoveUnit("db/0") }, db: "db/0", web: "db/0"},
		{name: "relation", remove: func(w *world) error { return w.Model.RemoveRelation("db", "web") }, db: "web/0", web: "db/0"},
		{name: "own application", remove: func(w *world) error { return w.Model.RemoveApplication("db") }, db: "db/0", web: "db/0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := pair(t, 3, 1)
			w.settle()
			departing := map[string]string{}
			w.Trace = nil
			w.Runner = spy{w.script, func(info agent.HookInfo) {
				if strings.HasSuffix(info.Name, "-departed") {
					departing[info.Unit] = info.DepartingUnit
				}
			}}
			if err := test.remove(w); err != nil {
				t.Fatal(err)
			}
			w.settle()
			want := map[string]string{"db/0": test.db, "web/0": test.web}
			if diff := cmp.Diff(want, departing); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// spy is a Runner that looks at each hook's facts.
type spy struct {
	*script
	look func(agent.HookInfo)
}

func (s spy) Run(r Run) Outcome {
	s.look(r.Context.Info())
	return s.script.Run(r)
}

func TestLeadershipLostBeforeTheCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.deploy("db", 2, "peer ring ring")
	w.settle()
	once := true
	w.hooks["db/0 update-status"] = func(call func(...string) string) Outcome {
		leads := call("is-leader")
		if leads == "True\n" {
			call("relation-set", "-r", "0", "--app", "k=v")
			call("relation-set", "-r", "0", "k=v")
		}
		if once {
			once = false
			if err := w.Model.SetLeader("db", "db/1"); err != nil {
				t.Error(err)
			}
		}
		return Outcome{}
	}
	w.Agents["db/0"].UpdateStatus = true
	if err := w.Settle(Limits{}); err == nil {
		t.Fatal("the commit was not refused")
	}
	if !w.logged("not leader") {
		t.Error("the log does not say why")
	}
	if bag, _ := w.Model.AppSettings(0, "db"); bag["k"] != "" || w.bag(0, "db/0")["k"] != "" {
		t.Error("a part of a refused commit is kept")
	}
	if err := w.Settle(Limits{Retries: 1}); err != nil {
		t.Errorf("the retry as a follower: %v", err)
	}
}

func TestActionsAndExecRunWhileInError(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.deploy("db", 1)
	w.hooks["config-changed"] = func(func(...string) string) Outcome { return failWith("no") }
	if err := w.Settle(Limits{}); err == nil {
		t.Fatal("settled")
	}
	w.hooks[""] = func(call func(...string) string) Outcome {
		call("state-set", "k=v")
		return failWith("exit status 7")
	}
	task, err := w.Action("db/0", "act", nil, 1)
	if err != nil || task.Status != "failed" || len(w.Model.State("db/0")) != 0 {
		t.Errorf("a failed action: %+v, %v, state %v", task, err, w.Model.State("db/0"))
	}
	task, err = w.Exec("db/0", "false", 2)
	if err != nil || task.Status != "completed" || w.Model.State("db/0")["k"] != "v" {
		t.Errorf("a failed exec: %+v, %v, state %v", task, err, w.Model.State("db/0"))
	}
	if !w.Agents["db/0"].Failed {
		t.Error("the hook is not in error any longer")
	}
}

func TestConfigChangedSetsJujusOwnKeysRight(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 1)
	w.settle()
	before := maps.Clone(w.bag(0, "web/0"))
	w.write(0, "web/0", "ingress-address", "mine")
	w.changeConfig("web")
	w.settle()
	if diff := cmp.Diff(before, w.bag(0, "web/0")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
