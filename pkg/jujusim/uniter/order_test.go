package uniter

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/pkg/jujusim/model"
)

func (w *world) expect(unit string, want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.of(unit)); diff != "" {
		w.t.Errorf("hooks of %s (-want +got):\n%s", unit, diff)
	}
}

func TestStartUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.deploy("db", 2, "peer ring ring")
	w.settle()
	w.expect("db/0", "install", "ring-relation-created", "leader-elected", "config-changed", "start",
		"ring-relation-joined db/1", "ring-relation-changed db/1")
	w.expect("db/1", "install", "ring-relation-created", "leader-settings-changed", "config-changed", "start",
		"ring-relation-joined db/0", "ring-relation-changed db/0")
}

func TestChangedOfTheApplicationComesBeforeJoined(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 1)
	w.writeApp(0, "db/0", "k", "v")
	w.settle()
	w.expect("web/0", "install", "db-relation-created", "leader-elected", "config-changed", "start",
		"db-relation-changed", "db-relation-joined db/0", "db-relation-changed db/0")
}

func TestChangedFollowsJoinedButOtherHooksMayComeBetween(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 2)
	w.steps("web/0", 6) // up to joined by db/0
	if err := w.Model.SetConfig("web", nil); err != nil {
		t.Fatal(err)
	}
	w.Model.Apps["web"].ConfigVersion++
	w.writeApp(0, "db/0", "k", "v")
	if err := w.Model.RemoveUnit("db/0"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.expect("web/0", "install", "db-relation-created", "leader-elected", "config-changed", "start",
		"db-relation-joined db/0", "config-changed",
		"db-relation-changed db/0", "db-relation-departed db/0",
		"db-relation-changed", "db-relation-joined db/1", "db-relation-changed db/1")
}

func TestJoinedCanPrecedeOurOwnCreated(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 1)
	w.steps("web/0", 1)
	w.Model.TakeDirty()
	h, ok := w.next(w.Agents["web/0"])
	if !ok || h.Name() != "db-relation-created" {
		t.Fatalf("next hook of web/0 is %v", h)
	}
	w.steps("db/0", 1)
	w.expect("db/0", "web-relation-joined web/0")
}

func TestChangesCoalesceAndEqualWritesWakeNobody(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 1)
	w.settle()
	w.ran = nil
	w.write(0, "db/0", "k", "a")
	w.write(0, "db/0", "k", "b")
	w.settle()
	w.write(0, "db/0", "k", "b")
	w.write(0, "db/0", "absent", "")
	w.settle()
	w.expect("web/0", "db-relation-changed db/0")
	w.write(0, "db/0", "k", "c")
	w.write(0, "db/0", "k", "b")
	w.settle()
	w.expect("web/0", "db-relation-changed db/0", "db-relation-changed db/0")
}

func TestWritesDuringTheChangedHookAreAnnouncedAgain(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 1)
	w.settle()
	w.ran = nil
	w.hooks["web/0 db-relation-changed"] = func(func(...string) string) Outcome {
		w.write(0, "db/0", "k", "second")
		return Outcome{}
	}
	w.write(0, "db/0", "k", "first")
	w.settle()
	w.expect("web/0", "db-relation-changed db/0", "db-relation-changed db/0")
}

func TestAnApplicationsOwnPeerWriteWakesTheLeader(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.deploy("db", 2, "peer ring ring")
	w.settle()
	w.ran = nil
	w.writeApp(0, "db/0", "k", "v")
	w.settle()
	w.expect("db/0", "ring-relation-changed")
	w.expect("db/1", "ring-relation-changed")
}

func TestUpgradeIsFollowedByConfigChanged(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 1)
	w.settle()
	w.ran = nil
	w.write(0, "db/0", "k", "v")
	if err := w.Model.Refresh("web", w.Model.Apps["web"].Charm, "newer"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.expect("web/0", "upgrade-charm", "config-changed", "db-relation-changed db/0")
}

