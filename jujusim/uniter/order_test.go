package uniter

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
	w.changeConfig("web")
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

func TestNewsOfARelationComeInOrder(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 3)
	w.settle()
	w.ran = nil
	w.write(0, "db/1", "k", "v")
	w.write(0, "db/2", "k", "v")
	w.add("db", 2)
	w.steps("db/3", 2) // it has entered the scope
	w.steps("db/4", 2)
	w.writeApp(0, "db/0", "k", "v")
	if err := w.Model.RemoveUnit("db/2"); err != nil {
		t.Fatal(err)
	}
	w.steps("web/0", 7)
	w.expect("web/0", "db-relation-departed db/2", "db-relation-changed",
		"db-relation-joined db/3", "db-relation-changed db/3", "db-relation-joined db/4", "db-relation-changed db/4",
		"db-relation-changed db/1")
}

func TestARelationThatDiesBetweenEntryAndCreatedRunsBrokenAlone(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 1)
	w.steps("web/0", 1)
	w.next(w.Agents["web/0"]) // enters the scope
	if err := w.Model.RemoveRelation("db", "web"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.expect("web/0", "install", "leader-elected", "config-changed", "start", "db-relation-broken")
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
