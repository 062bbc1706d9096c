package session_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// A dry run looks and leaves no trace: not even a revision is held by it.
func TestINV13DryRunOnlyPeeks(t *testing.T) {
	t.Parallel()
	m, r := newMaster(t)
	m.Joined(t, r, "kw/0", reader("a"))
	run := m.Begin(world.Hook{})
	res := run.Program(tokensOf("kw/0"), "kube-control", "sign-auth-request", "kw/0", "--dry-run")
	if res.Code != 0 || run.Changed() || !strings.Contains(res.Stdout, `add secret "system:node:a-creds"`) {
		t.Errorf("exit %d: %s%s", res.Code, res.Stdout, res.Stderr)
	}
	quiet(t, "a dry run", run)
	sign(t, m, "kw/0")
	w, up := newWorker(t)
	w.Vault = m.Vault
	up.Local = reader("a")
	up.Join("kcp/0", r.Local)
	run = w.Begin(world.Hook{Name: "update-status"})
	if res := run.Command("hook", "update-status", "--dry-run"); res.Code != 0 || len(m.Secrets[0].Tracked) > 0 {
		t.Errorf("exit %d, revisions held %v: %s", res.Code, m.Secrets[0].Tracked, res.Stderr)
	}
}

// Row 54: the commit of a hook that makes a secret is refused to a unit that is being removed.
func TestINV13DyingMasterMakesNoSecret(t *testing.T) {
	t.Parallel()
	m, r := newMaster(t)
	m.Joined(t, r, "kw/0", reader("a"))
	m.Departed(t, r, "kw/1", m.Unit)
	run := m.Begin(world.Hook{})
	if res := run.Program(tokensOf("kw/0"), "kube-control", "sign-auth-request", "kw/0"); res.Code != 0 {
		t.Fatal(res.Stderr)
	}
	quiet(t, "a dying master", run)
}

// DESIGN section 6: what a hook asks of secrets does not grow with the number of units that have one.
func TestINV13CostOfAHook(t *testing.T) {
	t.Parallel()
	counts := map[int]map[string]int{}
	for _, n := range []int{17, 60} {
		m, r := newMaster(t)
		var batch []string
		for i := range n {
			u := fmt.Sprintf("kw/%d", i)
			r.Join(u, reader(u))
			batch = append(batch, fmt.Sprintf(`{"scope": %q, "client_token": %q}`, u, secret))
		}
		m.MustHook(t, world.Hook{Name: "upgrade-charm"})
		m.Must(t, "["+strings.Join(batch, ",")+"]", "sign-auth-request", "--batch")
		m.MustHook(t, world.Hook{Name: "config-changed"})
		counts[n] = map[string]int{}
		for _, h := range []world.Hook{
			{Name: "config-changed"},
			{Name: "update-status"},
			{Name: "kube-control-relation-joined", Relation: r.ID, Unit: "kw/3"},
			{Name: "kube-control-relation-changed", Relation: r.ID, Unit: "kw/3"},
			{Name: "secret-remove", Secret: m.Secrets[3].ID, Label: m.Secrets[3].Label, Revision: 9},
		} {
			if h.Revision > 0 {
				m.Secrets[3].Revisions[9] = map[string]string{}
			}
			run := m.MustHook(t, h)
			counts[n][h.Name] = len(run.Calls())
			if h.Revision == 0 {
				quiet(t, h.Name, run)
			}
		}
		r.Leave("kw/4")
		counts[n]["departed"] = len(m.On(t, "departed", r, "kw/4", "kw/4").Calls())
	}
	if d := cmp.Diff(counts[17], counts[60]); d != "" {
		t.Errorf("tool calls (-17 units +60 units):\n%s", d)
	}
}

// Leadership that is lost in the middle fails a command, and nothing half stays.
func TestINV13LeadershipLostInTheMiddle(t *testing.T) {
	t.Parallel()
	m, r := newMaster(t)
	m.Joined(t, r, "kw/0", reader("a"))
	run := m.Begin(world.Hook{Name: "update-status"})
	run.Faults(agent.Faults{Before: func(_ int, argv []string) agent.Fault {
		if argv[0] == "secret-info-get" {
			m.Leader = false
		}
		return agent.NoFault
	}})
	res := run.Program(tokensOf("kw/0"), "kube-control", "sign-auth-request", "kw/0")
	if res.Code != 3 || !strings.Contains(res.Stderr, "not the leader") || strings.Contains(res.Stderr, secret) {
		t.Errorf("exit %d: %s", res.Code, res.Stderr)
	}
	if run.Changed() {
		t.Error("something was written")
	}
}
