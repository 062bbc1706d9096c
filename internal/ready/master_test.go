package ready_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// TestMain gives the tests' process a variable of Juju's, as the program has in a hook: what an operator's command sees is
// taken from it.
func TestMain(m *testing.M) {
	if err := os.Setenv("JUJU_CONTEXT_ID", "kcp/0-of-these-tests"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func node(name string) agent.Settings {
	return agent.Settings{"kubelet_user": "system:node:" + name, "auth_group": "system:nodes"}
}

// signed is a leading master that has signed kw/0 and kw/1, nodes a and b.
func signed(t *testing.T) (*world.World, *world.Relation) {
	t.Helper()
	w := world.ReadyMaster(t, "kcp/0")
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", node("a"))
	w.Joined(t, r, "kw/1", node("b"))
	return w, r
}

// rows are the token file's rows for a worker, without those of others.
func rows(t *testing.T, w *world.World, unit string) []string {
	t.Helper()
	var rows []string
	for line := range strings.Lines(w.TokenFile(t)) {
		if strings.Contains(line, "/"+unit+"/") {
			rows = append(rows, strings.TrimSpace(line))
		}
	}
	return rows
}

// The leader makes its seed, publishes the options, signs who asks, and lists the tokens; a second hook does nothing.
func TestMasterSignsAndLists(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", node("a"))
	for key, want := range map[string]string{
		"port": "53", "domain": "cluster.local", "sdn-ip": "10.152.183.10", "enable-kube-dns": "True",
		"api-endpoints": `["https://10.0.0.1:6443"]`, "has-xcp": "false", "default-cni": `""`,
		"registry-location": "rocks.canonical.com:443/cdk", "labels": `["node-role.kubernetes.io/control-plane="]`,
		"taints": `["node-role.kubernetes.io/control-plane:NoSchedule"]`,
	} {
		if r.Local[key] != want {
			t.Errorf("%s is %q, want %q", key, r.Local[key], want)
		}
	}
	if tag := r.Local["cluster-tag"]; len(tag) != len("kubernetes-")+32 {
		t.Errorf("the cluster's tag is %q", tag)
	}
	file := w.TokenFile(t)
	lines := strings.Split(strings.TrimSpace(file), "\n")
	if len(lines) != 6 || !strings.Contains(file, `,system:node:a,kube-control:kube-control:1/kw/0/kubelet,"system:nodes"`) {
		t.Errorf("the token file is\n%s", file)
	}
	for _, line := range lines[:3] { // the others are those of a rotation to come
		token, _, _ := strings.Cut(line, ",")
		if !strings.Contains(r.Local["creds"], `"`+token+`"`) {
			t.Errorf("a token of the file is not on the wire: %s", line)
		}
	}
	if w.Status.Status != "active" || w.Status.Message != "" {
		t.Errorf("the status is %+v", w.Status)
	}
	if run := w.MustHook(t, world.Hook{Name: "update-status"}); run.Changed() {
		t.Errorf("an idle hook writes: %v", run.Calls())
	}
}

// A follower lists the same tokens without signing, and a new leader publishes the same ones.
func TestMastersAgree(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.6.1", "2.9.51"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := world.ReadyMaster(t, "kcp/0")
			w.Version = version
			other := w.Beside(t, "kcp/1")
			r, ro := w.Relate("kube-control:1", "kw"), other.Relate("kube-control:1", "kw")
			w.Joined(t, r, "kw/0", node("a"))
			other.Joined(t, ro, "kw/0", node("a"))
			if a, b := w.TokenFile(t), other.TokenFile(t); a != b || a == "" {
				t.Fatalf("the masters list different tokens:\n%s\n%s", a, b)
			}
			if ro.Local["creds"] != "" {
				t.Fatalf("a follower publishes creds")
			}
			before, file := r.Local["creds"], w.TokenFile(t)
			w.Leader, other.Leader = false, true
			other.MustHook(t, world.Hook{Name: "leader-elected"})
			w.MustHook(t, world.Hook{Name: "update-status"})
			if ro.Local["creds"] != before || r.Local["creds"] != "" || other.TokenFile(t) != file {
				t.Errorf("after the election the creds are\n%s\n%s, were\n%s", r.Local["creds"], ro.Local["creds"], before)
			}
			if tag := ro.Local["cluster-tag"]; tag == "" || tag != r.Local["cluster-tag"] {
				t.Errorf("the masters publish the tags %q and %q", r.Local["cluster-tag"], tag)
			}
		})
	}
}

