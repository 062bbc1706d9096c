package ready_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// Who is signed, and what the status says of who is not.
func TestSigningPolicy(t *testing.T) {
	t.Parallel()
	tests := []struct {
		unit, user, group string
		options           map[string]any
		refused           string // the status's words; "" for a signature
	}{
		{unit: "kw/0", user: "system:node:a", group: "system:nodes"},
		{unit: "kw/0", user: "system:node:Node-A", group: ""},
		{unit: "kw/0", user: "kw/0", group: "system:nodes"},
		{unit: "kube-e2e/0", user: "system:node:a", group: "system:masters", refused: "kube-e2e/0 asks for group system:masters"},
		{unit: "kw/0", user: "root", group: "system:nodes", refused: "kw/0 asks for user root"},
		{unit: "kw/0", user: "kw/1", group: "system:nodes", refused: "kw/0 asks for user kw/1"},
		{unit: "kw/0", user: "admin", group: "system:nodes", refused: "kw/0 asks for user admin", options: map[string]any{"allowed-users": "*"}},
		{unit: "kw/0", user: "system:kube-proxy", group: "system:nodes", refused: "kw/0 asks for user system:kube-proxy", options: map[string]any{"allowed-users": "*"}},
		{unit: "kw/0", user: "kube-control:admin", group: "system:nodes", refused: "kw/0 asks for user kube-control:admin", options: map[string]any{"allowed-users": "*"}},
		{unit: "kw/0", user: "a,b", group: "system:nodes", refused: `kw/0 asks for user "a,b", which has characters that are not allowed in a name`},
		{unit: "kw/0", user: "system:node:../x", group: "system:nodes", refused: `kw/0 asks for user "system:node:../x", which is not a node name`},
		{unit: "kw/0", user: "system:node:a", group: "x\ny", refused: `kw/0 asks for group "x\ny", which has characters that are not allowed in a name`},
		{unit: "kube-e2e/0", user: "root", group: "system:masters", options: map[string]any{
			"allowed-groups": "system:nodes kube-e2e=system:masters", "allowed-users": "system:node:* kube-e2e=root",
		}},
		{unit: "kw/0", user: "root", group: "system:masters", refused: "kw/0 asks for group system:masters", options: map[string]any{
			"allowed-groups": "system:nodes kube-e2e=system:masters", "allowed-users": "system:node:* kube-e2e=root",
		}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s %q %q", tt.unit, tt.user, tt.group), func(t *testing.T) {
			t.Parallel()
			w := world.ReadyMaster(t, "kcp/0")
			maps.Copy(w.Options, tt.options)
			r := w.Relate("kube-control:1", strings.Split(tt.unit, "/")[0])
			w.Joined(t, r, tt.unit, agent.Settings{"kubelet_user": tt.user, "auth_group": tt.group})
			signed := strings.Contains(r.Local["creds"], `"scope": "`+tt.unit+`"`)
			want := ""
			if tt.refused != "" {
				want = "1 request refused: " + tt.refused
			}
			if signed == (tt.refused != "") || w.Status.Message != want || w.Status.Status != "active" {
				t.Errorf("signed %v, status %s %q", signed, w.Status.Status, w.Status.Message)
			}
			if got := strings.Fields(strings.TrimPrefix(w.Must(t, "", "auth-user", "--refused"), "Unit")); strings.TrimPrefix(strings.Join(got, " "), "Reason ") != tt.refused {
				t.Errorf("auth-user --refused prints %q", got)
			}
			if listed := len(rows(t, w, tt.unit)) > 0; listed != signed {
				t.Errorf("the token file is\n%s", w.TokenFile(t))
			}
		})
	}
}

