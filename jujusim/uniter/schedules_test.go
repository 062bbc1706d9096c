package uniter

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/model"
)

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
			for unit := range w.Agents {
				_ = w.restart(unit) // perhaps it runs
			}
			w.settle()
			for _, unit := range []string{"db/0", "db/1", "db/2", "web/0", "web/1", "web/2"} {
				checkPromises(t, unit, w.of(unit))
			}
			w.checkUpToDate()
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
	switch w.Model.Intn(14) {
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
		w.changeConfig(model.AppOf(unit))
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
	case 11, 12:
		if w.restart(unit) != nil {
			_ = w.Stop(unit) // it was not stopped
		}
	case 13:
		if len(w.Model.Apps[model.AppOf(unit)].Units) > 1 {
			_ = w.RemoveByForce(unit)
		}
	}
}

// restart starts a stopped agent. From there on its unit's account is that of a unit whose agent has forgotten which of
// its relations have had created, and which are peers.
func (w *world) restart(unit string) error {
	err := w.Start(unit)
	if err == nil {
		w.ran = append(w.ran, unit+" "+restarted)
	}
	return err
}

// restarted stands in the record where an agent has started again.
const restarted = "RESTARTED"

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

// checkUpToDate compares, when all is settled, what each agent knows of the other sides with what is there.
func (w *world) checkUpToDate() {
	w.t.Helper()
	for unit, a := range w.Agents {
		for _, r := range w.Model.RelationsOf(model.AppOf(unit)) {
			remote, want := r.Remote(model.AppOf(unit)), map[string]int{}
			for name, m := range remote.Units {
				if name != unit && m.Scope == model.InScope {
					want[name] = m.Version
				}
			}
			mine := a.Relations[r.ID]
			if diff := cmp.Diff(want, mine.Members); diff != "" || mine.AppVersion != remote.Bag.Version {
				w.t.Errorf("%s in relation %s knows application version %d, not %d, and members (-want +got):\n%s",
					unit, r.Key, mine.AppVersion, remote.Bag.Version, diff)
			}
		}
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
	started, stopping, forgetful := false, false, false
	for i, line := range hooks {
		if line == restarted {
			forgetful = true
			continue
		}
		name, remote, _ := strings.Cut(line, " ")
		at := strings.Index(name, "-relation-")
		fail := func(why string) { t.Errorf("%s: hook %d, %q: %s\n%s", unit, i, line, why, strings.Join(hooks, "\n")) }
		switch {
		case (i == 0 || i == 1 && hooks[0] == restarted) && name != "install":
			fail("install is not the first")
		case name == "start":
			started = true
		case name == "stop":
			stopping = true
		case name == "update-status" && i < len(hooks)-1:
			fail("nobody has asked for it, and this is no zombie's last hook")
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
		case !a.created && kind != "broken" && !forgetful:
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
			fail("is not a member")
		case kind == "departed" && !a.members[remote]:
			fail("departs without having joined")
		case kind == "departed":
			delete(a.members, remote)
		case kind == "broken" && len(a.members) > 0:
			fail("has members left")
		case kind == "broken" && name == "ring-relation-broken" && !forgetful:
			fail("is a peer relation")
		}
	}
}
