package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// withSecret is related with a secret of db, labelled l, that web may read.
func withSecret(t *testing.T) (*Model, string) {
	t.Helper()
	m := related(t)
	id := m.ReserveSecret()
	commit(t, m, "db/0", agent.SecretChanges{
		Create: []agent.SecretCreate{{ID: id, Owner: "db", SecretUpdate: agent.SecretUpdate{Label: text("l"), Content: token("1")}}},
		Grant:  []agent.SecretGrant{{ID: id, Subject: "web", Relation: 1}},
	})
	m.TakeDirty()
	return m, id
}

func text(s string) *string { return &s }

func token(value string) agent.SecretContent { return agent.SecretContent{"token": value} }

func commit(t *testing.T, m *Model, unit string, c agent.SecretChanges) {
	t.Helper()
	if err := m.Commit(unit, agent.Changes{Secrets: c}); err != nil {
		t.Fatal(err)
	}
}

// revise gives the secret a new content.
func revise(t *testing.T, m *Model, id, value string) {
	t.Helper()
	commit(t, m, "db/0", agent.SecretChanges{Update: []agent.SecretChange{{ID: id, SecretUpdate: agent.SecretUpdate{Content: token(value)}}}})
}

// reads gives the value that the unit sees, or the error's text.
func reads(m *Model, unit string, r agent.SecretRead) string {
	content, err := m.ReadSecret(unit, r)
	if err != nil {
		return err.Error()
	}
	return content["token"]
}

func TestReservedIDsLookLikeJujus(t *testing.T) {
	t.Parallel()
	m := New("", 1)
	a, b := m.ReserveSecret(), m.ReserveSecret()
	if a == b || !regexp.MustCompile(`^[0-9a-v]{19}[0g]$`).MatchString(a) {
		t.Errorf("got %s and %s", a, b)
	}
}

func TestConsumersTrackWhatTheyReadFirst(t *testing.T) {
	t.Parallel()
	m, id := withSecret(t)
	steps := []struct {
		revision string
		read     agent.SecretRead
		want     string
	}{
		{"", agent.SecretRead{ID: id, Label: "mine"}, "1"},
		{"2", agent.SecretRead{ID: id}, "1"},
		{"", agent.SecretRead{Label: "mine", Peek: true}, "2"},
		{"", agent.SecretRead{Label: "mine"}, "1"},
		{"3", agent.SecretRead{Label: "mine", Refresh: true}, "3"},
		{"", agent.SecretRead{ID: id, Label: "other"}, "3"},
		{"", agent.SecretRead{Label: "mine"}, `consumer label "mine" not found`},
		{"", agent.SecretRead{Label: "l"}, `consumer label "l" not found`}, // that is the owner's
		{"", agent.SecretRead{Label: "other"}, "3"},
	}
	for i, s := range steps {
		if s.revision != "" {
			revise(t, m, id, s.revision)
		}
		if got := reads(m, "web/0", s.read); got != s.want {
			t.Errorf("step %d: got %s, want %s", i, got, s.want)
		}
	}
}

func TestAFirstPeekFixesTheRevision(t *testing.T) {
	t.Parallel()
	m, id := withSecret(t)
	for _, peek := range []bool{true, false} {
		if got := reads(m, "web/0", agent.SecretRead{ID: id, Peek: peek}); got != "1" {
			t.Errorf("got %s", got)
		}
		revise(t, m, id, "2")
	}
}

// A unit of the owner that reads without a peek goes on with the revision that it has read, as a consumer does.
func TestRow89TheOwnersUnitsTrackWhatTheyRead(t *testing.T) {
	t.Parallel()
	m, id := withSecret(t)
	for _, unit := range []string{"db/0", "db/1"} {
		for _, r := range []agent.SecretRead{{ID: id}, {Label: "l"}, {ID: "d0rf0nvmp25c77h1q9b0", Label: "l"}} {
			if got := reads(m, unit, r); got != "1" {
				t.Errorf("%s %v: got %s", unit, r, got)
			}
		}
	}
	revise(t, m, id, "2")
	for _, unit := range []string{"db/0", "db/1"} {
		for _, tt := range []struct {
			read agent.SecretRead
			want string
		}{{agent.SecretRead{ID: id}, "1"}, {agent.SecretRead{ID: id, Peek: true}, "2"}, {agent.SecretRead{ID: id}, "1"}, {agent.SecretRead{ID: id, Refresh: true}, "2"}, {agent.SecretRead{ID: id}, "2"}} {
			if got := reads(m, unit, tt.read); got != tt.want {
				t.Errorf("%s, %+v: got %s, want %s", unit, tt.read, got, tt.want)
			}
		}
	}
}

