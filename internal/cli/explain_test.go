package cli_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// why is the JSON of explain, as far as the tests read it.
type why struct {
	Endpoints []struct {
		Status   struct{ Status, Message string }
		Problems []problem
		Flags    []struct {
			Flag, Rule, Because, Next string
			Set                       bool
		}
		Units []struct{ Unit, State string }
	}
}

type problem struct{ Cause, Relation, Unit, Key, Text, Next string }

// explain asks for the JSON and holds it to what every explanation must be: it changes nothing, each problem has a cause,
// a text and a next step, the flags are those of the command flags, and no token is shown.
func explain(t *testing.T, w *world.World, args ...string) why {
	t.Helper()
	run := w.Begin(world.Hook{})
	res := run.Command(append([]string{"explain", "--format", "json"}, args...)...)
	if res.Code != 0 || res.Stderr != "" || run.Changed() {
		t.Fatalf("exit %d, changed %v: %s", res.Code, run.Changed(), res.Stderr)
	}
	var x why
	if err := json.Unmarshal([]byte(res.Stdout), &x); err != nil || len(x.Endpoints) != 1 {
		t.Fatalf("cannot read %s: %v", res.Stdout, err)
	}
	text := w.Begin(world.Hook{}).Command(append([]string{"explain"}, args...)...).Stdout
	for _, out := range []string{res.Stdout, text} {
		if strings.Contains(out, "SECRET") || strings.Contains(out, "\x1b") || len(out) > 40000 {
			t.Errorf("INV-14: %s", out)
		}
	}
	set := []string{}
	for _, f := range x.Endpoints[0].Flags {
		if f.Rule == "" || f.Because == "" {
			t.Errorf("%+v says too little", f)
		}
		if f.Set {
			set = append(set, f.Flag)
		}
	}
	flags := strings.Fields(w.Begin(world.Hook{}).Command("flags").Stdout)
	flags = slices.DeleteFunc(flags, func(name string) bool { return name == "leadership.is_leader" })
	slices.Sort(set)
	if !slices.Equal(flags, set) {
		t.Errorf("flags are %v, explained as %v", flags, set)
	}
	for _, p := range x.Endpoints[0].Problems {
		if p.Cause == "" || p.Text == "" || p.Next == "" || !strings.Contains(text, p.Text) || !strings.Contains(text, "next: "+p.Next) {
			t.Errorf("a problem says too little, or the text does not have it: %+v\n%s", p, text)
		}
	}
	return x
}

// badDay is one row of an operator's bad day: a unit in trouble, the status that it must show, and the problem that
// explain must name, with a part of what to do next.
type badDay struct {
	name    string
	world   func(t *testing.T) *world.World
	args    string
	status  string // "STATUS MESSAGE"
	problem string // "CAUSE UNIT KEY", a part left out is "-"
	next    string
}

