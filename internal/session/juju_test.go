package session_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// Rows 33, 34: the status told users to relate what was related, and a settled unit stayed blocked.
func TestINV18StatusFollowsGoalState(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		role string
		goal map[string]agent.Status
		want string
	}{
		{"worker", nil, "blocked Missing required kube-control relation"},
		{"worker", map[string]agent.Status{"kcp": {Status: "joined"}, "kcp/0": {Status: "waiting"}}, "waiting Waiting for kube-control relation"},
		{"worker", map[string]agent.Status{"kcp": {Status: "joined"}, "kcp/0": {Status: "dying"}}, "blocked Missing required kube-control relation"},
		{"worker", map[string]agent.Status{"kcp": {Status: "joined"}}, "blocked Missing required kube-control relation"},
		{"master", nil, "active "},
		{"master", map[string]agent.Status{"kw": {Status: "joined"}, "kw/0": {Status: "allocating"}}, "waiting Waiting for workers"},
	} {
		w := world.New("x/0", world.Charm(t, tt.role, "status: true\n"))
		w.Goal = agent.GoalState{Relations: map[string]map[string]agent.Status{"kube-control": tt.goal}}
		w.MustHook(t, world.Hook{Name: "start"})
		if got := w.Status.Status + " " + w.Status.Message; got != tt.want {
			t.Errorf("a %s with goal %v: %q, want %q", tt.role, tt.goal, got, tt.want)
		}
		for range 5 {
			if run := w.MustHook(t, world.Hook{Name: "update-status"}); strings.Contains(fmt.Sprint(run.Calls()), "status-set") {
				t.Error("a status that stands is set again")
			}
		}
	}
	w, r := newWorker(t)
	w.Joined(t, r, "kcp/0", bag{"enable-kube-dns": "True"})
	if run := w.MustHook(t, world.Hook{Name: "update-status"}); strings.Contains(fmt.Sprint(run.Calls()), "goal-state") {
		t.Error("goal-state is asked where it makes no difference")
	}
}

// Row 14: in a broken hook nothing of the relation is read or written, though Juju 2.9 still lists it.
func TestINV23BrokenRelationIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2.9.51", "3.6.1"} {
		w, r := newMaster(t)
		other := w.Relate("kube-control:2", "kv")
		w.Version, r.Broken = version, version[0] == '3'
		w.Must(t, "", "set-cluster-tag", "t", "--relation", "2")
		w.State["kube-control/1/v/kube-control:1"] = `{"cluster-tag":"x"}`
		run := w.On(t, "broken", r, "", "")
		for _, c := range run.Calls() {
			if strings.HasPrefix(c.Argv[0], "relation-") && strings.Contains(strings.Join(c.Argv, " "), r.ID) {
				t.Errorf("Juju %s: %v in the broken hook", version, c.Argv)
			}
		}
		if _, kept := w.State["kube-control/1/v/kube-control:1"]; kept || len(r.Local) > 0 || other.Local["cluster-tag"] != "t" {
			t.Errorf("Juju %s: state %v, bags %v %v", version, w.State, r.Local, other.Local)
		}
	}
}

// Row 56 for one unit: relation-list names it and relation-get has nothing; it waits, the others are served.
func TestINV23DeniedUnitWaits(t *testing.T) {
	t.Parallel()
	w, r := newMaster(t)
	r.Members = append(r.Members, "kw/0") // no settings
	w.Joined(t, r, "kw/1", node("b"))
	wantFlags(t, w, "auth.requested connected requests.changed")
	sign(t, w, "kw/1")
	w.Joined(t, r, "kw/0", node("a"))
	sign(t, w, "kw/0")
	wantScopes(t, r, "system:node:a", "kw/0", "system:node:b", "kw/1")
}

// Row 72: one unit on two relations asks for two users; which one is meant must be said.
func TestUnitWithTwoUsers(t *testing.T) {
	t.Parallel()
	w, r := newMaster(t)
	second := w.Relate("kube-control:2", "kw")
	r.Join("kw/0", node("a"))
	second.Join("kw/0", node("b"))
	run := w.Begin(world.Hook{})
	res := run.Program(tokensOf("kw/0"), "kube-control", "sign-auth-request", "kw/0")
	if res.Code != 1 || !strings.Contains(res.Stderr, "asks for 2 users, one on each relation: name one") || run.Changed() {
		t.Errorf("exit %d: %s", res.Code, res.Stderr)
	}
	file := filepath.Join(t.TempDir(), "tokens.json")
	if err := os.WriteFile(file, []byte(tokensOf("kw/0")), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Must(t, "", "sign-auth-request", "kw/0", "system:node:b", "--tokens", file)
	w.Must(t, "", "sign-auth-request", "kw/0", "--relation", "kube-control:1", "--tokens", file)
	wantScopes(t, r, "system:node:a", "kw/0")
	wantScopes(t, second, "system:node:b", "kw/0")
}
