package ready_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// What a worker was given is taken over from the charm before, and not what it has come to ask for since: that needs
// the policy, like any request.
func TestAdoptionGivesNoOtherGroup(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"system:nodes":           "system:nodes",
		"system:nodes,observers": "system:nodes",
		"system:masters":         "system:masters", // as it was given
	} {
		t.Run(given, func(t *testing.T) {
			t.Parallel()
			w := world.ReadyMaster(t, "kcp/0")
			r := w.Relate("kube-control:1", "kw")
			r.Join("kw/0", agent.Settings{"kubelet_user": "system:node:a", "auth_group": "system:masters"})
			r.Local = agent.Settings{"creds": `{"system:node:a": {"client_token": "client-token", "kubelet_token": "kubelet-token-a", "proxy_token": "proxy-token", "scope": "kw/0"}}`}
			write(t, w, "known_tokens.csv", "kubelet-token-a,system:node:a,kubelet-0,\""+given+"\"\n")
			w.MustHook(t, world.Hook{Name: "upgrade-charm"})
			w.MustHook(t, world.Hook{Name: "update-status"})
			file := w.TokenFile(t)
			if row := `kubelet-token-a,system:node:a,kube-control:kube-control:1/kw/0/kubelet,"` + want + `"`; !strings.Contains(file, row) {
				t.Errorf("the token file is\n%s", file)
			}
			if want == "system:nodes" && (strings.Contains(file, "system:masters") || w.Status.Message != "1 request refused: kw/0 asks for group system:masters") {
				t.Errorf("status %+v, the token file is\n%s", w.Status, file)
			}
		})
	}
}

// A former leader that leads again brings back nothing that ended under another: what was revoked, what a unit left
// with, what was replaced again and again.
func TestFormerLeaderRevivesNothing(t *testing.T) {
	t.Parallel()
	for name, under := range map[string]func(*testing.T, *world.World, *world.Relation){
		"revoked": func(t *testing.T, w *world.World, _ *world.Relation) { w.Must(t, "", "revoke", "kw/0") },
		"left": func(t *testing.T, w *world.World, r *world.Relation) {
			goal(w)
			w.Departed(t, r, "kw/0", "kw/0")
		},
		"replaced": func(t *testing.T, w *world.World, r *world.Relation) {
			for range 40 {
				w.Changed(t, r, "kw/0", node("c"))
				w.Changed(t, r, "kw/0", node("a"))
			}
		},
	} {
		for _, group := range []string{"system:nodes", "system:masters"} {
			t.Run(name+", asks for "+group, func(t *testing.T) {
				t.Parallel()
				w := world.ReadyMaster(t, "kcp/0")
				r := w.Relate("kube-control:1", "kw")
				w.Joined(t, r, "kw/0", node("a"))
				old := rows(t, w, "kw/0")[:3]
				other := w.Beside(t, "kcp/1")
				ro := other.Relate("kube-control:1", "kw")
				other.Joined(t, ro, "kw/0", node("a"))
				other.Leader = true
				other.MustHook(t, world.Hook{Name: "leader-elected"})
				under(t, other, ro)
				other.Leader = false
				w.Changed(t, r, "kw/0", agent.Settings{"kubelet_user": "system:node:a", "auth_group": group})
				file := w.TokenFile(t)
				for _, row := range old {
					if token, _, _ := strings.Cut(row, ","); strings.Contains(file, token) {
						t.Errorf("accepted again: %s", row)
					}
				}
				if strings.Contains(file, "system:masters") {
					t.Errorf("the token file is\n%s", file)
				}
				if name == "revoked" && group == "system:nodes" && (strings.Contains(r.Local["creds"], "kw/0") || !strings.Contains(w.Status.Message, "was revoked")) {
					t.Errorf("creds %s, status %+v", r.Local["creds"], w.Status)
				}
				if name == "left" && group == "system:nodes" && len(rows(t, w, "kw/0")) != 6 {
					t.Errorf("it was not signed anew:\n%s", file)
				}
			})
		}
	}
}

