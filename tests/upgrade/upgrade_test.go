package upgrade

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// published are the bags of masters as the peers write them: two units are signed, kubernetes-worker/0 and /2.
func published(peer string) agent.Settings {
	bag := agent.Settings{
		"port": "53", "domain": "cluster.local", "sdn-ip": "10.152.183.10", "enable-kube-dns": "True",
		"cluster-tag": "kubernetes-abc", "registry-location": "rocks.canonical.com:443/cdk",
		"egress-subnets": "10.0.0.1/32", "ingress-address": "10.0.0.1", "private-address": "10.0.0.1",
	}
	const zero = `"system:node:node-0": {"scope": "kubernetes-worker/0", "kubelet_token": "k0", "proxy_token": "p0", "client_token": "c0"}`
	const two = `"system:node:node-2": {"scope": "kubernetes-worker/2", "kubelet_token": "k2", "proxy_token": "p2", "client_token": "c2"}`
	switch peer {
	case "reactive-2019-05":
		bag["creds"] = "{" + two + ", " + zero + "}" // as they were signed
		return bag
	case "reactive-latest":
		bag["creds"] = `{"system:node:node-0": {"client_token": "c0", "kubelet_token": "k0", "proxy_token": "p0", "scope": "kubernetes-worker/0"}, ` +
			`"system:node:node-2": {"client_token": "c2", "kubelet_token": "k2", "proxy_token": "p2", "scope": "kubernetes-worker/2"}}`
		bag["cohort-keys"] = `{"kube-proxy": "k2", "kubelet": "k1"}`
		bag["api-endpoints"] = `["https://10.0.0.11:6443", "https://10.0.0.12:6443"]`
	case "ops":
		bag["creds"] = `{"system:node:node-2": {"client_token": "c2", "kubelet_token": "k2", "proxy_token": "p2", "scope": "kubernetes-worker/2"}, ` +
			`"system:node:node-0": {"client_token": "c0", "kubelet_token": "k0", "proxy_token": "p0", "scope": "kubernetes-worker/0"}}`
		bag["api-endpoints"] = `["https://10.0.0.12:6443", "https://10.0.0.11:6443"]` // as they were given
	}
	maps.Copy(bag, agent.Settings{
		"default-cni": `""`, "has-xcp": "false", "labels": `["node-role.kubernetes.io/control-plane="]`,
		"taints": `["node-role.kubernetes.io/control-plane:NoSchedule"]`,
	})
	return bag
}

// master is a world in which a charm on a peer was replaced before its first hook: three workers are joined, of which
// the last waits for its credentials, and kubernetes-worker/1 has left. Settings is the new charm's kube-control.yaml.
func master(t *testing.T, peer, settings string) (*world.World, *world.Relation) {
	t.Helper()
	w := world.New("kubernetes-master/0", world.Charm(t, "master", settings))
	r := w.Relate("kube-control:0", "kubernetes-worker")
	r.Local = published(peer)
	for unit, user := range map[string]string{"0": "node-0", "2": "node-2", "3": "node-3"} {
		r.Join("kubernetes-worker/"+unit, agent.Settings{
			"kubelet_user": "system:node:" + user, "auth_group": "system:nodes", "gpu": "False", "private-address": "10.0.0.2",
		})
	}
	f := recorded(t, peer+"/master")
	rows := f.rows()
	if peer != "ops" {
		rows["creds"] = r.Local["creds"]
	}
	lay(t, w, f, rows)
	return w, r
}

// writes lists a run's calls of a tool.
func writes(r *world.Run, tool string) []string {
	var found []string
	for _, c := range r.Calls() {
		if c.Argv[0] == tool {
			found = append(found, strings.Join(c.Argv, " ")+" "+string(c.Stdin))
		}
	}
	return found
}

func warnings(w *world.World) []string {
	return slices.DeleteFunc(slices.Clone(w.Logs), func(l string) bool { return !strings.HasPrefix(l, "WARNING") && !strings.HasPrefix(l, "ERROR") })
}

