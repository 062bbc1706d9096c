package session_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

func journal(w *world.World) []session.JournalEntry {
	return session.ReadJournal(w.State[session.JournalKey])
}

// The journal says what each hook that changed something decided, and which causes are left. It has no value.
func TestJournalTellsWhatLedHere(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	w.Options["image-registry"], w.Options["cluster-tag"] = "registry.example.com", "prod-1"
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", world.Asking("system:node:a", "system:nodes", false))
	w.Joined(t, r, "kw/1", world.Asking("system:node:a", "system:nodes", false))
	w.Must(t, "", "rotate-credentials", "--unit", "kw/0")
	entries := journal(w)
	if len(entries) < 3 {
		t.Fatalf("the journal is %+v", entries)
	}
	signed := slices.IndexFunc(entries, func(e session.JournalEntry) bool {
		return strings.HasPrefix(e.Run, "kube-control-relation-") && e.About == "kube-control:1 kw/0" &&
			slices.ContainsFunc(e.Did, func(did string) bool { return strings.HasPrefix(did, "publish creds on kube-control:1") })
	})
	last := entries[len(entries)-1]
	if signed < 0 || last.Run != "juju-exec" || !slices.Equal(last.Causes, []string{"conflict kw/1"}) {
		t.Errorf("the journal is %+v", entries)
	}
	for _, e := range entries {
		if _, err := time.Parse(time.RFC3339, e.Time); err != nil {
			t.Error(err)
		}
	}
	values := []string{"registry.example.com", "prod-1", "cluster.local", "system:nodes"}
	for line := range strings.Lines(w.TokenFile(t)) {
		token, _, _ := strings.Cut(line, ",")
		values = append(values, token)
	}
	for _, value := range values {
		if strings.Contains(w.State[session.JournalKey], value) {
			t.Errorf("the journal has the value %q", value)
		}
	}
}

// The journal stays small, whatever peers do, and a hook without a change adds nothing. No hook needs more than one call for all
// that it keeps.
func TestJournalIsBounded(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	r := w.Relate("kube-control:1", "kw")
	for i := range 40 {
		unit := fmt.Sprintf("kw/%d", i)
		r.Join(unit, world.Asking(strings.Repeat("x", 200)+"/"+unit, "system:nodes", false))
		run := w.On(t, "changed", r, unit, "")
		sets := 0
		for _, call := range run.Calls() {
			if call.Argv[0] == "state-set" {
				sets++
			}
		}
		if sets > 1 {
			t.Fatalf("hook %d calls state-set %d times", i, sets)
		}
	}
	if entries, size := journal(w), len(w.State[session.JournalKey]); len(entries) > 16 || len(entries) < 5 || size > 6000 {
		t.Errorf("the journal has %d entries and %d bytes", len(entries), size)
	}
	before := maps.Clone(w.State)
	w.MustHook(t, world.Hook{Name: "update-status"})
	if !maps.Equal(before, w.State) {
		t.Error("a hook without a change changes the journal")
	}
}

// A journal that another version wrote, or a person, counts as empty.
func TestJournalThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	w.State[session.JournalKey] = "[1"
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", agent.Settings{"gpu": "True"})
	if entries := journal(w); len(entries) == 0 {
		t.Errorf("the journal is %q", w.State[session.JournalKey])
	}
}

// A handler runs in each hook while its flags are set. That alone is nothing for the journal.
func TestJournalLeavesHandlersOut(t *testing.T) {
	t.Parallel()
	w := world.New("kcp/0", world.Charm(t, "master", "handlers: [{name: h, when: [kube-control.connected], run: ['true']}]\n"))
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", agent.Settings{"gpu": "True"})
	before := maps.Clone(w.State)
	w.MustHook(t, world.Hook{Name: "update-status"})
	if !maps.Equal(before, w.State) {
		t.Errorf("an idle hook with a handler keeps %v, and before %v", w.State, before)
	}
}

// A command in a hook runs no policy and sees no causes: it leaves those of the journal alone.
func TestJournalOfCommandInHook(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", world.Asking("system:node:a", "system:masters", false))
	before := maps.Clone(w.State)
	run := w.Begin(world.Hook{Name: "update-status"})
	command, hook := run.Command("refresh"), run.Link()
	run.Commit()
	if command.Code != 0 || hook.Code != 0 || !maps.Equal(before, w.State) {
		t.Errorf("exit %d and %d; the state was %v and is %v", command.Code, hook.Code, before, w.State)
	}
}

// juju exec commits what a command has written, also if the command fails. What it keeps must go with it, or the next hook would
// take it back.
func TestFailedCommandKeepsWhatItPublished(t *testing.T) {
	t.Parallel()
	w := world.New("kcp/0", world.Charm(t, "master", "status: true\n"))
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", world.Asking("system:node:a", "system:nodes", false))
	w.Must(t, "", "set-default-cni", "old")
	run := w.Begin(world.Hook{})
	run.Faults(agent.Faults{Before: func(_ int, argv []string) agent.Fault {
		if argv[0] == "status-get" {
			return agent.FailCall
		}
		return agent.NoFault
	}})
	if res := run.Command("set-default-cni", "new"); res.Code == 0 {
		t.Fatal("the command succeeds")
	}
	run.Commit()
	w.MustHook(t, world.Hook{Name: "update-status"})
	if got := r.Local["default-cni"]; got != `"new"` {
		t.Errorf("the next hook publishes %s", got)
	}
}

// A hook that loses the leadership in the middle goes on with the policy of a unit that does not lead: its status stays true.
func TestLostLeadKeepsTheStatus(t *testing.T) {
	t.Parallel()
	for at, lost := 1, true; lost; at++ {
		w := world.ReadyMaster(t, "kcp/0")
		r := w.Relate("kube-control:1", "kw")
		w.Joined(t, r, "kw/0", world.Asking("system:node:a", "system:nodes", true))
		w.Options["dns-port"] = 99999999
		w.MustHook(t, world.Hook{Name: "config-changed"})
		want := w.Status
		r.Join("kw/1", world.Asking("system:node:b", "system:nodes", true))
		run := w.Begin(world.Hook{Name: "kube-control-relation-joined", Relation: r.ID, Unit: "kw/1"})
		run.Faults(agent.Faults{Before: func(k int, _ []string) agent.Fault {
			if k == at {
				w.Leader = false
			}
			return agent.NoFault
		}})
		res := run.Link()
		if lost = !w.Leader; res.Code != 0 || w.Status != want || want.Status != "blocked" {
			t.Errorf("the lead is lost at call %d: exit %d, the status was %v and is %v", at, res.Code, want, w.Status)
		}
	}
}
