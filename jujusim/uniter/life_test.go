package uniter

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
)

func TestARestartedAgentHasForgottenTheBagsItRead(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 1)
	w.write(0, "db/0", "k", "old")
	w.settle()
	var read []string
	w.hooks["web/0 update-status"] = func(call func(...string) string) Outcome {
		read = append(read, call("relation-get", "-r", "0", "k", "db/0"))
		return Outcome{}
	}
	look := func() {
		w.Agents["web/0"].UpdateStatus = true
		w.steps("web/0", 1)
	}
	look()
	w.write(0, "db/0", "k", "new")
	w.Agents["web/0"].Pending = &Hook{Kind: updateStatus, Relation: -1} // ahead of db's change
	w.steps("web/0", 1)
	if err := errors.Join(w.Stop("web/0"), w.Start("web/0")); err != nil {
		t.Fatal(err)
	}
	w.Agents["web/0"].Pending = &Hook{Kind: updateStatus, Relation: -1}
	w.steps("web/0", 1)
	if diff := cmp.Diff([]string{"old\n", "old\n", "new\n"}, read); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAStoppedAgentSurvivesInAFile(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 1)
	w.settle()
	w.Agents["web/0"].KillTool = 3
	if err := errors.Join(w.Stop("web/0"), w.ForgetRelation(0, "web/0"), w.Stop("db/9")); err == nil || err.Error() != `unit "db/9" not found` {
		t.Fatal(err)
	}
	data, err := json.Marshal(w.Agents)
	if err != nil {
		t.Fatal(err)
	}
	var again State
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	if a := again["web/0"]; !a.Down || a.KillTool != 3 || !a.Relations[0].Forgotten {
		t.Errorf("read back as %+v", a)
	}
}

func TestAZombieRunsItsQueuedHookOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		uninstall bool
		queued    *Hook
		want      []string
	}{
		{"its queued hook", false, &Hook{Kind: configChanged, Relation: -1}, []string{"config-changed"}},
		{
			"a queued hook of a relation", false,
			&Hook{Kind: relationChanged, Relation: 0, Endpoint: "db", RemoteUnit: "db/0", RemoteApp: "db"},
			[]string{"db-relation-changed db/0"},
		},
		{"a queued hook of a relation that is gone", false, &Hook{Kind: relationChanged, Relation: 7, Endpoint: "db"}, []string{"update-status"}},
		{"none queued", false, nil, []string{"update-status"}},
		{"not yet installed", true, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := pair(t, 1, 1)
			w.settle()
			w.ran = nil
			a := w.Agents["web/0"]
			a.Pending, a.Installed = test.queued, !test.uninstall
			if err := errors.Join(w.Stop("web/0"), w.RemoveByForce("web/0")); err != nil {
				t.Fatal(err)
			}
			for _, hook := range []string{"config-changed", "db-relation-changed", "update-status"} {
				w.hooks["web/0 "+hook] = func(call func(...string) string) Outcome {
					for _, argv := range [][]string{{"relation-get", "-r", "0", "-", "db/0"}, {"relation-set", "-r", "0", "a=b"}, {"state-get"}, {"is-leader"}} {
						if got := call(argv...); got != "ERROR permission denied\n" {
							t.Errorf("%s says %q", argv[0], got)
						}
					}
					if got := call("relation-list", "-r", "0"); got != "db/0\n" {
						t.Errorf("relation-list says %q", got)
					}
					return Outcome{}
				}
			}
			w.settle() // it is still stopped
			before := len(w.of("web/0"))
			if err := w.Start("web/0"); err != nil {
				t.Fatal(err)
			}
			w.settle()
			if got := w.of("web/0")[before:]; !slices.Equal(got, test.want) {
				t.Errorf("the zombie ran %q, want %q", got, test.want)
			}
			if w.Agents["web/0"] != nil {
				t.Error("the zombie is still there")
			}
			if w.of("db/0")[0] != "web-relation-departed web/0" {
				t.Errorf("the other side saw %v", w.of("db/0"))
			}
		})
	}
}

func TestForceRemovalOfTheOnlyLeader(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.deploy("db", 1)
	w.settle()
	if err := w.RemoveByForce("db/0"); err != nil {
		t.Fatal(err)
	}
	if leader := w.Model.Apps["db"].Leader; leader != "" {
		t.Errorf("%s leads", leader)
	}
	w.add("db", 1)
	w.settle()
	w.expect("db/1", "install", "leader-elected", "config-changed", "start")
	if err := w.RemoveByForce("db/0"); err == nil {
		t.Error("a unit is removed twice")
	}
}

func TestAUnitAloneLosesTheLeadershipToNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.deploy("db", 1)
	w.settle()
	var said []string
	w.hooks["update-status"] = func(call func(...string) string) Outcome {
		said = append(said, call("is-leader"), call("is-leader"))
		return Outcome{}
	}
	w.Agents["db/0"].LoseLeadership = 2
	w.Agents["db/0"].UpdateStatus = true
	w.settle()
	if diff := cmp.Diff([]string{"True\n", "False\n"}, said); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := w.Model.SetLeader("db", "db/0"); err != nil {
		t.Fatal(err)
	}
	w.ran = nil
	w.settle()
	w.expect("db/0", "leader-elected")
}