// TestS4MasterInPlace is the scenario as operators meet it: upgrade-charm, config-changed, then update-status alone.
func TestS4MasterInPlace(t *testing.T) {
	t.Parallel()
	for _, peer := range []string{"reactive-2019-05", "reactive-latest", "ops"} {
		t.Run(peer, func(t *testing.T) {
			t.Parallel()
			w, r := master(t, peer, "")
			before := maps.Clone(r.Local)
			var rows map[string]string
			if peer != "ops" {
				rows = stored(t, w)
			}
			run := w.MustHook(t, world.Hook{Name: "upgrade-charm"})
			if got := writes(run, "relation-set"); got != nil {
				t.Errorf("INV-21: nothing differs, and %q is written", got)
			}
			if m := mode(t, w); m != 0o600 {
				t.Errorf("incident 63: the file's mode is %o", m)
			}
			for _, name := range []string{"config-changed", "update-status"} {
				if run := w.MustHook(t, world.Hook{Name: name}); run.Changed() {
					t.Errorf("%s changes something: %v", name, run.Calls())
				}
			}
			if d := cmp.Diff(before, r.Local); d != "" {
				t.Errorf("INV-21: databag (-before +after):\n%s", d)
			}
			if got := warnings(w); len(got) > 0 {
				t.Errorf("warnings: %q", got)
			}
			state, _ := json.Marshal(w.State)
			for _, token := range []string{"k0", "p0", "c0", "k2", "p2", "c2"} {
				if strings.Contains(string(state), `\"`+token+`\"`) {
					t.Errorf("a token is in the state: %s", state)
				}
			}

			// The request that waits is signed, and the others stay as they are.
			if got := w.Must(t, "", "auth-user", "--pending", "--format", "json"); got != `[{"unit":"kubernetes-worker/3","user":"system:node:node-3","group":"system:nodes"}]`+"\n" {
				t.Errorf("pending: %s", got)
			}
			w.Must(t, `[{"scope":"kubernetes-worker/3","kubelet_token":"k3","proxy_token":"p3","client_token":"c3"}]`, "sign-auth-request", "--batch")
			creds := credsOf(t, r.Local["creds"])
			if len(creds) != 3 || creds["system:node:node-3"]["client_token"] != "c3" {
				t.Errorf("creds after the third is signed: %v", creds)
			}
			for user, entry := range credsOf(t, before["creds"]) {
				if d := cmp.Diff(entry, creds[user]); d != "" {
					t.Errorf("entry of %s (-before +after):\n%s", user, d)
				}
			}
			if got := w.Must(t, "", "flags", "is-set", "kube-control.connected"); got != "true\n" {
				t.Errorf("connected: %q", got)
			}

			// The unit that left is offered once.
			want := "kubernetes-worker/1\n"
			if peer == "ops" {
				want = "" // which keeps none
			}
			if got := w.Must(t, "", "flush-departed"); got != want {
				t.Errorf("departed: %q", got)
			}
			if got := w.Must(t, "", "flush-departed"); got != "" {
				t.Errorf("departed, again: %q", got)
			}
			if run := w.MustHook(t, world.Hook{Name: "update-status"}); writes(run, "relation-set") != nil {
				t.Errorf("an update-status writes relation data")
			}
			if rows != nil {
				if d := cmp.Diff(rows, stored(t, w)); d != "" {
					t.Errorf("the way back: rows (-before +after):\n%s", d)
				}
			}
		})
	}
}

func credsOf(t *testing.T, text string) map[string]map[string]string {
	t.Helper()
	var creds map[string]map[string]string
	if err := json.Unmarshal([]byte(text), &creds); err != nil {
		t.Fatalf("creds %q: %v", text, err)
	}
	return creds
}

// TestS4WorkerInPlace: a worker's keys and flags stay; only schema_vers is new. What it had comes from the relation,
// whatever the file lacks (incident 25).
func TestS4WorkerInPlace(t *testing.T) {
	t.Parallel()
	for _, peer := range []string{"reactive-2019-05", "reactive-latest", "ops"} {
		t.Run(peer, func(t *testing.T) {
			t.Parallel()
			w := world.New("kubernetes-worker/0", world.Charm(t, "worker", ""))
			f := recorded(t, peer+"/worker")
			lay(t, w, f, f.rows())
			r := w.Relate("kube-control:0", "kubernetes-master")
			r.Local = agent.Settings{"kubelet_user": "system:node:node-0", "auth_group": "system:nodes", "private-address": "10.0.0.2"}
			if peer != "ops" {
				r.Local["gpu"] = "False"
			}
			r.Join("kubernetes-master/0", published(peer))
			before := maps.Clone(r.Local)
			w.MustHook(t, world.Hook{Name: "upgrade-charm"})
			delete(r.Local, "schema_vers")
			if d := cmp.Diff(before, r.Local); d != "" {
				t.Errorf("INV-21: databag (-before +after):\n%s", d)
			}
			if got := w.Must(t, "", "flags", "is-set", "kube-control.auth.ready"); got != "true\n" {
				t.Errorf("auth.ready: %q", got)
			}
			if m, got := mode(t, w), warnings(w); m != 0o600 || len(got) > 0 {
				t.Errorf("mode %o, warnings %q", m, got)
			}
		})
	}
}

