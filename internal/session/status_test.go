package session_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// wantExplained looks for a part of what explain prints.
func wantExplained(t *testing.T, w *world.World, want string) {
	t.Helper()
	if got := w.Must(t, "", "explain"); !strings.Contains(got, want) {
		t.Errorf("want %q in:\n%s", want, got)
	}
}

// plan makes goal-state promise a unit on the endpoint.
func plan(w *world.World, unit string) {
	w.Goal.Relations = map[string]map[string]agent.Status{"kube-control": {unit: {Status: "waiting"}}}
}

// ready is what a master publishes for the only worker.
func ready() bag {
	b := bag{"enable-kube-dns": "False"}
	b["creds"] = entry("system:node:a", "kw/0", "1")
	return b
}

// The status told people to add a relation that was there already.
func TestRow33RelationThatIsThereIsNotMissing(t *testing.T) {
	t.Parallel()
	w := world.New("kw/0", world.Charm(t, "worker", "status: true\n"))
	w.MustHook(t, world.Hook{Name: "start"})
	wantStatus(t, w, "blocked", "Missing required kube-control relation")
	wantExplained(t, w, "next: juju integrate kw:kube-control MASTER:kube-control\n")
	plan(w, "kcp/0")
	w.MustHook(t, world.Hook{Name: "update-status"})
	wantStatus(t, w, "waiting", "Waiting for kube-control relation")
	w.Goal = agent.GoalState{}
	r := w.Relate("kube-control:1", "kcp")
	w.On(t, "created", r, "", "")
	wantStatus(t, w, "waiting", "Waiting for kube-control relation")
	if got := w.Must(t, "", "explain"); strings.Contains(got, "juju integrate") {
		t.Errorf("explain asks for a relation that is there:\n%s", got)
	}
}

// A cluster that had settled was shown blocked for ever.
func TestRow34SettledStaysActive(t *testing.T) {
	t.Parallel()
	w, r := newWorker(t)
	w.Must(t, "", "set-auth-request", "system:node:a")
	w.Joined(t, r, "kcp/0", ready())
	m, mr := newMaster(t)
	m.Joined(t, mr, "kw/0", node("a"))
	sign(t, m, "kw/0")
	for range 5 {
		for _, unit := range []*world.World{w, m} {
			wantStatus(t, unit, "active", "")
			if run := unit.MustHook(t, world.Hook{Name: "update-status"}); run.Changed() {
				t.Error("a settled unit writes")
			}
		}
	}
}

// The status needed one more hook, which came minutes later.
func TestRow35LastChangedHookIsEnough(t *testing.T) {
	t.Parallel()
	w, r := newWorker(t)
	w.Must(t, "", "set-auth-request", "system:node:a")
	r.Join("kcp/0", bag{})
	w.On(t, "joined", r, "kcp/0", "")
	wantStatus(t, w, "waiting", "Waiting for cluster DNS")
	w.Changed(t, r, "kcp/0", bag{"enable-kube-dns": "False"})
	wantStatus(t, w, "waiting", "Waiting for cluster credentials")
	w.Changed(t, r, "kcp/0", ready())
	wantStatus(t, w, "active", "")
	wantFlags(t, w, "auth.available auth.ready connected dns.available")
	wantExplained(t, w, "\nnothing is wrong\n")
}

// Hooks that ran before there was any data failed.
func TestRow36HooksBeforeAnyDataWait(t *testing.T) {
	t.Parallel()
	for role, want := range map[string]string{"worker": "waiting Waiting for kube-control relation", "master": "waiting Waiting for workers"} {
		w := world.New("x/0", world.Charm(t, role, "status: true\n"))
		plan(w, "y/0")
		for _, name := range []string{"install", "leader-elected", "config-changed", "start", "update-status", "upgrade-charm"} {
			w.MustHook(t, world.Hook{Name: name})
			status, message, _ := strings.Cut(want, " ")
			wantStatus(t, w, status, message)
		}
		r := w.Relate("kube-control:1", "y")
		w.On(t, "created", r, "", "")
		r.Join("y/0", bag{})
		w.MustHook(t, world.Hook{Name: "config-changed"}) // before the joined hook
		w.On(t, "joined", r, "y/0", "")
		wantExplained(t, w, "+ connected ")
	}
}

// Whether a master without workers is complete is for the operator to say; it is, unless told otherwise.
func TestRow37MasterWithoutWorkers(t *testing.T) {
	t.Parallel()
	m := world.New("kcp/0", world.Charm(t, "master", "status: true\n"))
	m.MustHook(t, world.Hook{Name: "start"})
	wantStatus(t, m, "active", "")
	wantExplained(t, m, "\nnothing is wrong\n")
	plan(m, "kw/0")
	m.MustHook(t, world.Hook{Name: "update-status"})
	wantStatus(t, m, "waiting", "Waiting for workers")
}

// Removing the masters put the workers into error, in departed or in broken.
func TestRow39MastersAreRemoved(t *testing.T) {
	t.Parallel()
	w, r := newWorker(t)
	w.Must(t, "", "set-auth-request", "system:node:a")
	w.Joined(t, r, "kcp/0", ready())
	w.Joined(t, r, "kcp/1", bag{})
	w.Departed(t, r, "kcp/1", "kcp/1")
	wantStatus(t, w, "active", "")
	w.Departed(t, r, "kcp/0", "kcp/0")
	wantFlags(t, w, "")
	wantStatus(t, w, "waiting", "Waiting for kube-control relation")
	r.Broken = true
	w.On(t, "broken", r, "", "")
	wantFlags(t, w, "")
	wantStatus(t, w, "blocked", "Missing required kube-control relation")
}

// A relation without units was an error.
func TestRow40RelationWithoutUnits(t *testing.T) {
	t.Parallel()
	for _, newOne := range []func(*testing.T) (*world.World, *world.Relation){newWorker, newMaster} {
		w, r := newOne(t)
		other := r.RemoteApp + "/0"
		w.Joined(t, r, other, node("a"))
		w.Departed(t, r, other, other)
		for _, name := range []string{"config-changed", "update-status", "upgrade-charm"} {
			w.MustHook(t, world.Hook{Name: name})
		}
		if flags := flagsOf(t, w); flags != "" && flags != "departed" {
			t.Errorf("%s: flags %s", w.Unit, flags)
		}
		want := map[string]string{"kw/0": "waiting Waiting for kube-control relation", "kcp/0": "active"}[w.Unit]
		status, message, _ := strings.Cut(want, " ")
		wantStatus(t, w, status, message)
		wantExplained(t, w, "no-unit: kube-control is related, but the other application has no unit\n")
	}
}

// No status that a peer can cause is longer than juju status shows.
func TestINV18MessagesFit(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("w", 60)
	m, r := newMaster(t)
	for i := range 3 {
		m.Joined(t, r, fmt.Sprintf("%s/%d", name, i), node("a"))
	}
	sign(t, m, name+"/0")
	m.MustHook(t, world.Hook{Name: "update-status"})
	if got := m.Status.Message; len(got) >= 100 || !strings.HasPrefix(got, "2 requests refused: "+name) {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}