// A worker that leaves loses its tokens in that very hook, on the leader and on a follower, and nobody else does.
func TestDepartureRevokes(t *testing.T) {
	t.Parallel()
	w, r := signed(t)
	other := w.Beside(t, "kcp/1")
	ro := other.Relate("kube-control:1", "kw")
	ro.Join("kw/0", node("a"))
	other.Joined(t, ro, "kw/1", node("b"))
	stays := rows(t, w, "kw/0")
	goal(other, "kw/0", "active", "kw/1", "dying")
	other.Departed(t, ro, "kw/1", "kw/1")
	if left := rows(t, other, "kw/1"); len(left) > 0 || !slices.Equal(rows(t, other, "kw/0"), stays) {
		t.Errorf("the follower's file is\n%s", other.TokenFile(t))
	}
	goal(w, "kw/0", "active", "kw/1", "dying")
	w.Departed(t, r, "kw/1", "kw/1")
	if left := rows(t, w, "kw/1"); len(left) > 0 || !slices.Equal(rows(t, w, "kw/0"), stays) || len(stays) != 6 {
		t.Errorf("the leader's file is\n%s", w.TokenFile(t))
	}
	if app := w.Relation("masters:0").App; app["grant/kube-control:1/kw/1"] != "" || app["grant/kube-control:1/kw/0"] == "" {
		t.Errorf("the ledger is %v", app)
	}
}

func goal(w *world.World, units ...string) {
	w.Goal.Relations = map[string]map[string]agent.Status{"kube-control": {}}
	for i := 0; i < len(units); i += 2 {
		w.Goal.Relations["kube-control"][units[i]] = agent.Status{Status: units[i+1]}
	}
}

// A master that is itself removed revokes nothing; one that is new does not take workers that it has not met for gone.
func TestNobodyIsRevokedByMistake(t *testing.T) {
	t.Parallel()
	w, r := signed(t)
	file, ledger := w.TokenFile(t), len(w.Relation("masters:0").App)
	other := w.Beside(t, "kcp/1")
	ro := other.Relate("kube-control:1", "kw")
	w.Departed(t, r, "kw/0", "kcp/0")
	w.Departed(t, r, "kw/1", "kcp/0")
	w.MustHook(t, world.Hook{Name: "stop"})
	if w.TokenFile(t) != file || len(w.Relation("masters:0").App) != ledger {
		t.Fatalf("a dying leader has revoked: %v", w.Relation("masters:0").App)
	}
	w.Leader, other.Leader = false, true
	goal(other, "kw/0", "active", "kw/1", "waiting")
	other.MustHook(t, world.Hook{Name: "leader-elected"})
	if other.TokenFile(t) != file || len(w.Relation("masters:0").App) != ledger {
		t.Fatalf("a new leader has revoked units that it has not met: %v", w.Relation("masters:0").App)
	}
	other.Joined(t, ro, "kw/0", node("a"))
	other.Joined(t, ro, "kw/1", node("b"))
	if ro.Local["creds"] == "" || other.TokenFile(t) != file {
		t.Errorf("the tokens have changed:\n%s\n%s", file, other.TokenFile(t))
	}
}

// Rotation: the new tokens have been listed before, so that no master is late; the old ones stay until it is finished or
// two update-status hooks have passed.
func TestRotationOverlaps(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"finished", "in time"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			w, _ := signed(t)
			before := rows(t, w, "kw/0")
			w.Must(t, "", "rotate-credentials", "--unit", "kw/0")
			during := rows(t, w, "kw/0")
			if len(during) != 9 || !slices.Equal(during[:6], before) {
				t.Fatalf("while it rotates the rows are %q, were %q", during, before)
			}
			if how == "finished" {
				w.Must(t, "", "rotate-credentials", "--finish")
			} else {
				w.MustHook(t, world.Hook{Name: "update-status"})
				if got := rows(t, w, "kw/0"); len(got) != 9 {
					t.Fatalf("the old token is gone too early: %q", got)
				}
				w.MustHook(t, world.Hook{Name: "update-status"})
			}
			if after := rows(t, w, "kw/0"); !slices.Equal(after, during[3:]) {
				t.Errorf("at the end the rows are %q", after)
			}
			if got := rows(t, w, "kw/1"); len(got) != 6 {
				t.Errorf("another's rows are %q", got)
			}
		})
	}
}

