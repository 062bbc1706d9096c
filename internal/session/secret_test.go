package session_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/tests/world"
)

// reader is the bag of a worker that asks for a node's user and reads its tokens from a secret.
func reader(name string) bag {
	b := node(name)
	b["schema_vers"] = "[0, 1]"
	return b
}

// secretOf is the secret that the master's bag names for a user.
func secretOf(t *testing.T, m *world.World, r *world.Relation, user string) *world.Secret {
	t.Helper()
	_, after, _ := strings.Cut(r.Local["creds"], fmt.Sprintf("%q: ", user))
	_, after, found := strings.Cut(after, `"secret-id": "secret:`)
	id, _, _ := strings.Cut(after, `"`)
	s := m.Secret(id)
	if !found || s == nil {
		t.Fatalf("no secret for %s in %s", user, r.Local["creds"])
	}
	return s
}

// count counts the calls of a tool.
func count(run *world.Run, tool string) int {
	n := 0
	for _, c := range run.Calls() {
		if c.Argv[0] == tool {
			n++
		}
	}
	return n
}

// quiet fails if a run changed anything about secrets.
func quiet(t *testing.T, what string, run *world.Run) {
	t.Helper()
	for _, tool := range []string{"secret-add", "secret-set", "secret-grant", "secret-revoke", "secret-remove"} {
		if n := count(run, tool); n > 0 {
			t.Errorf("%s: %s runs %d times", what, tool, n)
		}
	}
}

// Rows 41, 42, 49: a secret was made once and never granted, published or granted again.
func TestINV13SecretsAreLevelTriggered(t *testing.T) {
	t.Parallel()
	m, r := newMaster(t)
	m.Joined(t, r, "kw/0", reader("a"))
	sign(t, m, "kw/0")
	s := secretOf(t, m, r, "system:node:a")
	want := map[string]string{
		"kubelet-token": secret + "-k-kw/0", "proxy-token": secret + "-p", "client-token": secret + "-c-kw/0",
		"endpoint": "kube-control", "scope": "kw/0",
	}
	if d := cmp.Diff(want, s.Content()); d != "" || s.Label != "system:node:a-creds" || s.Description != "Credentials for system:node:a" {
		t.Errorf("secret %q %q (-want +got):\n%s", s.Label, s.Description, d)
	}
	if d := cmp.Diff(map[string]string{"kw/0": r.ID}, s.Grants); d != "" {
		t.Errorf("grants (-want +got):\n%s", d)
	}
	hook := world.Hook{Name: "kube-control-relation-changed", Relation: r.ID, Unit: "kw/0"}
	quiet(t, "nothing has changed", m.MustHook(t, hook))
	delete(s.Grants, "kw/0") // Juju has dropped it
	if n := count(m.MustHook(t, hook), "secret-grant"); n != 1 || s.Grants["kw/0"] != r.ID {
		t.Errorf("a dropped grant is given %d times: %v", n, s.Grants)
	}
	delete(s.Grants, "kw/0")
	m.MustHook(t, world.Hook{Name: "update-status"})
	if s.Grants["kw/0"] == "" {
		t.Error("update-status does not give a dropped grant again")
	}
	published := r.Local["creds"]
	r.Local = bag{} // a new leader's
	m.State = map[string]string{}
	quietButGrants := m.MustHook(t, world.Hook{Name: "leader-elected"})
	if d := cmp.Diff(published, r.Local["creds"]); d != "" {
		t.Errorf("a new leader publishes (-former +new):\n%s", d)
	}
	quiet(t, "a new leader", quietButGrants)
	wantFlags(t, m, "connected requests.changed")
}

// Row 46: each rotation left a revision for ever.
func TestINV13RotationLeavesTwoRevisions(t *testing.T) {
	t.Parallel()
	m, r := newMaster(t)
	w, up := newWorker(t)
	w.Vault = m.Vault
	w.Must(t, "", "set-auth-request", "system:node:a")
	m.Joined(t, r, "kw/0", up.Local)
	for i := range 10 {
		m.Must(t, fmt.Sprintf(`{"kubelet_token": "%s%d"}`, secret, i), "sign-auth-request", "kw/0")
		s := secretOf(t, m, r, "system:node:a")
		if s.Latest != i+1 || len(s.Revisions) > 2 {
			t.Fatalf("after %d rotations revision %d, %d are kept", i, s.Latest, len(s.Revisions))
		}
		up.Join("kcp/0", r.Local)
		tracked := s.Tracked["kw/0"]
		h := world.Hook{Name: "secret-changed", Secret: s.ID}
		if i == 0 {
			h = world.Hook{Name: "kube-control-relation-changed", Relation: up.ID, Unit: "kcp/0"}
		}
		if run := w.MustHook(t, h); s.Tracked["kw/0"] != s.Latest || count(run, "secret-get") != 1 {
			t.Errorf("the worker reads the secret %d times and holds revision %d of %d", count(run, "secret-get"), s.Tracked["kw/0"], s.Latest)
		}
		wantFlags(t, w, "auth.available auth.ready connected")
		if tracked == 0 {
			continue
		}
		remove := world.Hook{Name: "secret-remove", Secret: s.ID, Label: s.Label, Revision: tracked}
		for range 2 { // Juju may say it twice, and would refuse the second removal
			m.MustHook(t, remove)
		}
	}
}