func TestS10BadDay(t *testing.T) {
	t.Parallel()
	for _, day := range slices.Concat(workerDays(), masterDays(), otherMasterDays()) {
		t.Run(day.name, func(t *testing.T) {
			t.Parallel()
			w := day.world(t)
			w.MustHook(t, world.Hook{Name: "config-changed"})
			if got := strings.TrimSpace(w.Status.Status + " " + w.Status.Message); got != day.status {
				t.Errorf("status %q, want %q", got, day.status)
			}
			if len(w.Status.Message) >= 100 {
				t.Errorf("the message is %d bytes long: %s", len(w.Status.Message), w.Status.Message)
			}
			x := explain(t, w, strings.Fields(day.args)...)
			e := x.Endpoints[0]
			if got := strings.TrimSpace(e.Status.Status + " " + e.Status.Message); got != day.status {
				t.Errorf("explained status %q, want %q", got, day.status)
			}
			var got []string
			for _, p := range e.Problems {
				line := strings.TrimSpace(fmt.Sprintf("%s %s %s", p.Cause, dash(p.Unit), dash(p.Key)))
				if line == day.problem && strings.Contains(p.Next, day.next) {
					return
				}
				got = append(got, line+": "+p.Text+"; next: "+p.Next)
			}
			if day.problem != "" || len(got) > 0 {
				t.Errorf("want %s with %q, got:\n%s", day.problem, day.next, strings.Join(got, "\n"))
			}
		})
	}
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// related makes a worker that asks for the node a, with masters' bags.
func related(bags ...bag) func(*testing.T) *world.World {
	return func(t *testing.T) *world.World {
		t.Helper()
		w := world.New("kw/0", world.Charm(t, "worker", "status: true\n"))
		w.Leader = false
		r := w.Relate("kube-control:1", "kcp")
		r.Local = bag{"kubelet_user": "system:node:a", "auth_group": "system:nodes"}
		for i, b := range bags {
			r.Join(fmt.Sprintf("kcp/%d", i), b)
		}
		return w
	}
}

// given is a master's bag with one entry of creds.
func given(user, scope, token, more string) bag {
	return bag{
		"enable-kube-dns": "False",
		"creds":           fmt.Sprintf(`{%q: {"scope": %q, "kubelet_token": %q, "proxy_token": "", "client_token": ""%s}}`, user, scope, token, more),
	}
}

// changed is a world after some changes.
func changed(make func(*testing.T) *world.World, change func(*testing.T, *world.World)) func(*testing.T) *world.World {
	return func(t *testing.T) *world.World {
		t.Helper()
		w := make(t)
		change(t, w)
		return w
	}
}

const (
	waits     = "waiting Waiting for cluster credentials"
	onLeader  = "juju exec --unit kcp/leader -- bin/kube-control "
	askLeader = onLeader + "explain --unit kw/0"
)

func workerDays() []badDay {
	secret := `, "secret-id": "secret:00000000000000000001"`
	return []badDay{
		{"nothing is related", func(t *testing.T) *world.World {
			return world.New("kw/0", world.Charm(t, "worker", "status: true\n"))
		}, "", "blocked Missing required kube-control relation", "no-relation - -", "juju integrate kw:kube-control "},
		{"a relation is planned", changed(related(), func(_ *testing.T, w *world.World) {
			w.Relations = nil
			w.Goal.Relations = map[string]map[string]agent.Status{"kube-control": {"kcp": {Status: "joining"}, "kcp/0": {Status: "waiting"}}}
		}), "", "waiting Waiting for kube-control relation", "planned - -", "juju status"},
		{"the master that is to come is in error", changed(related(), func(_ *testing.T, w *world.World) {
			w.Goal.Relations = map[string]map[string]agent.Status{"kube-control": {"kcp/0": {Status: "error"}}}
		}), "", "waiting Waiting for kube-control relation", "planned - -", "juju resolve kcp/0"},
		{"the master has no unit", related(), "", "waiting Waiting for kube-control relation", "no-unit - -", "juju add-unit"},
		{"the master says nothing", related(bag{}), "", "waiting Waiting for cluster DNS", "no-dns kcp/0 enable-kube-dns", "set-dns"},
		{"the request is not signed", related(bag{"enable-kube-dns": "False"}), "", waits, "unsigned - creds", askLeader},
		{"the master is in error", changed(related(bag{"enable-kube-dns": "False"}), func(_ *testing.T, w *world.World) {
			w.Goal.Relations = map[string]map[string]agent.Status{"kube-control": {"kcp/0": {Status: "error"}}}
		}), "", waits, "unsigned - creds", "kcp/0 is in error: juju debug-log --replay --include kcp/0, then juju resolve kcp/0"},
		{"nothing is asked for", changed(related(bag{"enable-kube-dns": "False"}), func(_ *testing.T, w *world.World) {
			w.Relations[0].Local = bag{}
		}), "", "active", "no-request kw/0 kubelet_user", "set-auth-request USER"},
		{"another unit holds the user", related(given("system:node:a", "kw/7", "SECRET", "")), "", waits + ": another unit holds the user", "entry-of-other kcp/0 creds", "set-auth-request USER"},
		{"signed with capitals", related(given("system:node:A", "kw/0", "SECRET", "")), "", waits + ": signed for another spelling of the node", "node-case kcp/0 creds", askLeader},
		{"asked with capitals", changed(related(given("system:node:a", "kw/0", "SECRET", "")), func(_ *testing.T, w *world.World) {
			w.Relations[0].Local["kubelet_user"] = "system:node:A"
		}), "", waits + ": signed for another spelling of the node", "node-case kcp/0 creds", "bin/kube-control set-auth-request system:node:a"},
		{"signed without a token", related(given("system:node:a", "kw/0", "", "")), "", waits + ": the master's entry has no token", "no-token kcp/0 creds", askLeader},
		{"the secret is not granted", related(given("system:node:a", "kw/0", "", secret)), "", waits + ": the master's secret can't be read", "secret-unreadable kcp/0 creds", onLeader + "refresh"},
		{"the secret is empty", changed(related(given("system:node:a", "kw/0", "", secret)), func(_ *testing.T, w *world.World) {
			w.Secrets = []*world.Secret{{
				ID: "00000000000000000001", Owner: "kcp", Latest: 1, Revisions: map[int]map[string]string{1: {"other": "x"}},
				Grants: map[string]string{"kw/0": "kube-control:1"}, Tracked: map[string]int{},
			}}
		}), "", waits + ": the master's secret has no token", "no-token kcp/0 creds", askLeader},
		{"Juju is too old for secrets", changed(related(given("system:node:a", "kw/0", "", secret)), func(_ *testing.T, w *world.World) {
			w.Version = "2.9.51"
		}), "", waits + ": this Juju has no secrets", "no-secrets kcp/0 creds", askLeader},
		{"the ID is no secret's", related(given("system:node:a", "kw/0", "", `, "secret-id": "../../etc/\u001b[2J"`)), "", waits + ": the master names no secret", "bad-value kcp/0 creds", askLeader},
		{"creds are garbage", related(bag{"enable-kube-dns": "False", "creds": "SECRET"}), "", waits + ": a master's creds can't be read", "bad-creds kcp/0 creds", askLeader},
		{"a databag is denied", changed(related(bag{"enable-kube-dns": "False"}), func(_ *testing.T, w *world.World) {
			w.Relations[0].Members = []string{"kcp/0", "kcp/1"}
		}), "", waits + ": a master's databag can't be used", "bad-bag kcp/1 creds", askLeader},
		{"the only databag is denied", changed(related(), func(_ *testing.T, w *world.World) {
			w.Relations[0].Members = []string{"kcp/0"}
		}), "", "waiting Waiting for cluster DNS: a master's databag can't be used", "bad-bag kcp/0 -", "show-unit kcp/0"},
		{"values are bad", related(bag{"enable-kube-dns": "False", "creds": given("system:node:a", "kw/0", "SECRET", "")["creds"], "taints": "5"}), "", "active", "bad-value kcp/0 taints", "show-unit kcp/0"},
		{"the CA's secret is not granted", related(bag{
			"enable-kube-dns": "False", "creds": given("system:node:a", "kw/0", "SECRET", "")["creds"], "ca-certificate-secret-id": "secret:00000000000000000009",
		}), "", "active", "bad-value kcp/0 ca-certificate-secret-id", onLeader + "refresh"},
		{"two masters disagree", related(given("system:node:a", "kw/0", "SECRET1", ""), given("system:node:a", "kw/0", "SECRET2", "")), "", "active", "two-masters kcp/0 creds", "juju exec --unit kcp/0 -- bin/kube-control refresh"},
		{"two masters agree", related(given("system:node:a", "kw/0", "SECRET1", ""), given("system:node:a", "kw/0", "SECRET1", "")), "", "active", "", ""},
		{"the relation is forgotten", changed(related(bag{}), func(_ *testing.T, w *world.World) { w.Relations[0].Forgotten = true }), "", "waiting Waiting for kube-control relation", "forgotten - -", "integrate again"},
		{"a stranger is asked for", related(given("system:node:a", "kw/0", "SECRET", "")), "--unit kcp/7", "active", "not-joined kcp/7 -", "juju status kcp"},
	}
}

// serving makes a master with workers' bags.
func serving(bags ...bag) func(*testing.T) *world.World {
	return func(t *testing.T) *world.World {
		t.Helper()
		w := world.New("kcp/0", world.Charm(t, "master", "status: true\n"))
		r := w.Relate("kube-control:1", "kw")
		for i, b := range bags {
			w.Joined(t, r, fmt.Sprintf("kw/%d", i), b)
		}
		return w
	}
}

func node(name string) bag {
	return bag{"kubelet_user": "system:node:" + name, "auth_group": "system:nodes"}
}

const tokens = `{"kubelet_token": "SECRETk", "proxy_token": "SECRETp", "client_token": "SECRETc"}`

// withTokens is a master with one worker, whose tokens stand in a secret if it reads those.
func withTokens(in bag) func(*testing.T) *world.World {
	return changed(serving(in), func(t *testing.T, w *world.World) {
		t.Helper()
		w.Must(t, tokens, "sign-auth-request", "kw/0")
	})
}

func inSecret(name string) bag {
	b := node(name)
	b["schema_vers"] = "[0, 1]"
	return b
}

func masterDays() []badDay {
	const auth = "waiting Waiting for Auth Tokens"
	return []badDay{
		{"a master alone", func(t *testing.T) *world.World {
			return world.New("kcp/0", world.Charm(t, "master", "status: true\n"))
		}, "", "active", "", ""},
		{"workers are planned", changed(serving(), func(_ *testing.T, w *world.World) {
			w.Goal.Relations = map[string]map[string]agent.Status{"kube-control": {"kw/0": {Status: "waiting"}}}
		}), "", "waiting Waiting for workers", "planned - -", "juju status"},
		{"all is well", withTokens(node("a")), "", "active", "", ""},
		{"a request waits", serving(node("a")), "", auth, "unsigned kw/0 kubelet_user", "juju exec --unit kcp/0 -- bin/kube-control sign-auth-request kw/0 --tokens FILE"},
		{"a request was overlooked", changed(serving(bag{}), func(_ *testing.T, w *world.World) { w.Relations[0].Remote["kw/0"] = node("a") }), "--unit kw/0", "active", "overlooked kw/0 kubelet_user", "juju exec --unit kcp/0 -- bin/kube-control refresh"},
		{"one user, two units", changed(serving(node("a"), node("A")), func(t *testing.T, w *world.World) {
			w.Must(t, tokens, "sign-auth-request", "kw/0")
		}), "", "active 1 request refused: kw/1 asks for the user of kw/0", "conflict kw/1 kubelet_user", "juju exec --unit kw/1 -- bin/kube-control set-auth-request USER"},
		{"revoked", changed(withTokens(node("a")), func(t *testing.T, w *world.World) {
			w.Must(t, "", "revoke", "kw/0")
		}), "", "active 1 request refused: kw/0 was revoked", "revoked kw/0 kubelet_user", "revoke --undo kw/0"},
		{"a rotation waits", changed(withTokens(node("a")), func(t *testing.T, w *world.World) {
			w.Must(t, "", "rotate-credentials", "--all")
		}), "", auth, "rotating kw/0 kubelet_user", "sign-auth-request kw/0"},
		{"another group", changed(withTokens(node("a")), func(t *testing.T, w *world.World) {
			w.Changed(t, w.Relations[0], "kw/0", bag{"kubelet_user": "system:node:a", "auth_group": "others"})
		}), "", auth, "request-changed kw/0 auth_group", "sign-auth-request kw/0"},
		{"signed with other capitals", changed(withTokens(node("A")), func(t *testing.T, w *world.World) {
			w.Changed(t, w.Relations[0], "kw/0", node("a"))
		}), "", auth, "node-case kw/0 kubelet_user", "sign-auth-request kw/0"},
		{"asked with capitals since", changed(withTokens(node("a")), func(t *testing.T, w *world.World) {
			w.Changed(t, w.Relations[0], "kw/0", node("A"))
		}), "", auth, "node-case kw/0 kubelet_user", "juju exec --unit kw/0 -- bin/kube-control set-auth-request system:node:a"},
		{"a databag is too large", serving(bag{"kubelet_user": "u", "x": strings.Repeat("y", 65<<10)}), "", "active 1 unit not served: the databag of kw/0 is larger than 64 KiB", "bad-bag kw/0 -", "refresh"},
		{"a databag is denied", changed(serving(), func(_ *testing.T, w *world.World) {
			w.Relations[0].Members = []string{"kw/0"}
		}), "", "active 1 unit not served: the databag of kw/0 is denied by Juju", "bad-bag kw/0 -", "refresh"},
		{"a request is not a text", serving(bag{"kubelet_user": "a\x00\x1b"}), "", "active 1 unit not served: the request of kw/0: kubelet_user is not UTF-8 text without NUL", "bad-request kw/0 kubelet_user", "set-auth-request"},
		{"a user is made of shell", serving(bag{"kubelet_user": "system:node:A; rm -rf /"}), "", auth, "unsigned kw/0 kubelet_user", "set-auth-request system:node:NODE"},
		{"a secret is gone", changed(withTokens(inSecret("a")), func(_ *testing.T, w *world.World) { w.Secrets = nil }), "--unit kw/0", "active", "secret-gone kw/0 -", "refresh"},
		{"a secret is not granted", changed(withTokens(inSecret("a")), func(_ *testing.T, w *world.World) { clear(w.Secrets[0].Grants) }), "--unit kw/0", "active", "secret-not-granted kw/0 -", "refresh"},
		{"this unit is in error", changed(withTokens(node("a")), func(_ *testing.T, w *world.World) {
			w.Goal.Units = map[string]agent.Status{"kcp/0": {Status: "error"}}
		}), "", "active", "in-error kcp/0 -", "juju resolve kcp/0"},
		{"a stranger is asked for", withTokens(node("a")), "--unit kw/9", "active", "not-joined kw/9 -", "juju status kw"},
		{"who has left is asked for", changed(withTokens(node("a")), func(t *testing.T, w *world.World) {
			w.Departed(t, w.Relations[0], "kw/0", "kw/0")
		}), "--unit kw/0", "active", "not-joined kw/0 -", "juju status kw"},
		{"this unit is being removed", changed(withTokens(node("a")), func(t *testing.T, w *world.World) {
			w.Departed(t, w.Relations[0], "kw/0", "kcp/0")
		}), "", "active", "dying kcp/0 -", "the units that stay go on"},
	}
}

// beside gives a master a colleague with a databag, and a workload status.
func beside(make func(*testing.T) *world.World, leader bool, status string, b bag) func(*testing.T) *world.World {
	return changed(make, func(_ *testing.T, w *world.World) {
		w.Leader = leader
		w.Goal.Units = map[string]agent.Status{"kcp/0": {Status: "active"}, "kcp/1": {Status: status}}
		if b != nil {
			w.Relations[0].Remote["kcp/1"] = b
		}
	})
}

func otherMasterDays() []badDay {
	theirs := given("system:node:a", "kw/0", "SECRETother", "")
	zombie := "juju exec --unit kcp/1 -- bin/kube-control refresh"
	return []badDay{
		{"a follower whose leader has not signed", beside(serving(node("a")), false, "active", bag{}), "", "active", "unsigned kw/0 kubelet_user", askLeader},
		{"a follower whose leader is in error", beside(serving(node("a")), false, "error", nil), "", "active", "unsigned kw/0 kubelet_user", "juju resolve kcp/1"},
		{"a follower whose leader has signed", beside(serving(node("a")), false, "active", theirs), "", "active", "", ""},
		{"a follower sees a conflict", beside(serving(node("a"), node("a")), false, "active", theirs), "", "active", "conflict kw/1 kubelet_user", onLeader + "explain --unit kw/1"},
		{"a zombie agrees", beside(withTokens(node("a")), true, "active", bag{
			"creds": `{"system:node:a": {"scope": "kw/0", "kubelet_token": "SECRETk", "proxy_token": "SECRETp", "client_token": "SECRETc"}}`,
		}), "", "active", "two-masters kcp/1 creds", zombie},
		{"a zombie disagrees", beside(withTokens(node("a")), true, "active", theirs), "", "active", "two-masters kcp/1 creds", "juju remove-unit --force kcp/1"},
		{"a zombie and another unit", beside(changed(serving(node("a"), node("b")), func(t *testing.T, w *world.World) {
			w.Must(t, tokens, "sign-auth-request", "kw/1")
			w.Must(t, tokens, "sign-auth-request", "kw/0")
		}), true, "active", theirs), "--unit kw/1", "active", "", ""},
	}
}