// An owner that peeks alone tracks nothing.
func TestRow89AnOwnersPeekTracksNothing(t *testing.T) {
	t.Parallel()
	m, id := withSecret(t)
	reads(m, "db/0", agent.SecretRead{ID: id, Peek: true})
	revise(t, m, id, "2")
	if got := reads(m, "db/0", agent.SecretRead{ID: id}); got != "2" {
		t.Errorf("got %s", got)
	}
}

func TestOnlyTheLeaderRelabels(t *testing.T) {
	t.Parallel()
	m, id := withSecret(t)
	reads(m, "db/1", agent.SecretRead{ID: id, Label: "new"})
	if got := m.Secrets[id].Label; got != "l" {
		t.Errorf("a follower has made it %s", got)
	}
	reads(m, "db/0", agent.SecretRead{ID: id, Label: "new"})
	if got := m.Secrets[id].Label; got != "new" {
		t.Errorf("the leader's is %s", got)
	}
}

func TestReadingWithoutAGrant(t *testing.T) {
	t.Parallel()
	m, id := withSecret(t)
	deploy(t, m, "other", 1, nil)
	if got := reads(m, "other/0", agent.SecretRead{ID: id}); got != "permission denied" {
		t.Errorf("got %s", got)
	}
	if got := reads(m, "other/0", agent.SecretRead{ID: "d0rf0nvmp25c77h1q9bg"}); got != `secret "secret:d0rf0nvmp25c77h1q9bg" not found` {
		t.Errorf("got %s", got)
	}
	commit(t, m, "db/0", agent.SecretChanges{Revoke: []agent.SecretRevoke{{ID: id, Subject: "web"}}})
	if got := reads(m, "web/0", agent.SecretRead{ID: id}); got != "permission denied" {
		t.Errorf("after the revocation: %s", got)
	}
}