// Row 45, INV-8: with the unit its secret goes, and nobody else's.
func TestINV13SecretLeavesWithItsUnit(t *testing.T) {
	t.Parallel()
	m, r := newMaster(t)
	for _, u := range []string{"kw/0", "kw/1", "kw/2"} {
		m.Joined(t, r, u, reader(u))
		sign(t, m, u)
	}
	left := secretOf(t, m, r, "system:node:kw/1")
	m.Departed(t, r, "kw/1", "kw/1")
	if m.Secret(left.ID) != nil || len(m.Secrets) != 2 {
		t.Errorf("secrets %v", m.Secrets)
	}
	wantScopes(t, r, "system:node:kw/0", "kw/0", "system:node:kw/2", "kw/2")
	m.Secrets = m.Secrets[:1] // someone's hand
	quiet(t, "a secret that is gone already", m.Departed(t, r, "kw/2", "kw/2"))
	wantScopes(t, r, "system:node:kw/0", "kw/0")
	m.Departed(t, r, "kw/0", m.Unit)
	if len(m.Secrets) != 1 {
		t.Error("our own death takes a secret")
	}
}

// T5: a unit that asks for a departed unit's user gets new tokens, not the old ones.
func TestINV13SecretIsForItsUnitAlone(t *testing.T) {
	t.Parallel()
	m, r := newMaster(t)
	m.Joined(t, r, "kw/0", reader("a"))
	sign(t, m, "kw/0")
	old := secretOf(t, m, r, "system:node:a")
	r.Local, m.State = bag{}, map[string]string{} // a leader that has not seen kw/0
	r.Leave("kw/0")
	m.Joined(t, r, "kw/5", reader("a"))
	wantScopes(t, r)
	wantFlags(t, m, "auth.requested connected requests.changed")
	if old.Grants["kw/5"] != "" {
		t.Error("kw/5 may read what was made for kw/0")
	}
	sign(t, m, "kw/5")
	if s := secretOf(t, m, r, "system:node:a"); s.Content()["client-token"] != secret+"-c-kw/5" || s.Content()["scope"] != "kw/5" {
		t.Errorf("kw/5 is given %v", s.Content())
	}
}

// T5: a former leader's secret for a user was another unit's, which is still there and asks for another user now.
func TestINV13SecretIsTakenFromOthers(t *testing.T) {
	t.Parallel()
	m, r := newMaster(t)
	m.Joined(t, r, "kw/0", reader("a"))
	sign(t, m, "kw/0")
	r.Local, m.State = bag{}, map[string]string{} // another leader
	m.Changed(t, r, "kw/0", reader("b"))
	m.Joined(t, r, "kw/5", reader("a"))
	sign(t, m, "kw/5")
	s := secretOf(t, m, r, "system:node:a")
	if d := cmp.Diff(map[string]string{"kw/5": r.ID}, s.Grants); d != "" {
		t.Errorf("grants (-want +got):\n%s", d)
	}
	s.Grants["kw/0"] = r.ID // someone's hand
	m.MustHook(t, world.Hook{Name: "update-status"})
	if s.Grants["kw/0"] != "" {
		t.Error("kw/0 may still read the tokens of kw/5")
	}
}

// Juju drops a change that leads back to what stood before the hook, and would keep the one before it.
func TestINV13LastSignatureOfAHookCounts(t *testing.T) {
	t.Parallel()
	m, r := newMaster(t)
	m.Joined(t, r, "kw/0", reader("a"))
	sign(t, m, "kw/0")
	run := m.Begin(world.Hook{})
	for _, token := range []string{"x", secret + "-k-kw/0"} {
		stdin := fmt.Sprintf(`{"kubelet_token": %q, "proxy_token": "SECRET-p", "client_token": "SECRET-c-kw/0"}`, token)
		if res := run.Program(stdin, "kube-control", "sign-auth-request", "kw/0"); res.Code != 0 {
			t.Fatal(res.Stderr)
		}
	}
	run.Commit()
	if got := secretOf(t, m, r, "system:node:a").Content()["kubelet-token"]; got != secret+"-k-kw/0" {
		t.Errorf("the secret holds %q", got)
	}
}