// The client token: of the unit's own by default, nobody's, or everybody's administrator.
func TestClientToken(t *testing.T) {
	t.Parallel()
	tests := []struct {
		options map[string]any
		want    string // the row of the client token, but for the token; "" for none
		status  string
	}{
		{nil, `kube-control:client:kw/0,kube-control:kube-control:1/kw/0/client,"system:nodes"`, ""},
		{map[string]any{"client-group": "viewers"}, `kube-control:client:kw/0,kube-control:kube-control:1/kw/0/client,"viewers"`, ""},
		{map[string]any{"client-token": "none"}, "", ""},
		{map[string]any{"client-token": "admin"}, `kube-control:admin,kube-control:kube-control:1/kw/0/client,"system:masters"`, "client-token=admin gives every worker all rights"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.options), func(t *testing.T) {
			t.Parallel()
			w := world.ReadyMaster(t, "kcp/0")
			maps.Copy(w.Options, tt.options)
			r := w.Relate("kube-control:1", "kw")
			w.Joined(t, r, "kw/0", node("a"))
			found := ""
			for line := range strings.Lines(w.TokenFile(t)) {
				token, rest, _ := strings.Cut(strings.TrimSpace(line), ",")
				if strings.Contains(r.Local["creds"], `"client_token": "`+token+`"`) {
					found = rest
				}
			}
			if found != tt.want || w.Status.Message != tt.status {
				t.Errorf("the client token is of %q, status %+v", found, w.Status)
			}
			if tt.want == "" && !strings.Contains(r.Local["creds"], `"client_token": ""`) {
				t.Errorf("creds are %s", r.Local["creds"])
			}
		})
	}
}

// While an option of the signing policy is invalid, no new request is signed, and signed units stay signed.
func TestBadPolicySignsNobody(t *testing.T) {
	t.Parallel()
	for option, bad := range map[string]string{"allowed-groups": "a,b=", "allowed-users": "=x", "client-token": "both", "client-group": "a,b"} {
		t.Run(option, func(t *testing.T) {
			t.Parallel()
			w, r := signed(t)
			before, good := w.TokenFile(t), w.Options[option]
			w.Options[option] = bad
			w.Joined(t, r, "kw/2", node("c"))
			if w.TokenFile(t) != before || strings.Contains(r.Local["creds"], "kw/2") || w.Status.Status != "blocked" {
				t.Errorf("status %+v, published %s, listed\n%s", w.Status, r.Local["creds"], w.TokenFile(t))
			}
			w.Options[option] = good
			w.MustHook(t, world.Hook{Name: "config-changed"})
			if len(rows(t, w, "kw/2")) != 6 || w.Status.Status != "active" {
				t.Errorf("fixed: status %+v, listed\n%s", w.Status, w.TokenFile(t))
			}
		})
	}
}

type jsonNumber string

func (n jsonNumber) MarshalJSON() ([]byte, error) { return []byte(n), nil }

// While the seed cannot be read, no request is signed, units that leave are still revoked, and the next hook continues.
func TestUnreadableSeed(t *testing.T) {
	t.Parallel()
	w, r := signed(t)
	w.Relation("masters:0").App["token-authority"], w.Goal = "fakesecretid99999999", agent.GoalState{}
	id := w.Vault.Secrets[0].ID
	goal(w)
	w.Joined(t, r, "kw/2", node("c"))
	if w.Status.Status != "waiting" || w.Status.Message != "Waiting for the secret with the token seed" {
		t.Errorf("the status is %+v", w.Status)
	}
	w.Departed(t, r, "kw/1", "kw/1")
	if len(rows(t, w, "kw/0")) != 6 || len(rows(t, w, "kw/1"))+len(rows(t, w, "kw/2")) != 0 {
		t.Errorf("the token file is\n%s", w.TokenFile(t))
	}
	w.Relation("masters:0").App["token-authority"] = id
	w.MustHook(t, world.Hook{Name: "update-status"})
	if len(rows(t, w, "kw/0")) != 6 || len(rows(t, w, "kw/1")) != 0 || len(rows(t, w, "kw/2")) != 6 {
		t.Errorf("in the end the token file is\n%s", w.TokenFile(t))
	}
}