// A revoked request stays refused however the node is spelled, and after a request for another in between.
func TestRevokedNodeStaysOut(t *testing.T) {
	t.Parallel()
	for _, between := range []string{"A", "c"} {
		w, r := signed(t)
		w.Must(t, "", "revoke", "kw/0")
		w.Changed(t, r, "kw/0", node(between))
		w.State = map[string]string{} // as another leader's is
		w.Changed(t, r, "kw/0", node("a"))
		if file := w.TokenFile(t); strings.Contains(file, "system:node:a,") || !strings.Contains(w.Status.Message, "was revoked") {
			t.Errorf("by way of %s: status %+v\n%s", between, w.Status, file)
		}
	}
}

// More workers than there is space to adopt: the others get new tokens, and their old tokens stay as long as those of a
// rotation and end with them.
func TestAdoptionOfManyWorkers(t *testing.T) {
	t.Parallel()
	const n = 400
	w := world.ReadyMaster(t, "kcp/0")
	r := w.Relate("kube-control:1", "kw")
	creds, file := map[string]map[string]string{}, ""
	old := func(i int) string { return fmt.Sprintf("%032d", i) }
	for i := range n {
		user, unit := fmt.Sprintf("system:node:juju-0f1e2d-kubernetes-worker-%d", i), fmt.Sprintf("kw/%d", i)
		creds[user] = map[string]string{"scope": unit, "kubelet_token": old(i), "proxy_token": "proxy-token", "client_token": "client-token"}
		r.Join(unit, agent.Settings{"kubelet_user": user, "auth_group": "system:nodes"})
		file += fmt.Sprintf("%s,%s,kubelet-%d,\"system:nodes\"\n", old(i), user, i)
	}
	text, err := json.Marshal(creds)
	if err != nil {
		t.Fatal(err)
	}
	r.Local = agent.Settings{"creds": string(text)}
	write(t, w, "known_tokens.csv", file)
	accepted := func() (wire, before int) {
		published := map[string]struct {
			Kubelet string `json:"kubelet_token"`
		}{}
		if err := json.Unmarshal([]byte(r.Local["creds"]), &published); err != nil {
			t.Fatal(err)
		}
		file := w.TokenFile(t)
		for _, c := range published {
			if strings.Contains(file, c.Kubelet) {
				wire++
			}
		}
		for i := range n {
			if strings.Contains(file, old(i)) {
				before++
			}
		}
		return wire, before
	}
	w.MustHook(t, world.Hook{Name: "upgrade-charm"})
	if wire, before := accepted(); wire != n || before != n {
		t.Fatalf("of %d workers %d are accepted as published, %d as before", n, wire, before)
	}
	app := w.Relation("masters:0").App
	id := app["token-authority"]
	app["token-authority"] = "fakesecretid99999999" // a unit that leaves while the seed cannot be read has left
	w.Departed(t, r, fmt.Sprintf("kw/%d", n-1), fmt.Sprintf("kw/%d", n-1))
	app["token-authority"] = id
	if wire, before := accepted(); wire != n-1 || before != n-1 {
		t.Errorf("after one has left %d are accepted as published, %d as before", wire, before)
	}
	logged := len(w.Logs)
	w.MustHook(t, world.Hook{Name: "update-status"})
	w.MustHook(t, world.Hook{Name: "update-status"})
	if wire, before := accepted(); wire != n-1 || before >= n-1 || before < 200 {
		t.Errorf("in the end %d are accepted as published, %d as before", wire, before)
	}
	for _, line := range w.Logs[logged:] {
		if strings.Contains(line, "taken over") {
			t.Errorf("it goes on about it: %s", line)
		}
	}
}