// A handler signs in the very hook that made the secret; the second process must find what the first one made.
func TestINV13SecretOfThisHookIsFound(t *testing.T) {
	t.Parallel()
	m, r := newMaster(t)
	m.Joined(t, r, "kw/0", reader("a"))
	run := m.Begin(world.Hook{Name: "update-status"})
	for range 2 {
		if res := run.Program(tokensOf("kw/0"), "kube-control", "sign-auth-request", "kw/0"); res.Code != 0 {
			t.Fatal(res.Stderr)
		}
	}
	if res := run.Link(); res.Code != 0 {
		t.Fatal(res.Stderr)
	}
	run.Commit()
	if len(m.Secrets) != 1 || m.Secrets[0].Latest != 1 {
		t.Errorf("secrets %v", m.Secrets)
	}
}

// Row 41: a relation that came later got neither the certificate's ID nor a grant.
func TestINV13CertificateReachesEveryRelation(t *testing.T) {
	t.Parallel()
	m, r := newMaster(t)
	m.Joined(t, r, "kw/0", bag{})
	const pem = "-----BEGIN CERTIFICATE-----\nU0VDUkVU\n-----END CERTIFICATE-----\n"
	m.Must(t, pem, "set-ca-certificate", "-")
	later := m.Relate("kube-control:2", "kv")
	m.On(t, "created", later, "", "")
	m.Joined(t, later, "kv/0", bag{})
	s := m.Labelled("kcp", "ca-certificate")
	if d := cmp.Diff(map[string]string{"kw": r.ID, "kv": later.ID}, s.Grants); d != "" {
		t.Errorf("grants (-want +got):\n%s", d)
	}
	for _, rel := range []*world.Relation{r, later} {
		if rel.Local["ca-certificate-secret-id"] != "secret:"+s.ID {
			t.Errorf("%s has %v", rel.ID, rel.Local)
		}
	}
	quiet(t, "nothing has changed", m.MustHook(t, world.Hook{Name: "update-status"}))

	w := world.New("kv/0", world.Charm(t, "worker", ""))
	w.Leader, w.Vault = false, m.Vault
	up := w.Relate("kube-control:2", "kcp")
	w.Joined(t, up, "kcp/0", later.Local)
	wantFlags(t, w, "ca_certificate.available connected")
	if got := w.Must(t, "", "get-ca-certificate"); got != pem {
		t.Errorf("the worker reads %q", got)
	}
}

// Rows 43, 44, 50: a secret that was denied or gone failed the hook.
func TestINV13DeniedSecretWaits(t *testing.T) {
	t.Parallel()
	w, up := newWorker(t)
	w.Must(t, "", "set-auth-request", "u")
	const id = "cq1f3oa5g5v7t8m9n0p0"
	w.Vault.Secrets = []*world.Secret{{
		ID: id, Owner: "kcp", Latest: 1, Grants: map[string]string{}, Tracked: map[string]int{},
		Revisions: map[int]map[string]string{1: {"client-token": secret}},
	}}
	for _, named := range []string{"secret:" + id, "secret:cq1f3oa5g5v7t8m9n0pg", "garbage", "--label"} {
		w.Joined(t, up, "kcp/0", bag{
			"creds": fmt.Sprintf(
				`{"u": {"scope": "kw/0", "client_token": "", "kubelet_token": "", "proxy_token": "", "secret-id": %q}}`, named),
			"ca-certificate-secret-id": named,
		})
		wantFlags(t, w, "auth.available connected")
	}
	w.Vault.Secrets[0].Grants["kw/0"] = up.ID
	w.Joined(t, up, "kcp/0", bag{"creds": fmt.Sprintf(
		`{"u": {"scope": "kw/0", "client_token": "", "kubelet_token": "", "proxy_token": "", "secret-id": "secret://11111111-2222-4333-8444-555555555555/%s"}}`, id)})
	wantFlags(t, w, "auth.available auth.ready connected")
}