// A changed hook of the leader runs as many tools with 500 workers as with 5.
func TestCostDoesNotGrow(t *testing.T) {
	t.Parallel()
	for schema, most := range map[string]int{"": 9, "[0, 1]": 10} { // a leader looks at the secret of the hook's unit
		t.Run("schema_vers "+schema, func(t *testing.T) {
			t.Parallel()
			calls := map[int]int{}
			for _, n := range []int{5, 500} {
				w := world.ReadyMaster(t, "kcp/0")
				r := w.Relate("kube-control:1", "kw")
				bag := func(i int) agent.Settings {
					asks := node(fmt.Sprintf("n%d", i))
					asks["schema_vers"] = schema
					return asks
				}
				for i := range n {
					r.Join(fmt.Sprintf("kw/%d", i), bag(i))
				}
				w.MustHook(t, world.Hook{Name: "config-changed"})
				if got := strings.Count(w.TokenFile(t), "\n"); got != 6*n {
					t.Fatalf("%d rows for %d workers", got, n)
				}
				run := w.Changed(t, r, "kw/3", bag(3))
				calls[n] = len(run.Calls())
				if run.Changed() {
					t.Errorf("an idle hook writes")
				}
			}
			if calls[5] != calls[500] || calls[5] != most {
				t.Errorf("calls by number of workers: %v, want %d", calls, most)
			}
		})
	}
}

// A Juju that comes to have secrets takes the seed from the bag into one; no token changes.
func TestSeedMovesIntoSecret(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	w.Version = "2.9.51"
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", node("a"))
	file, app := w.TokenFile(t), w.Relation("masters:0").App
	if app["seed"] == "" {
		t.Fatalf("no seed in %v", app)
	}
	w.Version = "3.6.1"
	w.MustHook(t, world.Hook{Name: "config-changed"})
	if app["seed"] != "" || app["token-authority"] == "" || w.TokenFile(t) != file {
		t.Errorf("the bag is %v, the tokens\n%s\nwere\n%s", app, w.TokenFile(t), file)
	}
}

// A leader that comes back with old credentials on its wire replaces them by those of its successor.
func TestFormerLeaderComesBack(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	w.Version = "2.9.51"
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", node("a"))
	other := w.Beside(t, "kcp/1")
	ro := other.Relate("kube-control:1", "kw")
	other.Joined(t, ro, "kw/0", node("a"))
	other.Leader = true
	other.MustHook(t, world.Hook{Name: "leader-elected"})
	other.Must(t, "", "rotate-credentials", "--all")
	other.Leader = false
	w.MustHook(t, world.Hook{Name: "update-status"}) // it leads again and has not seen that it did not
	if w.TokenFile(t) != other.TokenFile(t) || !strings.Contains(r.Local["creds"], `"generation": 1`) {
		t.Errorf("it publishes %s\nand lists\n%s\nthe other lists\n%s", r.Local["creds"], w.TokenFile(t), other.TokenFile(t))
	}
}

// A revocation is shown, outlasts another request, and can be undone. The revoked tokens are never accepted again.
func TestRow106RevocationIsUndone(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.6.1", "2.9.51"} {
		for _, schemas := range []string{"", "[0, 1]"} {
			w := world.ReadyMaster(t, "kcp/0")
			w.Version = version
			r := w.Relate("kube-control:1", "kw")
			ask := func(name string) agent.Settings {
				bag := node(name)
				bag["schema_vers"] = schemas
				return bag
			}
			w.Joined(t, r, "kw/0", ask("a"))
			before := rows(t, w, "kw/0")
			w.Must(t, "", "revoke", "kw/0")
			want := "active 1 request refused: kw/0 was revoked"
			if got := w.Status.Status + " " + w.Status.Message; got != want || len(rows(t, w, "kw/0")) != 0 {
				t.Errorf("%s: the status is %q, listed\n%s", version, got, w.TokenFile(t))
			}
			w.Changed(t, r, "kw/0", ask("b"))
			w.Changed(t, r, "kw/0", ask("a"))
			w.MustHook(t, world.Hook{Name: "update-status"})
			if got := w.Status.Status + " " + w.Status.Message; got != want {
				t.Errorf("%s: asked again, the status is %q", version, got)
			}
			w.Must(t, "", "revoke", "--undo", "kw/0")
			after := rows(t, w, "kw/0")
			if got := w.Status.Status + " " + w.Status.Message; got != "active " || len(after) != 6 || !strings.Contains(r.Local["creds"], "system:node:a") {
				t.Errorf("%s: undone, the status is %q, listed\n%s", version, got, w.TokenFile(t))
			}
			for _, row := range before {
				if slices.Contains(after, row) {
					t.Errorf("%s: a revoked token is accepted again: %s", version, row)
				}
			}
			if res := w.Begin(world.Hook{}).Command("revoke", "--undo", "kw/0"); res.Code != 1 || !strings.Contains(res.Stderr, "no request of it on kube-control is revoked") {
				t.Errorf("%s: undone twice: %+v", version, res)
			}
		}
	}
}

