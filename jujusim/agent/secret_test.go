package agent_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
)

const (
	owned   = "9m4e2mr0ui3e8a215n4g" // the application's, labelled l, granted to unit kw/1 in relation 3
	mine    = "d0rf0nvmp25c77h1q9m0" // the unit's own
	foreign = "d0rf0nvmp25c77h1q9b0"
	first   = "d0rf0nvmp25c77h1q901" // reserved by the fake
)

func withSecrets() *fakeController {
	f := newFake()
	f.secrets = []agent.SecretInfo{
		{
			ID: owned, Owner: "kcp", Label: "l", Rotate: "never", Revision: 4, Checksum: agent.SecretContent{"token": "b2xk"}.Checksum(),
			Access: []agent.SecretAccess{{Target: "unit-kw-1", Scope: "relation-kw.kube-control#kcp.kube-control", Role: "view"}},
		},
		{ID: mine, Owner: "kcp/0", Rotate: "never", Revision: 1},
	}
	return f
}

func text(s string) *string { return &s }

func TestAddedSecretsAreSeenAtOnce(t *testing.T) {
	t.Parallel()
	f := withSecrets()
	h := agent.NewHookContext(f, hook())
	expect(t, h, "secret:"+first+"\n", "secret-add", "--label=new", "token=abc")
	expect(t, h, "ERROR secret with label \"new\" already exists\n", "secret-add", "--label=new", "token=x")
	expect(t, h, "secret:d0rf0nvmp25c77h1q903\n", "secret-add", "--owner=unit", "token=x")
	expect(t, h, "abc\n", "secret-get", first, "token")
	expect(t, h, "token: abc\n", "secret-get", "--label=new")
	expect(t, h, "", "secret-set", first, "--description=d", "token=def")
	expect(t, h, "def\n", "secret-get", first, "token", "--label=newer")
	expect(t, h, `{"`+first+`":{"revision":1,"label":"newer","owner":"application","description":"d"}}`+"\n",
		"secret-info-get", "--label=newer", "--format=json")
	expect(t, h, owned+"\n"+mine+"\n"+first+"\nd0rf0nvmp25c77h1q903\n", "secret-ids")
	if f.reads != nil {
		t.Errorf("the controller was asked: %v", f.reads)
	}
	want := []agent.SecretCreate{
		{ID: first, Owner: "kcp", SecretUpdate: agent.SecretUpdate{
			Label: text("newer"), Description: text("d"), Content: agent.SecretContent{"token": "ZGVm"},
		}},
		{ID: "d0rf0nvmp25c77h1q903", Owner: "kcp/0", SecretUpdate: agent.SecretUpdate{Content: agent.SecretContent{"token": "eA=="}}},
	}
	if diff := cmp.Diff(agent.Changes{Secrets: agent.SecretChanges{Create: want}}, h.Changes()); diff != "" {
		t.Error(diff)
	}
}

func TestUpdatedSecretsAreSeenOnRequest(t *testing.T) {
	t.Parallel()
	f := withSecrets()
	h := agent.NewHookContext(f, hook())
	expect(t, h, "", "secret-set", owned, "token=old") // as it is
	expect(t, h, "", "secret-set", owned)
	if got := h.Changes(); !got.Secrets.Empty() {
		t.Errorf("changes of equal content: %+v", got.Secrets)
	}
	expect(t, h, "", "secret-set", owned, "token=new")
	expect(t, h, "", "secret-set", owned, "--label=l2", "--expire=2030-01-02T03:04:05Z", "--rotate=daily")
	expect(t, h, "token: old\n", "secret-get", owned)
	expect(t, h, "token: new\n", "secret-get", owned, "--peek")
	expect(t, h, "token: new\n", "secret-get", "--label=l2", "--refresh")
	expect(t, h, "token: new\n", "secret-get", owned, "--label=l3", "--refresh")
	expect(t, h, "token: old\n", "secret-get", "--label=l3")
	expect(t, h, owned+":\n  revision: 4\n  label: l3\n  owner: application\n  rotation: daily\n"+
		"  expiry: 2030-01-02T03:04:05Z\n  access:\n  - target: unit-kw-1\n"+
		"    scope: relation-kw.kube-control#kcp.kube-control\n    role: view\n", "secret-info-get", "--label=l3")
	wantReads := []agent.SecretRead{{ID: owned}, {ID: owned}}
	if diff := cmp.Diff(wantReads, f.reads); diff != "" {
		t.Errorf("what the controller was asked: %s", diff)
	}
	got := h.Changes().Secrets
	if diff := cmp.Diff([]string{owned}, got.TrackLatest); diff != "" {
		t.Error(diff)
	}
	if len(got.Update) != 1 || *got.Update[0].Label != "l3" || got.Update[0].Content["token"] != "bmV3" {
		t.Errorf("got %+v", got.Update)
	}
}