func TestADyingRelationDepartsInOrderAndBreaksLast(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 3)
	w.settle()
	w.ran = nil
	w.writeApp(0, "db/0", "k", "v")
	if err := w.Model.RemoveRelation("db", "web"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.expect("web/0", "db-relation-departed db/0", "db-relation-departed db/1", "db-relation-departed db/2", "db-relation-broken")
	if len(w.Model.Relations) != 0 {
		t.Errorf("the relation is still there")
	}
}

func TestADyingUnitIsSeenToLeaveAtOnce(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 2)
	w.settle()
	w.ran = nil
	if err := w.Model.RemoveUnit("db/0"); err != nil {
		t.Fatal(err)
	}
	w.steps("web/0", 1) // the agent of db/0 has not moved yet
	w.expect("web/0", "db-relation-departed db/0")
}

func TestARelationThatDiesBeforeCreatedIsLeftWithoutAHook(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 1)
	w.steps("web/0", 1)
	w.next(w.Agents["web/0"]) // enters the scope
	if err := w.Model.RemoveRelation("db", "web"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.expect("web/0", "install", "leader-elected", "config-changed", "start")
	if len(w.Model.Relations) != 0 {
		t.Errorf("the relation is still there")
	}
}

func TestRegularRelationsComeBeforePeers(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		w := newWorld(t, seed+1)
		w.deploy("db", 1, "provider web http", "peer ring ring")
		w.settle()
		w.deploy("web", 1, "requirer db http")
		w.relate("db", "web")
		w.settle()
		w.ran = nil
		w.write(0, "db/0", "k", "v")
		w.writeApp(0, "db/0", "k", "v")
		w.write(1, "web/0", "k", "v")
		w.settle()
		w.expect("db/0", "web-relation-changed web/0", "ring-relation-changed")
	}
}

func TestOrderBetweenRelationsIsDrawnBySeed(t *testing.T) {
	t.Parallel()
	orders := map[string]bool{}
	run := func(seed uint64) string {
		w := newWorld(t, seed)
		w.deploy("hub", 1, "provider a x", "provider b y", "provider c z")
		w.deploy("a", 1, "requirer hub x")
		w.deploy("b", 1, "requirer hub y")
		w.deploy("c", 1, "requirer hub z")
		w.relate("hub:a", "a")
		w.relate("hub:b", "b")
		w.relate("hub:c", "c")
		w.settle()
		w.ran = nil
		for id, unit := range []string{"a/0", "b/0", "c/0"} {
			w.write(id, unit, "k", "v")
		}
		w.settle()
		return strings.Join(w.of("hub/0"), ", ")
	}
	for seed := range uint64(60) {
		order := run(seed + 1)
		orders[order] = true
		if again := run(seed + 1); again != order {
			t.Fatalf("seed %d gave %q, then %q", seed+1, order, again)
		}
	}
	if len(orders) != 6 {
		t.Errorf("60 seeds gave %d of the 6 orders: %v", len(orders), orders)
	}
}

// TestRulesHoldForAllSchedules throws dice: whatever happens in between, the order of one relation's hooks keeps
// Juju's promises.
func TestRulesHoldForAllSchedules(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, seed+1)
			w.deploy("db", 3, "provider web http", "peer ring ring")
			w.deploy("web", 3, "requirer db http")
			w.relate("db", "web")
			for range 60 {
				w.disturb()
				if w.Model.Intn(10) == 0 {
					w.reload()
				}
			}
			w.settle()
			for _, unit := range []string{"db/0", "db/1", "db/2", "web/0", "web/1", "web/2"} {
				checkPromises(t, unit, w.of(unit))
			}
		})
	}
}