// Without the peer relation nothing is known of who is accepted, and nobody is turned out.
func TestNoPeerRelation(t *testing.T) {
	t.Parallel()
	for _, departing := range []string{"kcp/0", ""} {
		w, r := signed(t)
		file := w.TokenFile(t)
		if departing != "" {
			w.Departed(t, r, "kw/0", departing)
		}
		w.Relations = w.Relations[1:]
		w.MustHook(t, world.Hook{Name: "update-status"})
		if w.TokenFile(t) != file {
			t.Errorf("departing %q: the token file is\n%s", departing, w.TokenFile(t))
		}
	}
}

// All rights end like any token: with the unit, or with a rotation after the option is changed back; until then the
// status says that they are there.
func TestAllRightsEnd(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	w.Options["client-token"] = "admin"
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", node("a"))
	w.Joined(t, r, "kw/1", node("b"))
	var old []string
	for _, unit := range []string{"kw/0", "kw/1"} {
		for _, row := range rows(t, w, unit)[:3] {
			old = append(old, strings.Split(row, ",")[0])
		}
	}
	w.Joined(t, r, "kw/2", agent.Settings{"kubelet_user": "system:node:c", "auth_group": "system:masters"})
	if !strings.HasPrefix(w.Status.Message, "1 request refused: kw/2 asks for group system:masters; ") {
		t.Errorf("a refusal is not told of: %+v", w.Status)
	}
	goal(w, "kw/1", "active")
	w.Departed(t, r, "kw/2", "kw/2")
	w.Departed(t, r, "kw/0", "kw/0")
	if strings.Contains(w.TokenFile(t), old[2]) {
		t.Errorf("who left keeps all rights:\n%s", w.TokenFile(t))
	}
	w.Options["client-token"] = "per-unit"
	w.MustHook(t, world.Hook{Name: "config-changed"})
	if w.Status.Message != "client-token was admin: workers keep all rights until rotate-credentials" {
		t.Errorf("status %+v", w.Status)
	}
	for _, want := range []string{"per-unit", "admin"} {
		w.Options["client-token"] = want
		w.Must(t, "", "rotate-credentials", "--all")
		w.Must(t, "", "rotate-credentials", "--finish")
		if file := w.TokenFile(t); strings.Contains(file, old[5]) || strings.Contains(file, "system:masters") != (want == "admin") {
			t.Errorf("client-token=%s:\n%s", want, file)
		}
	}
}

// A worker that is related twice and asks for the same user holds tokens that are accepted, also after one relation ends.
func TestWorkerOnTwoEndpoints(t *testing.T) {
	t.Parallel()
	for _, schema := range []string{"", "[0, 1]"} {
		for _, ends := range []string{"kube-control:1", "kube-control:2"} {
			w := world.ReadyMaster(t, "kcp/0")
			asks := node("a")
			asks["schema_vers"] = schema
			w.Joined(t, w.Relate("kube-control:1", "kw"), "kw/0", maps.Clone(asks))
			w.Joined(t, w.Relate("kube-control:2", "kw"), "kw/0", maps.Clone(asks))
			w.Must(t, "", "rotate-credentials", "--all")
			goal(w, "kw/0", "active")
			w.Departed(t, w.Relation(ends), "kw/0", "kw/0")
			stays := map[string]string{"kube-control:1": "kube-control:2", "kube-control:2": "kube-control:1"}[ends]
			token := rows(t, w, "kw/0")[0][:43]
			if secret := w.Vault.Labelled("kcp", "system:node:a-creds"); secret != nil {
				token = secret.Content()["kubelet-token"]
			} else if !strings.Contains(w.Relation(stays).Local["creds"], `"generation": 1`) {
				t.Errorf("creds are %s", w.Relation(stays).Local["creds"])
			}
			if !strings.Contains(w.TokenFile(t), token) {
				t.Errorf("schema_vers %q, %s ends: its token is not accepted\n%s", schema, ends, w.TokenFile(t))
			}
		}
	}
}