func TestPropertiesAloneAreNoContentToShow(t *testing.T) {
	t.Parallel()
	f := withSecrets()
	h := agent.NewHookContext(f, hook())
	expect(t, h, "", "secret-set", owned, "--description=d")
	expect(t, h, "token: old\n", "secret-get", owned, "--peek")
	if diff := cmp.Diff([]agent.SecretRead{{ID: owned, Peek: true}}, f.reads); diff != "" {
		t.Error(diff)
	}
}

func TestRemovedSecretsAreHiddenUntilChangedAgain(t *testing.T) {
	t.Parallel()
	h := agent.NewHookContext(withSecrets(), hook())
	expect(t, h, "secret:"+first+"\n", "secret-add", "token=abc")
	expect(t, h, "", "secret-grant", first)
	expect(t, h, "", "secret-set", owned, "token=new")
	expect(t, h, "token: new\n", "secret-get", owned, "--refresh")
	expect(t, h, "", "secret-revoke", owned)
	expect(t, h, "", "secret-grant", owned, "--unit=kw/0")
	expect(t, h, "", "secret-remove", owned, "--revision=4")
	expect(t, h, "", "secret-remove", first)
	expect(t, h, "", "secret-remove", mine)
	expect(t, h, "", "secret-ids")
	expect(t, h, "ERROR secret \""+owned+"\" not found\n", "secret-info-get", owned)
	want := []agent.SecretDelete{{ID: owned, Revision: 4}, {ID: first}, {ID: mine}}
	if diff := cmp.Diff(agent.Changes{Secrets: agent.SecretChanges{Delete: want}}, h.Changes()); diff != "" {
		t.Error(diff)
	}
	expect(t, h, "", "secret-set", mine, "--label=kept")
	if got := h.Changes().Secrets; len(got.Delete) != 2 || len(got.Update) != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestGrantsAndRevocationsArePending(t *testing.T) {
	t.Parallel()
	h := agent.NewHookContext(withSecrets(), hook())
	expect(t, h, "ERROR any unit level grants need to be revoked before granting access to the corresponding application\n", "secret-grant", owned)
	expect(t, h, "", "secret-grant", owned, "--unit=kw/1") // granted already
	expect(t, h, "", "secret-grant", owned, "--unit=kw/0")
	expect(t, h, "", "secret-grant", mine, "--unit=kw/0")
	expect(t, h, "", "secret-grant", mine) // in its place
	expect(t, h, "ERROR secret \""+foreign+"\" not found\n", "secret-grant", foreign)
	expect(t, h, "", "secret-revoke", owned, "--unit=kw/1")
	expect(t, h, "", "secret-revoke", owned, "--unit=kw/1")
	expect(t, h, "", "secret-revoke", foreign)
	expect(t, h, "", "secret-revoke", foreign, "--unit=kw/1") // gone with the application's
	want := agent.SecretChanges{
		Grant:  []agent.SecretGrant{{ID: owned, Subject: "kw/0", Relation: 3}, {ID: mine, Subject: "kw", Relation: 3}},
		Revoke: []agent.SecretRevoke{{ID: owned, Subject: "kw/1"}, {ID: foreign, Subject: "kw"}},
	}
	if diff := cmp.Diff(want, h.Changes().Secrets); diff != "" {
		t.Error(diff)
	}
}

func TestADeposedLeaderKnowsTheApplicationsSecrets(t *testing.T) {
	t.Parallel()
	f := withSecrets()
	h := agent.NewHookContext(f, hook())
	f.leader = false
	const refused = "ERROR this unit is not the leader\n"
	expect(t, h, owned+"\n"+mine+"\n", "secret-ids")
	expect(t, h, refused, "secret-add", "token=abc")
	expect(t, h, refused, "secret-set", owned, "token=abc")
	expect(t, h, refused, "secret-remove", owned)
	expect(t, h, refused, "secret-grant", owned, "--unit=kw/0")
	expect(t, h, refused, "secret-revoke", owned)
	expect(t, h, "", "secret-set", mine, "token=abc")
	expect(t, h, "", "secret-grant", mine)
}

func TestAFollowersAgentKnowsNoneOfThem(t *testing.T) {
	t.Parallel()
	f := withSecrets()
	f.leader = false
	h := agent.NewHookContext(f, hook())
	expect(t, h, "null\n", "secret-ids", "--format=json")
	expect(t, h, "ERROR secret \""+owned+"\" not found\n", "secret-grant", owned)
	expect(t, h, "token: old\n", "secret-get", "--label=l") // the controller may know it
	// It takes these requests to the controller, which will refuse them.
	expect(t, h, "", "secret-set", owned, "token=abc")
	expect(t, h, "", "secret-revoke", owned)
	expect(t, h, "", "secret-remove", foreign)
	got := h.Changes().Secrets
	if len(got.Update) != 1 || len(got.Revoke) != 1 || len(got.Delete) != 1 {
		t.Errorf("got %+v", got)
	}
}