// A revoked worker stays out, also under another leader, until it asks for something else; then its tokens are new.
func TestRevocationLasts(t *testing.T) {
	t.Parallel()
	w, r := signed(t)
	old := rows(t, w, "kw/0")
	w.Must(t, "", "revoke", "kw/0")
	if got := rows(t, w, "kw/0"); len(got) > 0 {
		t.Fatalf("it has %q", got)
	}
	w.State = map[string]string{} // as another leader's is
	w.Changed(t, r, "kw/0", node("a"))
	if got := rows(t, w, "kw/0"); len(got) > 0 || !strings.Contains(w.Status.Message, "kw/0 was revoked") {
		t.Fatalf("it has %q, status %+v", got, w.Status)
	}
	w.Changed(t, r, "kw/0", node("c"))
	w.Changed(t, r, "kw/0", node("a"))
	for _, row := range rows(t, w, "kw/0") {
		if slices.Contains(old, row) {
			t.Errorf("a revoked token is back: %s", row)
		}
	}
}

// What the charm before signed stays signed and comes into the file, and leaves it with its worker.
func TestAdoption(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	r := w.Relate("kube-control:1", "kw")
	const creds = `{"system:node:a": {"client_token": "admin-token", "kubelet_token": "kubelet-token-a", "proxy_token": "proxy-token", "scope": "kw/0"}}`
	r.Join("kw/0", node("a"))
	r.Local = agent.Settings{"creds": creds, "cluster-tag": "kubernetes-old"}
	const foreign = "admin-token,admin,admin,\"system:masters\"\nkubelet-token-a,system:node:a,kubelet-0,\"system:nodes\"\nproxy-token,system:kube-proxy,kube-proxy\n"
	write(t, w, "known_tokens.csv", foreign)
	w.MustHook(t, world.Hook{Name: "upgrade-charm"})
	if r.Local["creds"] != creds || r.Local["cluster-tag"] != "kubernetes-old" {
		t.Fatalf("the upgrade changed %v", r.Local)
	}
	for _, want := range []string{"admin-token,admin,admin", "proxy-token,system:kube-proxy,kube-proxy\n", `kubelet-token-a,system:node:a,kube-control:kube-control:1/kw/0/kubelet,"system:nodes"`} {
		if !strings.Contains(w.TokenFile(t), want) {
			t.Errorf("%s is not in\n%s", want, w.TokenFile(t))
		}
	}
	other := w.Beside(t, "kcp/1")
	ro := other.Relate("kube-control:1", "kw")
	write(t, other, "known_tokens.csv", foreign)
	goal(w)
	w.Departed(t, r, "kw/0", "kw/0")
	other.Departed(t, ro, "kw/0", "kw/0")
	for _, m := range []*world.World{w, other} {
		if file := m.TokenFile(t); strings.Contains(file, "kubelet-token-a") || !strings.Contains(file, "admin-token,admin") {
			t.Errorf("after it left %s has\n%s", m.Unit, file)
		}
	}
}