// TestS4CredsOfTheFile: what the leader had signed and the wire does not say is published once, each on the relation of
// its unit (T2); what has no unit, no token or another holder by now is not.
func TestS4CredsOfTheFile(t *testing.T) {
	t.Parallel()
	const file = `{
		"joined": {"scope": "kw/0", "kubelet_token": "k0", "proxy_token": "p0", "client_token": "c0"},
		"other relation": {"scope": "x/0", "kubelet_token": "kx", "proxy_token": null, "client_token": ""},
		"left": {"scope": "kw/7", "kubelet_token": "k7", "proxy_token": "p7", "client_token": "c7"},
		"on the wire": {"scope": "kw/1", "kubelet_token": "old", "proxy_token": "old", "client_token": "old"},
		"system:node:held": {"scope": "kw/2", "kubelet_token": "k2", "proxy_token": "p2", "client_token": "c2"},
		"no tokens": {"scope": "kw/2", "kubelet_token": "", "proxy_token": "", "client_token": null},
		"no scope": {"kubelet_token": "bad", "proxy_token": "bad", "client_token": "bad"},
		"no entry": 3}`
	wire := `{"on the wire": {"scope": "kw/1", "kubelet_token": "new", "proxy_token": "new", "client_token": "new"},
		"system:node:Held": {"scope": "kw/1", "kubelet_token": "k1", "proxy_token": "p1", "client_token": "c1"}}`
	start := func(t *testing.T, leader bool) (*world.World, *world.Relation, *world.Relation) {
		t.Helper()
		w := world.New("kcp/0", world.Charm(t, "master", ""))
		w.Leader = leader
		lay(t, w, recorded(t, "reactive-latest/master"), map[string]string{"creds": file})
		a, b := w.Relate("kube-control:0", "kw"), w.Relate("kube-control:1", "x")
		for _, unit := range []string{"kw/0", "kw/1", "kw/2"} {
			a.Join(unit, agent.Settings{"kubelet_user": "user of " + unit})
		}
		b.Join("x/0", agent.Settings{"kubelet_user": "other relation"})
		if leader {
			a.Local["creds"] = wire
		}
		return w, a, b
	}
	t.Run("leader", func(t *testing.T) {
		t.Parallel()
		w, a, b := start(t, true)
		run := w.MustHook(t, world.Hook{Name: "config-changed"})
		if got := len(writes(run, "relation-set")); got != 2 {
			t.Errorf("%d writes", got)
		}
		want := credsOf(t, wire)
		want["joined"] = map[string]string{"scope": "kw/0", "kubelet_token": "k0", "proxy_token": "p0", "client_token": "c0"}
		if d := cmp.Diff(want, credsOf(t, a.Local["creds"])); d != "" {
			t.Errorf("creds (-want +got):\n%s", d)
		}
		if got := b.Local["creds"]; got != `{"other relation": {"client_token": "", "kubelet_token": "kx", "proxy_token": null, "scope": "x/0"}}` {
			t.Errorf("creds of the other relation: %s", got)
		}
		if got := warnings(w); len(got) != 1 || !strings.Contains(got[0], `"no entry"`) || !strings.Contains(got[0], `"no scope"`) || strings.Contains(got[0], "bad\"") {
			t.Errorf("warnings: %q", got)
		}
		// Never again: what is cleared by hand does not come back from the file.
		w.Must(t, "", "clear-creds")
		if run := w.MustHook(t, world.Hook{Name: "upgrade-charm"}); writes(run, "relation-set") != nil {
			t.Error("creds come back from the file")
		}
		// Nor where the state was damaged.
		w.State["kube-control/1/unit"] = "damaged"
		if run := w.MustHook(t, world.Hook{Name: "upgrade-charm"}); writes(run, "relation-set") != nil {
			t.Error("creds come back from the file once the state is damaged")
		}
	})
	t.Run("follower", func(t *testing.T) {
		t.Parallel()
		w, a, b := start(t, false)
		if run := w.MustHook(t, world.Hook{Name: "upgrade-charm"}); writes(run, "relation-set") != nil || len(a.Local)+len(b.Local) != 0 {
			t.Errorf("a follower writes %v", run.Calls())
		}
	})
}

