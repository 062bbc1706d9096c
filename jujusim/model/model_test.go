package model

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// related is a model with db (provider, two units) and web (requirer, one unit), all in scope of relation 1; relation
// 0 is db's peer relation.
func related(t *testing.T) *Model {
	t.Helper()
	m := New("", 1)
	deploy(t, m, "db", 2, map[string]Endpoint{"web": {Role: Provider, Interface: "http"}, "ring": {Role: Peer, Interface: "ring"}})
	deploy(t, m, "web", 1, map[string]Endpoint{"db": {Role: Requirer, Interface: "http"}})
	if _, err := m.Integrate("db", "web"); err != nil {
		t.Fatal(err)
	}
	for _, unit := range []string{"db/0", "db/1", "web/0"} {
		m.EnterScope(1, unit)
	}
	m.EnterScope(0, "db/0")
	m.TakeDirty()
	return m
}

func deploy(t *testing.T, m *Model, app string, units int, endpoints map[string]Endpoint) {
	t.Helper()
	if _, err := m.Deploy(app, &Charm{Name: app, Endpoints: endpoints}, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := m.AddUnits(app, units); err != nil {
		t.Fatal(err)
	}
}

func TestCommit(t *testing.T) {
	t.Parallel()
	state := func(m map[string]string) *map[string]string { return &m }
	for _, test := range []struct {
		name    string
		unit    string
		changes agent.Changes
		err     string
		dirty   []string
	}{
		{name: "nothing", unit: "db/0"},
		{
			name: "bags and state", unit: "db/0", dirty: []string{"web"},
			changes: agent.Changes{
				Units: map[int]agent.Settings{1: {"k": "v", "private-address": ""}},
				Apps:  map[int]agent.Settings{1: {"a": "b"}},
				State: state(map[string]string{"s": "1"}),
			},
		},
		{
			name: "an equal write", unit: "db/0",
			changes: agent.Changes{Units: map[int]agent.Settings{1: {"private-address": "10.0.0.1", "absent": ""}}},
		},
		{
			name: "a peer's write", unit: "db/0", dirty: []string{"db"},
			changes: agent.Changes{Units: map[int]agent.Settings{0: {"k": "v"}}},
		},
		{
			name: "a follower's application bag", unit: "db/1",
			changes: agent.Changes{Units: map[int]agent.Settings{1: {"k": "v"}}, Apps: map[int]agent.Settings{1: {"a": "b"}}},
			err:     `cannot commit hook changes of unit "db/1": "db/1" is not leader of "db": this unit is not the leader`,
		},
		{
			name: "too much state", unit: "db/0",
			changes: agent.Changes{
				Units: map[int]agent.Settings{1: {"k": "v"}},
				State: state(map[string]string{"s": strings.Repeat("x", DefaultStateQuota)}),
			},
			err: `cannot commit hook changes of unit "db/0": max allowed size (2097152) exceeded by charm state of 2097153 bytes`,
		},
		{
			name: "state of the allowed size", unit: "db/0",
			changes: agent.Changes{State: state(map[string]string{"s": strings.Repeat("x", DefaultStateQuota-1)})},
		},
		{
			name: "a relation never entered", unit: "db/1",
			changes: agent.Changes{Units: map[int]agent.Settings{0: {"k": "v"}}},
			err:     `cannot commit hook changes of unit "db/1": settings of unit "db/1" in relation 0 not found`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := related(t)
			before := dump(t, m)
			err := m.Commit(test.unit, test.changes)
			if test.err != "" {
				if err == nil || err.Error() != test.err {
					t.Fatalf("got %v, want %s", err, test.err)
				}
				if diff := cmp.Diff(before, dump(t, m)); diff != "" {
					t.Errorf("a refused commit has changed the model (-want +got):\n%s", diff)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := m.TakeDirty(); len(got)+len(test.dirty) > 0 && !cmp.Equal(test.dirty, got) {
				t.Errorf("wakes %v, want %v", got, test.dirty)
			}
			for id, want := range test.changes.Units {
				got, _ := m.UnitSettings(id, test.unit)
				for k, v := range want {
					if got[k] != v {
						t.Errorf("bag holds %s=%q, want %q", k, got[k], v)
					}
				}
			}
		})
	}
}

func TestRefuseCommitOnce(t *testing.T) {
	t.Parallel()
	m := related(t)
	m.Units["db/0"].RefuseCommit = true
	c := agent.Changes{Units: map[int]agent.Settings{1: {"k": "v"}}}
	if err := m.Commit("db/0", agent.Changes{}); err != nil {
		t.Errorf("an empty commit asks nobody, but got %v", err)
	}
	if err := m.Commit("db/0", c); !errors.Is(err, ErrRefused) {
		t.Errorf("got %v", err)
	}
	if err := m.Commit("db/0", c); err != nil {
		t.Errorf("the second time: %v", err)
	}
}

func TestVersionsGrowWithChangesOnly(t *testing.T) {
	t.Parallel()
	m := related(t)
	version := func() int { return m.Relations[1].Side("db").Units["db/0"].Version }
	app := func() int { return m.Relations[1].Side("db").Bag.Version }
	if app() != 0 {
		t.Errorf("a fresh application bag has version %d", app())
	}
	start := version()
	for i, value := range []string{"a", "a", "b", "a"} {
		c := agent.Changes{Units: map[int]agent.Settings{1: {"k": value}}, Apps: map[int]agent.Settings{1: {"k": value}}}
		if err := m.Commit("db/0", c); err != nil {
			t.Fatal(err)
		}
		want := []int{1, 1, 2, 3}[i]
		if version() != start+want || app() != want {
			t.Errorf("write %d gives versions +%d and %d, want %d", i, version()-start, app(), want)
		}
	}
}

func TestBagsHandedOutNeverChange(t *testing.T) {
	t.Parallel()
	m := related(t)
	old, _ := m.UnitSettings(1, "db/0")
	if err := m.Commit("db/0", agent.Changes{Units: map[int]agent.Settings{1: {"k": "v"}}}); err != nil {
		t.Fatal(err)
	}
	if _, found := old["k"]; found {
		t.Error("a bag read before the commit shows what was written")
	}
}

func TestReadingBags(t *testing.T) {
	t.Parallel()
	m := related(t)
	m.LeaveScope(1, "web/0")
	for _, test := range []struct{ unit, err string }{
		{"web/0", ""},
		{"db/1", ""},
		{"web/9", `cannot read settings for unit "web/9" in relation "web:db db:web": unit "web/9": settings not found`},
		{"other/0", "permission denied"},
	} {
		_, err := m.UnitSettings(1, test.unit)
		if got := errorText(err); got != test.err {
			t.Errorf("%s: got %q, want %q", test.unit, got, test.err)
		}
	}
	if _, err := m.AppSettings(1, "other"); !errors.Is(err, agent.ErrPermission) {
		t.Errorf("got %v", err)
	}
	if _, err := m.UnitSettings(7, "db/0"); !errors.Is(err, agent.ErrPermission) {
		t.Errorf("got %v", err)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func dump(t *testing.T, m *Model) string {
	t.Helper()
	data, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestModelSurvivesInJSON(t *testing.T) {
	t.Parallel()
	m := related(t)
	if err := m.RemoveUnit("db/1"); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load([]byte(dump(t, m)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(dump(t, m), dump(t, loaded)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for range 10 {
		if a, b := m.Intn(1000), loaded.Intn(1000); a != b {
			t.Fatalf("the generators differ: %d and %d", a, b)
		}
	}
}

func TestGoalState(t *testing.T) {
	t.Parallel()
	m := related(t)
	m.SetUnitStatus("web/0", agent.Status{Status: "active"})
	if err := m.RemoveUnit("db/1"); err != nil {
		t.Fatal(err)
	}
	g := m.GoalState("db/0")
	if g.Units["db/0"].Status != "waiting" || g.Units["db/1"].Status != "dying" {
		t.Errorf("units: %v", g.Units)
	}
	if g.Relations["web"]["web"].Status != "joined" || g.Relations["web"]["web/0"].Status != "active" {
		t.Errorf("relations: %v", g.Relations)
	}
	if _, found := g.Relations["ring"]; found {
		t.Error("a peer relation is in goal-state")
	}
}

func TestDerivedStatus(t *testing.T) {
	t.Parallel()
	m := related(t)
	m.SetUnitStatus("db/0", agent.Status{Status: "active", Message: "fine"})
	m.SetUnitStatus("db/1", agent.Status{Status: "blocked", Message: "help"})
	if got := m.Derived(m.Apps["db"]); got.Status != "blocked" || got.Message != "help" {
		t.Errorf("got %v", got)
	}
	m.SetAgentStatus("db/0", "error", "hook failed: \"start\"")
	if got := m.Derived(m.Apps["db"]); got.Status != "error" {
		t.Errorf("got %v", got)
	}
	m.SetAppStatus("db", agent.Status{Status: "maintenance"})
	if got := m.Derived(m.Apps["db"]); got.Status != "maintenance" {
		t.Errorf("got %v", got)
	}
}

func TestRemovedLeaderHasAnHeir(t *testing.T) {
	t.Parallel()
	m := related(t)
	m.FinishRemoval("db/0")
	if got := m.Apps["db"].Leader; got != "db/1" {
		t.Errorf("leader is %q", got)
	}
	m.FinishRemoval("db/1")
	if got := m.Apps["db"].Leader; got != "" {
		t.Errorf("leader is %q", got)
	}
	if names, err := m.AddUnits("db", 1); err != nil || names[0] != "db/2" || m.Apps["db"].Leader != "db/2" {
		t.Errorf("got %v, %v, leader %q", names, err, m.Apps["db"].Leader)
	}
}

func TestVersionsDecideAddressKeys(t *testing.T) {
	t.Parallel()
	for version, private := range map[string]bool{"2.9.51": true, "3.6.1": true, "4.0.1": false} {
		m := New(version, 1)
		deploy(t, m, "db", 1, map[string]Endpoint{"ring": {Role: Peer, Interface: "ring"}})
		m.EnterScope(0, "db/0")
		bag, _ := m.UnitSettings(0, "db/0")
		if _, found := bag["private-address"]; found != private || bag["ingress-address"] == "" || bag["egress-subnets"] == "" {
			t.Errorf("%s: %v", version, bag)
		}
	}
}

func TestReadCharm(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"metadata.yaml": "name: x\nsummary: s\ndescription: d\nunknown: 1\nprovides:\n  a: ia\n  b: {interface: ib, limit: 2, schema: z}\n" +
			"requires:\n  c: {interface: ic, scope: container, optional: true}\npeers:\n  p: ip\n",
		"config.yaml":  "options:\n  size: {type: int, default: \"5\"}\n  s: {default: text}\n  none: {type: boolean}\n",
		"actions.yaml": "act:\n  description: d\n  params:\n    a: {type: string, default: z}\n  required: [b]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ReadCharm(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := &Charm{
		Name: "x",
		Endpoints: map[string]Endpoint{
			"a": {Role: Provider, Interface: "ia"}, "b": {Role: Provider, Interface: "ib", Limit: 2},
			"c": {Role: Requirer, Interface: "ic", Container: true}, "p": {Role: Peer, Interface: "ip"},
			"juju-info": {Role: Provider, Interface: "juju-info"},
		},
		Options: map[string]Option{
			"size": {Type: "int", Default: 5.0}, "s": {Type: "string", Default: "text"}, "none": {Type: "boolean"},
		},
		Actions: map[string]Action{"act": {Params: map[string]Param{"a": {Type: "string", Default: "z"}}, Required: []string{"b"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := (&Application{Charm: got}).options(); !cmp.Equal(got, map[string]any{"size": 5.0, "s": "text", "none": nil}) {
		t.Errorf("options are %v", got)
	}
}

// Row 117: a packed charm of a few bytes may hold a file of gigabytes.
func TestLongFilesOfACharmAreNotRead(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"metadata.yaml", "config.yaml", "actions.yaml"} {
		dir := t.TempDir()
		err := errors.Join(
			os.WriteFile(filepath.Join(dir, "metadata.yaml"), []byte("name: x\nsummary: s\ndescription: d\n"), 0o600),
			os.WriteFile(filepath.Join(dir, "config.yaml"), nil, 0o600),
			os.WriteFile(filepath.Join(dir, "actions.yaml"), nil, 0o600),
			os.Truncate(filepath.Join(dir, name), 1<<40), // takes no room on the disk
		)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReadCharm(dir); err == nil || err.Error() != "cannot read charm: "+name+" is longer than 1048576 bytes" {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
