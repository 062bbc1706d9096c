package model

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
)

func TestSecretEvents(t *testing.T) {
	t.Parallel()
	m, id := withSecret(t)
	event := func(unit string) string {
		e, ok := m.NextSecretEvent(unit)
		if !ok {
			return ""
		}
		m.AnnounceSecret(unit, e)
		return fmt.Sprint(e.Kind, " ", e.Label, " ", e.Revision)
	}
	expect := func(unit string, want ...string) {
		t.Helper()
		var got []string
		for e := event(unit); e != ""; e = event(unit) {
			got = append(got, e)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s at %s: %s", unit, m.Now(), diff)
		}
	}
	reads(m, "web/0", agent.SecretRead{ID: id, Label: "mine"})
	expect("db/0")
	expect("web/0")
	revise(t, m, id, "2")
	revise(t, m, id, "3")
	expect("web/0", "secret-changed mine 3")
	expect("db/0", "secret-remove l 2") // nobody has read it; revision 1 is tracked
	expect("db/1")
	reads(m, "web/0", agent.SecretRead{ID: id, Refresh: true})
	expect("web/0")
	expect("db/0", "secret-remove l 1")

	at := m.Now().Add(30 * time.Minute)
	commit(t, m, "db/0", agent.SecretChanges{Update: []agent.SecretChange{{
		ID: id, SecretUpdate: agent.SecretUpdate{Rotate: text("hourly"), Expire: &at},
	}}})
	expect("db/0")
	advance := func(d time.Duration) { m.Clock += int64(d.Seconds()) }
	advance(30 * time.Minute)
	expect("db/0", "secret-expired l 3")
	advance(5 * time.Minute)
	expect("db/0", "secret-expired l 3") // the hook has not removed it
	advance(25 * time.Minute)
	expect("db/0", "secret-expired l 3", "secret-rotate l 3")
	advance(5 * time.Minute)
	expect("db/0", "secret-expired l 3", "secret-rotate l 3") // the hook has made no new revision
	commit(t, m, "db/0", agent.SecretChanges{Delete: []agent.SecretDelete{{ID: id, Revision: 2}, {ID: id, Revision: 1}}})
	advance(5 * time.Minute)
	e, ok := m.NextSecretEvent("db/0")
	if !ok || e.Kind != SecretExpired {
		t.Fatalf("got %v", e)
	}
	m.AnnounceSecret("db/0", e)
	e, _ = m.NextSecretEvent("db/0")
	revise(t, m, id, "4")
	m.AnnounceSecret("db/0", e) // a rotation that has made a new revision
	expect("db/0")
	if next := m.Secrets[id].NextRotate - m.Clock; next <= 300 || next > 3600 {
		t.Errorf("the next rotation is in %d seconds", next)
	}
	expect("web/0", "secret-changed mine 4")
}

func TestRotationPolicies(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	for policy, want := range map[string]string{
		"hourly": "2026-01-31T01:00:00Z", "daily": "2026-02-01T00:00:00Z", "weekly": "2026-02-07T00:00:00Z",
		"monthly": "2026-03-03T00:00:00Z", "quarterly": "2026-05-01T00:00:00Z", "yearly": "2027-01-31T00:00:00Z",
	} {
		if got := time.Unix(nextRotation(policy, from), 0).UTC().Format(time.RFC3339); got != want {
			t.Errorf("%s: got %s", policy, got)
		}
	}
	if got := nextRotation("never", from); got != 0 {
		t.Errorf("never: got %d", got)
	}
}