// A person's own tokens pass the policy and the grammar of token files like any request; what stands on the wire and in no
// ledger is listed.
func TestRow103SigningByHandKeepsToThePolicy(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ asks, user, token, reason string }{
		"the administrator":    {"system:node:a", "system:admin", "a-good-token", "asks for user system:admin"},
		"a part of Kubernetes": {"system:node:a", "system:kube-scheduler", "a-good-token", "asks for user system:kube-scheduler"},
		"a refused request":    {"root", "", "a-good-token", "asks for user root"},
		"a short token":        {"system:node:a", "", "short", "its kubelet token is not 8 to 4096 letters"},
		"a token with a line":  {"system:node:a", "", "a-bad\\ntoken", "its kubelet token is not 8 to 4096 letters"},
		"a token with a comma": {"system:node:a", "", "a-bad,token", "its kubelet token is not 8 to 4096 letters"},
		"a token with a quote": {"system:node:a", "", `a-bad\"token`, "its kubelet token is not 8 to 4096 letters"},
		"a long token":         {"system:node:a", "", strings.Repeat("t", 4097), "its kubelet token is not 8 to 4096 letters"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world.ReadyMaster(t, "kcp/0")
			r := w.Relate("kube-control:1", "kw")
			w.Joined(t, r, "kw/0", agent.Settings{"kubelet_user": tt.asks, "auth_group": "system:nodes"})
			before := r.Local["creds"]
			run := w.Begin(world.Hook{})
			args := []string{"kube-control", "sign-auth-request", "kw/0"}
			if tt.user != "" {
				args = append(args, tt.user)
			}
			res := run.Program(fmt.Sprintf(`{"kubelet_token": "%s"}`, tt.token), args...)
			if res.Code != 1 || !strings.Contains(res.Stderr, tt.reason) || strings.Contains(res.Stderr, "token\"") {
				t.Errorf("%+v", res)
			}
			run.Commit()
			if r.Local["creds"] != before {
				t.Errorf("published is %s", r.Local["creds"])
			}
		})
	}
	w := world.ReadyMaster(t, "kcp/0")
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", node("a"))
	r.Local["creds"] = strings.TrimSuffix(r.Local["creds"], "}") + `, "system:admin": {"client_token": "", "kubelet_token": "x", "proxy_token": "", "scope": "kw/0"}}`
	res := w.Begin(world.Hook{}).Command("audit")
	if res.Code != 3 || !strings.Contains(res.Stdout, "system:admin  kw/0  unknown") || strings.Contains(res.Stdout, "system:node:a") {
		t.Errorf("audited is %+v", res)
	}
}

// certificate is one in PEM, for what it is worth to a kubeconfig.
const certificate = "-----BEGIN CERTIFICATE-----\nMQ==\n-----END CERTIFICATE-----\n"

// A worker that joins costs the master few evaluations: what one has come to serves the policy and the status.
func TestEvaluationsOfAJoin(t *testing.T) {
	t.Parallel()
	for _, secrets := range []bool{false, true} {
		w, bag := world.ReadyMaster(t, "kcp/0"), world.Asking("system:node:c", "system:nodes", secrets)
		r := w.Relate("kube-control:1", "kw")
		for _, unit := range []string{"kw/0", "kw/1"} {
			w.Joined(t, r, unit, world.Asking("system:node:"+unit[3:], "system:nodes", secrets))
		}
		r.Join("kw/2", bag)
		w.Logs = nil
		for _, kind := range []string{"joined", "changed"} {
			name := "kube-control-relation-" + kind
			run := w.Begin(world.Hook{Name: name, Relation: r.ID, Unit: "kw/2"})
			if res := run.Command("-v", "hook", name); res.Code != 0 {
				t.Fatal(res.Stderr)
			}
			run.Commit()
		}
		evaluations := strings.Count(strings.Join(w.Logs, "\n"), "evaluate engine.")
		if evaluations == 0 || evaluations > 4 {
			t.Errorf("secrets %t: %d evaluations, want 4 at most:\n%s", secrets, evaluations, strings.Join(w.Logs, "\n"))
		}
	}
}