// TestS4FirstRunByHand: whatever runs first takes over, and a question or a dry run changes nothing.
func TestS4FirstRunByHand(t *testing.T) {
	t.Parallel()
	w, r := master(t, "reactive-latest", "")
	before := maps.Clone(r.Local)
	w.Must(t, "", "auth-user")
	w.Must(t, "", "flush-departed", "--dry-run")
	if m := mode(t, w); m != 0o644 || len(w.State) > 0 {
		t.Errorf("a question changed something: mode %o, state %v", m, w.State)
	}
	if got := w.Must(t, "", "flush-departed"); got != "kubernetes-worker/1\n" {
		t.Errorf("departed: %q", got)
	}
	if m := mode(t, w); m != 0o600 {
		t.Errorf("mode %o", m)
	}
	w.MustHook(t, world.Hook{Name: "upgrade-charm"})
	if got := w.Must(t, "", "flush-departed"); got != "" {
		t.Errorf("departed, again: %q", got)
	}
	if d := cmp.Diff(before, r.Local); d != "" {
		t.Errorf("databag (-before +after):\n%s", d)
	}
}

// TestS4NoFailureLosesTheDeparted: whichever tool call fails in the first run, the unit that left is told then or later.
// What a command wrote by hand before it failed is kept.
func TestS4NoFailureLosesTheDeparted(t *testing.T) {
	t.Parallel()
	for k := 1; ; k++ {
		w, _ := master(t, "reactive-latest", "")
		run := w.Begin(world.Hook{})
		failed := false
		run.Faults(agent.Faults{Before: func(call int, _ []string) agent.Fault {
			if call != k {
				return agent.NoFault
			}
			failed = true
			return agent.FailCall
		}})
		res := run.Command("flush-departed")
		run.Commit()
		if !failed {
			break
		}
		if res.Code != 1 {
			t.Errorf("call %d fails, and the exit code is %d", k, res.Code)
		}
		if told := res.Stdout + w.Must(t, "", "flush-departed"); !strings.Contains(told, "kubernetes-worker/1\n") {
			t.Errorf("call %d fails, and all that is told is %q", k, told)
		}
	}
}

// TestS4UnitIsBack: a unit whose relation was made again has not left.
func TestS4UnitIsBack(t *testing.T) {
	t.Parallel()
	for _, peer := range []string{"reactive-2019-05", "reactive-latest"} {
		w, r := master(t, peer, "")
		r.Join("kubernetes-worker/1", agent.Settings{})
		w.MustHook(t, world.Hook{Name: "upgrade-charm"})
		if got := w.Must(t, "", "flush-departed"); got != "" {
			t.Errorf("%s: departed: %q", peer, got)
		}
	}
}

// TestS4BadFile: a file that can't be used is one warning, in the first hook, and no failure.
func TestS4BadFile(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		make func(t *testing.T, w *world.World)
		want string
	}{
		{"damaged", func(t *testing.T, w *world.World) {
			if err := os.WriteFile(storeOf(w), []byte(strings.Repeat("damaged ", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "file is not a database"},
		{"of others", func(t *testing.T, w *world.World) { execute(t, connect(t, w), "CREATE TABLE notes (text)") }, "it is not a database of charmhelpers"},
		{"locked", func(t *testing.T, w *world.World) {
			lay(t, w, recorded(t, "reactive-latest/master"), nil)
			execute(t, connect(t, w), "BEGIN EXCLUSIVE")
		}, "another program has it locked"},
		{"creds of text", func(t *testing.T, w *world.World) {
			lay(t, w, recorded(t, "reactive-latest/master"), map[string]string{"creds": `"text"`, "reactive.endpoints.departed.kube-control": "3"})
		}, "creds is not a JSON object"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := world.New("kcp/0", world.Charm(t, "master", ""))
			r := w.Relate("kube-control:0", "kw")
			r.Join("kw/0", agent.Settings{"kubelet_user": "u"})
			test.make(t, w)
			w.MustHook(t, world.Hook{Name: "upgrade-charm"})
			w.MustHook(t, world.Hook{Name: "config-changed"})
			if got := warnings(w); len(got) != 1 || !strings.Contains(got[0], test.want) {
				t.Errorf("warnings: %q", got)
			}
			if got := w.Must(t, "", "auth-user", "--pending"); !strings.Contains(got, "\nkw/0 ") {
				t.Errorf("pending: %q", got)
			}
		})
	}
}