// A removed seed is made again when the bag no longer names it. Signed units keep their tokens.
func TestRemovedSeedIsMadeAnew(t *testing.T) {
	t.Parallel()
	w, r := signed(t)
	before, creds := rows(t, w, "kw/0")[:3], r.Local["creds"]
	w.Vault.Secrets = nil
	w.MustHook(t, world.Hook{Name: "update-status"})
	if w.Status.Message != "Waiting for the secret with the token seed" {
		t.Errorf("status %+v", w.Status)
	}
	delete(w.Relation("masters:0").App, "token-authority")
	w.MustHook(t, world.Hook{Name: "update-status"})
	w.Joined(t, r, "kw/2", node("c"))
	if got := rows(t, w, "kw/0"); !slices.Equal(got[:3], before) || !strings.HasPrefix(r.Local["creds"], creds[:len(creds)-1]) || len(rows(t, w, "kw/2")) != 6 {
		t.Errorf("creds were %s\nand are %s\n%s", creds, r.Local["creds"], w.TokenFile(t))
	}
}

// A worker that left under the charm before, or while nobody could take it over, is not accepted after the take-over: the
// wire or that charm's own record says which row was its own. Rows of nobody's and of living workers stay.
func TestRow102WorkerOfBeforeThatLeftIsNotAccepted(t *testing.T) {
	t.Parallel()
	entry := func(name, unit string) string {
		return fmt.Sprintf(`"system:node:%[1]s": {"client_token": "admin-token", "kubelet_token": "token-of-%[1]s-%[1]s", "proxy_token": "proxy-token", "scope": "%[2]s"}`, name, unit)
	}
	const file = "admin-token,admin,admin,\"system:masters\"\nproxy-token,system:kube-proxy,kube-proxy\n" +
		"token-of-a-a,system:node:a,kubelet-0,\"system:nodes\"\ntoken-of-b-b,system:node:b,kubelet-1,\"system:nodes\"\ntoken-of-mine,mine,mine\n"
	for name, tt := range map[string]struct {
		leader bool
		live   func(t *testing.T, w *world.World, r *world.Relation)
	}{
		"before the upgrade": {true, func(t *testing.T, w *world.World, r *world.Relation) {
			w.MustHook(t, world.Hook{Name: "upgrade-charm"})
		}},
		"before the upgrade of a follower": {false, func(t *testing.T, w *world.World, r *world.Relation) {
			w.MustHook(t, world.Hook{Name: "upgrade-charm"})
		}},
		"before a follower of the upgrade leads": {false, func(t *testing.T, w *world.World, r *world.Relation) {
			w.MustHook(t, world.Hook{Name: "upgrade-charm"})
			w.Leader = true
			w.MustHook(t, world.Hook{Name: "leader-elected"})
		}},
		"while the peer relation is not there": {true, func(t *testing.T, w *world.World, r *world.Relation) {
			peer := w.Relations[0]
			w.Relations = w.Relations[1:]
			r.Join("kw/1", node("b"))
			w.MustHook(t, world.Hook{Name: "upgrade-charm"})
			w.Departed(t, r, "kw/1", "kw/1")
			w.Relations = append(w.Relations, peer)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world.ReadyMaster(t, "kcp/0")
			w.Leader = tt.leader
			r := w.Relate("kube-control:1", "kw")
			r.Join("kw/0", node("a"))
			r.Local = agent.Settings{"creds": "{" + entry("a", "kw/0") + ", " + entry("b", "kw/1") + "}"}
			write(t, w, "known_tokens.csv", file)
			tt.live(t, w, r)
			for range 2 {
				w.MustHook(t, world.Hook{Name: "update-status"})
			}
			got := w.TokenFile(t)
			if strings.Contains(got, "token-of-b-b") {
				t.Errorf("the worker that left is accepted:\n%s", got)
			}
			for _, token := range []string{"admin-token,admin", "proxy-token,system:kube-proxy", "token-of-a-a,system:node:a", "token-of-mine,mine"} {
				if !strings.Contains(got, token) {
					t.Errorf("the row of %s is gone:\n%s", token, got)
				}
			}
			if run := w.MustHook(t, world.Hook{Name: "update-status"}); run.Changed() {
				t.Errorf("an idle hook writes: %v", run.Calls())
			}
		})
	}
}