// disturb runs some hooks, and lets something happen.
func (w *world) disturb() {
	for range w.Model.Intn(6) {
		units := make([]string, 0, len(w.Agents))
		for unit := range w.Agents {
			units = append(units, unit)
		}
		slices.Sort(units)
		if len(units) > 0 {
			w.step(w.Agents[units[w.Model.Intn(len(units))]])
		}
	}
	unit := fmt.Sprintf("%s/%d", []string{"db", "web"}[w.Model.Intn(2)], w.Model.Intn(3))
	u := w.Model.Units[unit]
	if u == nil {
		return
	}
	switch w.Model.Intn(12) {
	case 0, 1, 2, 3:
		for _, r := range w.Model.RelationsOf(model.AppOf(unit)) {
			if r.Side(model.AppOf(unit)).Units[unit] != nil {
				w.write(r.ID, unit, "k", fmt.Sprint(w.Model.Intn(3)))
			}
		}
	case 4, 5:
		for _, r := range w.Model.RelationsOf(model.AppOf(unit)) {
			w.writeApp(r.ID, w.Model.Apps[model.AppOf(unit)].Leader, "k", fmt.Sprint(w.Model.Intn(3)))
		}
	case 6:
		w.Model.Apps[model.AppOf(unit)].ConfigVersion++
	case 7:
		_ = w.Model.SetLeader(model.AppOf(unit), unit)
	case 8:
		if len(w.Model.Apps[model.AppOf(unit)].Units) > 1 {
			_ = w.Model.RemoveUnit(unit)
		}
	case 9:
		_ = w.Model.RemoveRelation("db", "web") // perhaps there is none
	case 10:
		_, _ = w.Model.Integrate("db", "web") // perhaps there is one
	}
}

// reload writes everything to JSON and reads it back, as between two invocations of jujusim.
func (w *world) reload() {
	w.t.Helper()
	data, err := json.Marshal(w.Model)
	if err != nil {
		w.t.Fatal(err)
	}
	if w.Model, err = model.Load(data); err != nil {
		w.t.Fatal(err)
	}
	if data, err = json.Marshal(w.Agents); err != nil {
		w.t.Fatal(err)
	}
	w.Agents = nil
	if err := json.Unmarshal(data, &w.Agents); err != nil {
		w.t.Fatal(err)
	}
}

// checkPromises goes through a unit's hooks with a small account of its own of each endpoint's relation.
func checkPromises(t *testing.T, unit string, hooks []string) {
	t.Helper()
	type account struct {
		created bool
		members map[string]bool
		latch   string
	}
	accounts := map[string]*account{}
	started, stopping := false, false
	for i, line := range hooks {
		name, remote, _ := strings.Cut(line, " ")
		at := strings.Index(name, "-relation-")
		fail := func(why string) { t.Errorf("%s: hook %d, %q: %s\n%s", unit, i, line, why, strings.Join(hooks, "\n")) }
		switch {
		case i == 0 && name != "install":
			fail("install is not the first")
		case name == "start":
			started = true
		case name == "stop":
			stopping = true
		case stopping && name != "remove":
			fail("runs after stop")
		}
		if at < 0 {
			continue
		}
		a := accounts[name[:at]]
		if a == nil || name[at:] == "-relation-created" {
			a = &account{members: map[string]bool{}}
			accounts[name[:at]] = a
		}
		kind := name[at+len("-relation-"):]
		switch {
		case kind == "created":
			a.created = true
			continue
		case !a.created:
			fail("runs before created")
		case !started && (kind == "joined" || kind == "changed"):
			fail("runs before start")
		case a.latch != "" && (kind != "changed" || remote != a.latch):
			fail("comes between joined and changed of " + a.latch)
		}
		a.latch = ""
		switch {
		case kind == "joined" && a.members[remote]:
			fail("joined twice")
		case kind == "joined":
			a.members[remote], a.latch = true, remote
		case kind == "changed" && remote != "" && !a.members[remote]:
			fail("is no member")
		case kind == "departed" && !a.members[remote]:
			fail("departs without having joined")
		case kind == "departed":
			delete(a.members, remote)
		case kind == "broken" && len(a.members) > 0:
			fail("has members left")
		case kind == "broken" && name == "ring-relation-broken":
			fail("is a peer relation")
		}
	}
}