// From 4.0 on the words name the unit.
func TestRow88RefusalsInTheWordsOf4(t *testing.T) {
	t.Parallel()
	m, id := withSecret(t)
	m.Version = "4.0.1"
	deploy(t, m, "other", 1, nil)
	for read, want := range map[agent.SecretRead]string{
		{ID: id}:                     `"other/0" is not allowed to read this secret`,
		{ID: "d0rf0nvmp25c77h1q9bg"}: "getting latest secret revision: secret not found",
		{Label: "mine"}:              `secret URI for consumer label "mine" not found`,
	} {
		if got := reads(m, "other/0", read); got != want {
			t.Errorf("%+v: got %s", read, got)
		}
	}
	err := m.Commit("other/0", agent.Changes{Secrets: agent.SecretChanges{Revoke: []agent.SecretRevoke{{ID: id, Subject: "web"}}}})
	if want := `cannot commit hook changes of unit "other/0": revoking secrets access: "other/0" is not allowed to manage this secret`; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestConsumersLabelsAreUnique(t *testing.T) {
	t.Parallel()
	m, id := withSecret(t)
	other := m.ReserveSecret()
	commit(t, m, "db/0", agent.SecretChanges{
		Create: []agent.SecretCreate{{ID: other, Owner: "db/0", SecretUpdate: agent.SecretUpdate{Content: token("x")}}},
		Grant:  []agent.SecretGrant{{ID: other, Subject: "web/0", Relation: 1}},
	})
	reads(m, "web/0", agent.SecretRead{ID: id, Label: "mine"})
	want := `secret label "mine" for consumer "unit-web-0" already exists`
	if got := reads(m, "web/0", agent.SecretRead{ID: other, Label: "mine"}); got != want {
		t.Errorf("got %s", got)
	}
}

func TestGrantsEndWithTheRelation(t *testing.T) {
	t.Parallel()
	m, id := withSecret(t)
	reads(m, "web/0", agent.SecretRead{ID: id})
	if err := m.RemoveRelation("db", "web"); err != nil {
		t.Fatal(err)
	}
	if got := reads(m, "web/0", agent.SecretRead{ID: id}); got != "1" {
		t.Errorf("while it is dying: %s", got)
	}
	for _, unit := range []string{"db/0", "db/1", "web/0"} {
		m.LeaveScope(1, unit)
	}
	if got := reads(m, "web/0", agent.SecretRead{ID: id}); got != "permission denied" {
		t.Errorf("when it is gone: %s", got)
	}
	if infos := m.OwnedSecrets("db/0", true); len(infos) != 1 || infos[0].Access != nil {
		t.Errorf("got %+v", infos)
	}
}

func TestRefusedChangesToSecrets(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, unit string
		spoil      func(m *Model)
		changes    func(id string) agent.SecretChanges
		want       string
	}{
		{"a follower's application secret", "db/1", nil, func(string) agent.SecretChanges {
			return agent.SecretChanges{Create: []agent.SecretCreate{{ID: "x", Owner: "db"}}}
		}, `creating secrets: "db/1" is not leader of "db": this unit is not the leader`},
		{"for another application", "db/0", nil, func(string) agent.SecretChanges {
			return agent.SecretChanges{Create: []agent.SecretCreate{{ID: "x", Owner: "web"}}}
		}, "creating secrets: permission denied"},
		{"a label again, twice", "db/0", nil, func(string) agent.SecretChanges {
			u := agent.SecretUpdate{Label: text("l")}
			return agent.SecretChanges{Create: []agent.SecretCreate{{ID: "x", Owner: "db", SecretUpdate: u}, {ID: "y", Owner: "db/0", SecretUpdate: u}}}
		}, "creating secrets: secret label \"l\" for owner \"application-db\" already exists\n" +
			`secret label "l" for owner "unit-db-0" already exists`},
		{"a follower's update", "db/1", nil, func(id string) agent.SecretChanges {
			return agent.SecretChanges{Update: []agent.SecretChange{{ID: id}}}
		}, `updating secrets: "db/1" is not leader of "db": this unit is not the leader`},
		{"no such secret", "db/0", nil, func(string) agent.SecretChanges {
			return agent.SecretChanges{Update: []agent.SecretChange{{ID: "x"}}}
		}, `updating secrets: secret "secret:x" not found`},
		{"a consumer's update", "web/0", nil, func(id string) agent.SecretChanges {
			return agent.SecretChanges{Update: []agent.SecretChange{{ID: id}}}
		}, "updating secrets: permission denied"},
		{"a dying relation", "db/0", func(m *Model) { m.Relations[1].Dying = true }, func(id string) agent.SecretChanges {
			return agent.SecretChanges{Grant: []agent.SecretGrant{{ID: id, Subject: "web/0", Relation: 1}}}
		}, `granting secrets access: cannot grant access to secret in scope of "relation-web.db#db.web" which is not alive`},
		{"no such relation", "db/0", nil, func(id string) agent.SecretChanges {
			return agent.SecretChanges{Grant: []agent.SecretGrant{{ID: id, Subject: "web", Relation: 9}}}
		}, "granting secrets access: invalid scope reference: relation 9 not found"},
		{"no such unit", "db/0", nil, func(id string) agent.SecretChanges {
			return agent.SecretChanges{Grant: []agent.SecretGrant{{ID: id, Subject: "web/9", Relation: 1}}}
		}, `granting secrets access: invalid subject reference: unit "web/9" not found`},
		{"no such application", "db/0", nil, func(id string) agent.SecretChanges {
			return agent.SecretChanges{Grant: []agent.SecretGrant{{ID: id, Subject: "none", Relation: 1}}}
		}, `granting secrets access: invalid subject reference: application "none" not found`},
		{"a dying unit", "db/0", func(m *Model) { m.Units["web/0"].Dying = true }, func(id string) agent.SecretChanges {
			return agent.SecretChanges{Grant: []agent.SecretGrant{{ID: id, Subject: "web/0", Relation: 1}}}
		}, `granting secrets access: cannot grant dying "unit-web-0" access to secret`},
		{"another scope", "db/0", nil, func(id string) agent.SecretChanges {
			return agent.SecretChanges{Grant: []agent.SecretGrant{{ID: id, Subject: "web", Relation: 0}}}
		}, "granting secrets access: cannot change secret permission scope"},
		{"a consumer's revocation", "web/0", nil, func(id string) agent.SecretChanges {
			return agent.SecretChanges{Revoke: []agent.SecretRevoke{{ID: id, Subject: "web"}}}
		}, "revoking secrets access: permission denied"},
		{"a follower's removal", "db/1", nil, func(id string) agent.SecretChanges {
			return agent.SecretChanges{Delete: []agent.SecretDelete{{ID: id}}}
		}, `removing secrets: "db/1" is not leader of "db": this unit is not the leader`},
		{"tracking nothing", "db/0", nil, func(string) agent.SecretChanges {
			return agent.SecretChanges{TrackLatest: []string{"x"}}
		}, `tracking latest secrets: secret "secret:x" not found`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m, id := withSecret(t)
			if test.spoil != nil {
				test.spoil(m)
			}
			before := dump(t, m)
			err := m.Commit(test.unit, agent.Changes{
				Secrets: test.changes(id), Units: map[int]agent.Settings{1: {"never": "written"}},
			})
			want := fmt.Sprintf("cannot commit hook changes of unit %q: %s", test.unit, test.want)
			if err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
			if diff := cmp.Diff(before, dump(t, m)); diff != "" {
				t.Errorf("the model has changed: %s", diff)
			}
		})
	}
}