func write(t *testing.T, w *world.World, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.CharmDir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Credentials that came in secrets are taken over as those in clear are.
func TestAdoptionFromSecrets(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	r := w.Relate("kube-control:1", "kw")
	asks := node("a")
	asks["schema_vers"] = "[0, 1]"
	r.Join("kw/0", asks)
	w.Vault.Secrets = []*world.Secret{{
		ID: "d0000000000000000001", Owner: "kcp", Label: "system:node:a-creds", Latest: 1, Grants: map[string]string{"kw/0": "kube-control:1"},
		Revisions: map[int]map[string]string{1: {"kubelet-token": "kubelet-token-a", "proxy-token": "proxy-token", "client-token": "client-token"}},
		Tracked:   map[string]int{},
	}}
	const creds = `{"system:node:a": {"client_token": "", "kubelet_token": "", "proxy_token": "", "scope": "kw/0", "secret-id": "secret:d0000000000000000001"}}`
	r.Local = agent.Settings{"creds": creds}
	w.MustHook(t, world.Hook{Name: "upgrade-charm"})
	if r.Local["creds"] != creds || w.Vault.Secrets[0].Latest != 1 {
		t.Errorf("the upgrade changed the credentials: %s, revision %d", r.Local["creds"], w.Vault.Secrets[0].Latest)
	}
	if file := w.TokenFile(t); !strings.Contains(file, "kubelet-token-a,system:node:a,") || !strings.Contains(file, "\nclient-token,") {
		t.Errorf("the token file is\n%s", file)
	}
	if run := w.MustHook(t, world.Hook{Name: "update-status"}); run.Changed() {
		t.Errorf("an idle hook writes: %v", run.Calls())
	}
}

// An old revision of the seed's secret goes when Juju says that nobody holds it, and only once.
func TestSeedIsPruned(t *testing.T) {
	t.Parallel()
	w, _ := signed(t)
	seed := w.Vault.Labelled("kcp", "token-authority")
	w.Must(t, `{"kubelet_token": "made-by-hand"}`, "sign-auth-request", "kw/0")
	if seed.Latest != 2 {
		t.Fatalf("a token that was signed by hand is not listed: revision %d", seed.Latest)
	}
	for range 2 {
		w.MustHook(t, world.Hook{Name: "secret-remove", Secret: seed.ID, Label: "token-authority", Revision: 1})
	}
	if len(seed.Revisions) != 1 || seed.Revisions[2] == nil {
		t.Errorf("the revisions are %v", seed.Revisions)
	}
	if !strings.Contains(w.TokenFile(t), "made-by-hand,system:node:a,") {
		t.Errorf("the token file is\n%s", w.TokenFile(t))
	}
}

// Juju commits secrets before databags, so a refused hook may leave a secret that no bag names: it is found, and used.
func TestSeedOfARefusedHookIsFound(t *testing.T) {
	t.Parallel()
	w, r := signed(t)
	file := w.TokenFile(t)
	app := w.Relation("masters:0").App
	id := app["token-authority"]
	delete(app, "token-authority")
	w.MustHook(t, world.Hook{Name: "update-status"})
	if app["token-authority"] != id || len(w.Vault.Secrets) != 1 || w.TokenFile(t) != file || r.Local["creds"] == "" {
		t.Errorf("the bag names %q, there are %d secrets, and the token file is\n%s", app["token-authority"], len(w.Vault.Secrets), w.TokenFile(t))
	}
}

// A worker that leaves and comes back, as when a relation is suspended and resumed, has other tokens than before: those
// that it left with are never accepted again.
func TestComingBackBringsOtherTokens(t *testing.T) {
	t.Parallel()
	w, r := signed(t)
	old := rows(t, w, "kw/0")
	goal(w, "kw/1", "active")
	w.Departed(t, r, "kw/0", "kw/0")
	w.Joined(t, r, "kw/0", node("a"))
	now := rows(t, w, "kw/0")
	if len(now) != 6 {
		t.Fatalf("it has %q", now)
	}
	for _, row := range now {
		if row == old[0] || row == old[1] || row == old[2] {
			t.Errorf("a token that it left with is back: %s", row)
		}
	}
}

// Tokens that a person signs reach the file of each master, also where all but the authority stays as it was.
func TestTokensOfAPersonReachEveryMaster(t *testing.T) {
	t.Parallel()
	for _, secrets := range []bool{false, true} {
		w := world.ReadyMaster(t, "kcp/0")
		other := w.Beside(t, "kcp/1")
		bag := world.Asking("system:node:a", "system:nodes", secrets)
		for _, m := range []*world.World{w, other} {
			m.Joined(t, m.Relate("kube-control:1", "kw"), "kw/0", bag)
			m.MustHook(t, world.Hook{Name: "update-status"})
		}
		w.Must(t, `{"kubelet_token": "kubelet-own-token", "proxy_token": "proxy-own-token", "client_token": "client-own-token"}`, "sign-auth-request", "kw/0")
		for _, m := range []*world.World{w, other} {
			m.Changed(t, m.Relation("kube-control:1"), "kw/0", bag)
			if file := m.TokenFile(t); strings.Count(file, "kubelet-own-token,") != 1 {
				t.Errorf("secrets %t: %s lists\n%s", secrets, m.Unit, file)
			}
			if run := m.MustHook(t, world.Hook{Name: "update-status"}); run.Changed() {
				t.Errorf("secrets %t: %s does not come to rest", secrets, m.Unit)
			}
		}
	}
}