func TestSeveralEndpointsOfOneInterface(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		w := newWorld(t, seed)
		w.deploy("db", 1, "provider front http", "provider back http", "requirer up http")
		w.deploy("web", 1, "requirer one http", "requirer two http", "provider down http")
		if _, err := w.Model.Integrate("db", "web"); err == nil {
			t.Fatal("an ambiguous relation is made")
		}
		for _, ends := range [][2]string{{"db:front", "web:one"}, {"db:front", "web:two"}, {"db:back", "web:one"}, {"db:up", "web:down"}} {
			w.relate(ends[0], ends[1])
		}
		w.hooks["update-status"] = func(call func(...string) string) Outcome {
			for _, argv := range [][2]string{{"front", "front:0\nfront:1\n"}, {"back", "back:2\n"}, {"up", "up:3\n"}, {"none", ""}} {
				if got := call("relation-ids", argv[0]); got != argv[1] {
					t.Errorf("relation-ids %s: %q", argv[0], got)
				}
			}
			return Outcome{}
		}
		w.settle()
		w.write(1, "web/0", "k", "v")
		w.ran = nil
		w.settle()
		w.Agents["db/0"].UpdateStatus = true
		w.settle()
		w.expect("db/0", "front-relation-changed web/0", "update-status")
	}
}

func TestACrossModelRelationHidesNamesFromTheProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.deploy("db", 1, "provider web http")
	w.deploy("web", 1, "requirer db http")
	r, err := w.Model.IntegrateAcrossModels("db", "web")
	if err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.write(r.ID, "web/0", "k", "v")
	w.ran = nil
	w.hooks["web-relation-changed"] = func(call func(...string) string) Outcome {
		if got := call("relation-get", "k"); got != "v\n" {
			t.Errorf("the provider reads %q", got)
		}
		return Outcome{}
	}
	w.settle()
	w.expect("db/0", "web-relation-changed "+r.RemoteName+"/0")
	if err := w.Model.RemoveUnit("db/0"); err != nil {
		t.Fatal(err)
	}
	w.ran = nil
	w.settle()
	w.expect("db/0", "web-relation-departed "+r.RemoteName+"/0", "web-relation-broken", "stop", "remove")
	w.expect("web/0", "db-relation-departed db/0")
}

func TestARestartedAgentRunsLeaderSettingsChangedOnly(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 2)
	w.settle()
	w.ran = nil
	for _, unit := range []string{"db/0", "db/1", "web/0"} {
		if err := errors.Join(w.Stop(unit), w.Start(unit)); err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	if diff := cmp.Diff([]string{"db/1 leader-settings-changed"}, w.ran); diff != "" {
		t.Errorf("hooks after a restart (-want +got):\n%s", diff)
	}
}

func TestTheAgentSpeaksForACharmThatCannot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.deploy("db", 1)
	var said []string
	for _, hook := range []string{"install", "config-changed", "stop", "remove"} {
		w.hooks[hook] = func(func(...string) string) Outcome {
			status := w.Model.UnitStatus("db/0")
			said = append(said, hook+": "+status.Status+" "+status.Message)
			return Outcome{}
		}
	}
	w.settle()
	if status := w.Model.UnitStatus("db/0"); status.Status != "unknown" {
		t.Errorf("after start the status is %v", status)
	}
	if err := w.Model.RemoveUnit("db/0"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	want := []string{
		"install: maintenance installing charm software", "config-changed: maintenance installing charm software",
		"stop: maintenance stopping charm software", "remove: maintenance cleaning up prior to charm deletion",
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnActionsResultsSurviveARefusedCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.deploy("db", 1)
	w.settle()
	w.hooks[""] = func(call func(...string) string) Outcome {
		call("action-set", "made=this")
		call("state-set", "k=v")
		return Outcome{}
	}
	w.Model.Units["db/0"].RefuseCommit = true
	task, err := w.Action("db/0", "act", nil, 1)
	if err != nil || task.Status != "failed" || task.Results["made"] != "this" || len(w.Model.State("db/0")) > 0 {
		t.Errorf("%+v, %v, state %v", task, err, w.Model.State("db/0"))
	}
}

func TestATraceTellsWhatWasCommitted(t *testing.T) {
	t.Parallel()
	w := pair(t, 1, 1)
	w.settle()
	var told []Trace
	w.Uniter.Trace = func(tr Trace) { told = append(told, tr) }
	w.hooks["db/0 update-status"] = func(call func(...string) string) Outcome {
		call("relation-set", "-r", "0", "a=1", "private-address=")
		call("relation-set", "-r", "0", "--app", "b=2")
		call("state-set", "s=3")
		call("status-set", "active", "fine")
		return Outcome{}
	}
	for _, refuse := range []bool{false, false, true} { // the second one changes nothing
		w.Model.Units["db/0"].RefuseCommit = refuse
		w.Agents["db/0"].UpdateStatus = true
		w.steps("db/0", 1)
	}
	first, second, third := told[0], told[1], told[2]
	if diff := cmp.Diff([]BagChange{
		{Relation: "web:0", Of: "db/0", Set: agent.Settings{"a": "1"}, Removed: []string{"private-address"}},
		{Relation: "web:0", Of: "db", Set: agent.Settings{"b": "2"}},
	}, first.Bags); diff != "" {
		t.Errorf("bags (-want +got):\n%s", diff)
	}
	if first.State.Set["s"] != "3" || first.Status == nil || first.Status.Message != "fine" || first.Failure != "" || len(first.Calls) != 4 {
		t.Errorf("the first run is told as %+v", first)
	}
	if len(second.Bags) > 0 || !second.State.Empty() {
		t.Errorf("the second run is told as %+v", second)
	}
	if len(third.Bags) > 0 || third.Failure != `cannot commit hook changes of unit "db/0": the controller refused the transaction` {
		t.Errorf("the third run is told as %+v", third)
	}
}