// TestSecretsAreNotPartOfTheTransaction shows what a refused rest leaves behind.
func TestSecretsAreNotPartOfTheTransaction(t *testing.T) {
	t.Parallel()
	m := related(t)
	m.Units["db/0"].RefuseCommit = true
	err := m.Commit("db/0", agent.Changes{
		Secrets: agent.SecretChanges{Create: []agent.SecretCreate{{ID: "x", Owner: "db", SecretUpdate: agent.SecretUpdate{Content: token("1")}}}},
		Units:   map[int]agent.Settings{1: {"id": "x"}},
	})
	if !errors.Is(err, ErrRefused) || m.Secrets["x"] == nil {
		t.Errorf("got %v and %v", err, m.Secrets)
	}
	if bag, _ := m.UnitSettings(1, "db/0"); bag["id"] != "" {
		t.Error("the bag was written")
	}
}

func TestRemovingRevisions(t *testing.T) {
	t.Parallel()
	m, id := withSecret(t)
	reads(m, "web/0", agent.SecretRead{ID: id})
	revise(t, m, id, "2")
	remove := func(revision int) {
		t.Helper()
		commit(t, m, "db/0", agent.SecretChanges{Delete: []agent.SecretDelete{{ID: id, Revision: revision}}})
	}
	remove(1)
	if got, want := reads(m, "web/0", agent.SecretRead{ID: id}), `secret revision "`+id+`/1" not found`; got != want {
		t.Errorf("got %s", got)
	}
	if got := reads(m, "web/0", agent.SecretRead{ID: id, Refresh: true}); got != "2" {
		t.Errorf("got %s", got)
	}
	remove(9)
	remove(2) // the last one
	remove(0) // gone already
	if len(m.Secrets)+len(m.SecretOrder)+len(m.OwnedSecrets("db/0", true)) != 0 {
		t.Errorf("left: %v", m.Secrets)
	}
	if got := reads(m, "web/0", agent.SecretRead{ID: id}); got != `secret "secret:`+id+`" not found` {
		t.Errorf("got %s", got)
	}
}

func TestOwnersTakeTheirSecretsAlong(t *testing.T) {
	t.Parallel()
	m, id := withSecret(t)
	own := m.ReserveSecret()
	commit(t, m, "db/1", agent.SecretChanges{Create: []agent.SecretCreate{{ID: own, Owner: "db/1", SecretUpdate: agent.SecretUpdate{Content: token("x")}}}})
	reads(m, "web/0", agent.SecretRead{ID: id})
	for _, infos := range [][]agent.SecretInfo{m.OwnedSecrets("db/1", false), m.OwnedSecrets("db/1", true)[1:]} {
		if len(infos) != 1 || infos[0].ID != own {
			t.Errorf("got %+v", infos)
		}
	}
	m.FinishRemoval("db/1")
	if m.Secrets[own] != nil || m.Secrets[id] == nil {
		t.Errorf("the unit's has not gone with it: %v", m.Secrets)
	}
	m.FinishRemoval("web/0")
	if len(m.Secrets[id].Consumers) != 0 {
		t.Errorf("a consumer that is gone stays: %v", m.Secrets[id].Consumers)
	}
	if err := m.RemoveApplication("db"); err != nil {
		t.Fatal(err)
	}
	m.FinishRemoval("db/0")
	if len(m.Secrets) != 0 {
		t.Errorf("the application's has not gone with it: %v", m.Secrets)
	}
}

func TestSecretsSurviveInJSON(t *testing.T) {
	t.Parallel()
	m, id := withSecret(t)
	reads(m, "web/0", agent.SecretRead{ID: id, Label: "mine"})
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(data)
	if err != nil {
		t.Fatal(err)
	}
	revise(t, loaded, id, "2")
	if got := reads(loaded, "web/0", agent.SecretRead{Label: "mine"}); got != "1" {
		t.Errorf("got %s", got)
	}
	if diff := cmp.Diff(m.OwnedSecrets("db/0", true)[0].Access, loaded.OwnedSecrets("db/0", true)[0].Access); diff != "" {
		t.Error(diff)
	}
}