// Row 88: whatever the words of a refusal are, the worker waits, and it reads the secret as soon as it may.
func TestRow88UnknownRefusalIsAWait(t *testing.T) {
	t.Parallel()
	for _, words := range []string{`"kw/0" is not allowed to read this secret`, "this Juju says it in words of its own"} {
		w, up := newWorker(t)
		w.Must(t, "", "set-auth-request", "u")
		const id = "cq1f3oa5g5v7t8m9n0p0"
		w.Vault.Denied = errors.New(words)
		w.Vault.Secrets = []*world.Secret{{
			ID: id, Owner: "kcp", Latest: 1, Grants: map[string]string{}, Tracked: map[string]int{},
			Revisions: map[int]map[string]string{1: {"client-token": secret}},
		}}
		creds := bag{"creds": fmt.Sprintf(`{"u": {"scope": "kw/0", "client_token": "", "kubelet_token": "", "proxy_token": "", "secret-id": %q}}`, "secret:"+id)}
		w.Joined(t, up, "kcp/0", creds)
		wantFlags(t, w, "auth.available connected")
		w.Vault.Secrets[0].Grants["kw/0"] = up.ID
		w.MustHook(t, world.Hook{Name: "update-status"})
		wantFlags(t, w, "auth.available auth.ready connected")
	}
}

// Row 89: a plain secret-get of a unit of the owner would go on with the first revision.
func TestRow89OwnSecretsAreReadByPeekOrRefresh(t *testing.T) {
	t.Parallel()
	m := world.ReadyMaster(t, "kcp/0")
	r := m.Relate("kube-control:1", "kw")
	m.Joined(t, r, "kw/0", reader("a"))
	calls := m.Changed(t, r, "kw/0", reader("a")).Calls()
	calls = append(calls, m.MustHook(t, world.Hook{Name: "leader-elected"}).Calls()...)
	m.Leader = false
	calls = append(calls, m.MustHook(t, world.Hook{Name: "update-status"}).Calls()...)
	reads := 0
	for _, call := range calls {
		if call.Argv[0] != "secret-get" {
			continue
		}
		reads++
		if !slices.Contains(call.Argv, "--peek") && !slices.Contains(call.Argv, "--refresh") {
			t.Errorf("%q tracks what it reads", call.Argv)
		}
	}
	if reads == 0 {
		t.Error("the master reads no secret of its own")
	}
}

// Row 55: a secret that is another charm's or the charm's own was read and refreshed when it changed.
func TestINV13ForeignSecretIsLeftAlone(t *testing.T) {
	t.Parallel()
	w, _ := newWorker(t)
	run := w.MustHook(t, world.Hook{Name: "secret-changed", Secret: "cq1f3oa5g5v7t8m9n0p0", Label: "database"})
	if count(run, "secret-get") > 0 {
		t.Errorf("calls %v", run.Calls())
	}
	m, _ := newMaster(t)
	m.Vault.Secrets = []*world.Secret{{
		ID: "cq1f3oa5g5v7t8m9n0p0", Owner: "kcp", Label: "database", Latest: 2,
		Revisions: map[int]map[string]string{1: {"endpoint": "kube-control"}, 2: {}},
	}}
	run = m.MustHook(t, world.Hook{Name: "secret-remove", Secret: "cq1f3oa5g5v7t8m9n0p0", Label: "database", Revision: 1})
	if len(m.Secrets[0].Revisions) != 2 || count(run, "secret-get") > 0 {
		t.Errorf("calls %v", run.Calls())
	}
}

// Row 52 and Juju 2.9: both sides keep to the bag, and the worker says why.
func TestINV13WithoutSecretsTokensStandInTheBag(t *testing.T) {
	t.Parallel()
	for version, app := range map[string]string{"2.9.51": "kcp", "3.6.1": "remote-0123456789abcdef"} {
		w := world.New("kw/0", world.Charm(t, "worker", ""))
		w.Version = version
		up := w.Relate("kube-control:1", app)
		w.Joined(t, up, app+"/0", bag{})
		w.Must(t, "", "set-auth-request", "u")
		if up.Local["schema_vers"] != "" {
			t.Errorf("Juju %s: the worker publishes %v", version, up.Local)
		}
		if reason := fmt.Sprint(w.Logs); version[0] == '3' && !strings.Contains(reason, "another model") {
			w.MustHook(t, world.Hook{Name: "kube-control-relation-joined", Relation: up.ID, Unit: app + "/0"})
			if !strings.Contains(fmt.Sprint(w.Logs), "a master of another model") {
				t.Errorf("Juju %s: no reason in %s", version, reason)
			}
		}
		m, r := newMaster(t)
		m.Version = "2.9.51"
		m.Joined(t, r, "kw/0", reader("a"))
		sign(t, m, "kw/0")
		if !strings.Contains(r.Local["creds"], secret) {
			t.Errorf("the master publishes %v", r.Local)
		}
	}
}
