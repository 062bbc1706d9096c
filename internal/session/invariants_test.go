// These tests live through the incidents that the project answers to, in process, against the simulator's hook
// tools. A test's name ends in what must hold; its comment tells what once happened.

package session_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

type bag = agent.Settings

// secret is part of every token of these tests.
const secret = "SECRET"

func newMaster(t *testing.T) (*world.World, *world.Relation) {
	t.Helper()
	w := world.New("kcp/0", world.Charm(t, "master", "status: true\n"))
	return w, w.Relate("kube-control:1", "kw")
}

func newWorker(t *testing.T) (*world.World, *world.Relation) {
	t.Helper()
	w := world.New("kw/0", world.Charm(t, "worker", "status: true\n"))
	w.Leader = false
	return w, w.Relate("kube-control:1", "kcp")
}

func node(name string) bag {
	return bag{"kubelet_user": "system:node:" + name, "auth_group": "system:nodes"}
}

// sign signs for a unit from juju exec, with tokens that name it.
func sign(t *testing.T, w *world.World, unit string) {
	t.Helper()
	w.Must(t, tokensOf(unit), "sign-auth-request", unit)
}

func tokensOf(unit string) string {
	return fmt.Sprintf(`{"kubelet_token": "%[1]s-k-%[2]s", "proxy_token": "%[1]s-p", "client_token": "%[1]s-c-%[2]s"}`, secret, unit)
}

// entry is a creds value as a peer publishes it.
func entry(user, scope, client string) string {
	return fmt.Sprintf(`{%q: {"scope": %q, "client_token": "%[4]s-%[3]s", "kubelet_token": "", "proxy_token": ""}}`, user, scope, client, secret)
}

// flagsOf are the flags, without the endpoint's name and leadership.
func flagsOf(t *testing.T, w *world.World) string {
	t.Helper()
	var names []string
	for _, name := range strings.Fields(w.Must(t, "", "flags")) {
		if short, ok := strings.CutPrefix(name, "kube-control."); ok {
			names = append(names, short)
		}
	}
	return strings.Join(names, " ")
}

func wantFlags(t *testing.T, w *world.World, want string) {
	t.Helper()
	if got := flagsOf(t, w); got != want {
		t.Errorf("flags %q, want %q", got, want)
	}
}

// scopes are the users on the wire with the units that they are for.
func scopes(t *testing.T, r *world.Relation) map[string]string {
	t.Helper()
	got := map[string]string{}
	if text := r.Local["creds"]; text != "" {
		var creds map[string]struct{ Scope string }
		if err := json.Unmarshal([]byte(text), &creds); err != nil {
			t.Fatalf("creds %q: %v", text, err)
		}
		for user, c := range creds {
			got[user] = c.Scope
		}
	}
	return got
}

func wantScopes(t *testing.T, r *world.Relation, pairs ...string) {
	t.Helper()
	want := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		want[pairs[i]] = pairs[i+1]
	}
	if d := cmp.Diff(want, scopes(t, r)); d != "" {
		t.Errorf("creds (-want +got):\n%s", d)
	}
}

func snapshot(w *world.World) map[string]any {
	bags := map[string]bag{}
	for _, r := range w.Relations {
		bags[r.ID] = maps.Clone(r.Local)
	}
	return map[string]any{"bags": bags, "state": maps.Clone(w.State), "status": w.Status}
}

func wantSame(t *testing.T, what string, before, after map[string]any) {
	t.Helper()
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("%s (-before +after):\n%s", what, d)
	}
}

// Rows 11, 19, 35: gpu.available looked at the unit of the hook; edges raced. Whatever the order, and whatever the
// hook, the same view gives the same flags.
func TestINV1FlagsFollowFromTheView(t *testing.T) {
	t.Parallel()
	bags := map[string]bag{"kw/0": {"gpu": "True"}, "kw/1": node("b"), "kw/2": {"gpu": "False"}}
	for _, order := range [][]string{{"kw/0", "kw/1", "kw/2"}, {"kw/2", "kw/1", "kw/0"}, {"kw/1", "kw/0", "kw/2"}} {
		w, r := newMaster(t)
		for _, u := range order {
			w.Joined(t, r, u, bags[u])
		}
		wantFlags(t, w, "auth.requested connected gpu.available requests.changed")
	}
	w, r := newMaster(t)
	for u, b := range bags {
		r.Join(u, b)
	}
	w.MustHook(t, world.Hook{Name: "config-changed"})
	wantFlags(t, w, "auth.requested connected gpu.available requests.changed")
	w.Departed(t, r, "kw/0", "kw/0")
	wantFlags(t, w, "auth.requested connected departed requests.changed")
}

// Rows 4, 14, 39: one master's departure cleared the worker's flags, the last one's did not.
func TestINV2OneDepartureClearsNothingOfTheOthers(t *testing.T) {
	t.Parallel()
	w, r := newWorker(t)
	w.Must(t, "", "set-auth-request", "u")
	full := bag{
		"enable-kube-dns": "True", "port": "53", "domain": "d", "cluster-tag": "t", "registry-location": "r",
		"creds": entry("u", "kw/0", "a"),
	}
	all := "auth.available auth.ready cluster_tag.available connected dns.available registry_location.available"
	w.Joined(t, r, "kcp/0", full)
	w.Joined(t, r, "kcp/1", full)
	before := w.Status
	w.Departed(t, r, "kcp/0", "kcp/0")
	wantFlags(t, w, all)
	if w.Status != before || before.Status != "active" {
		t.Errorf("status %v, before %v", w.Status, before)
	}
	w.Departed(t, r, "kcp/1", "kcp/1")
	wantFlags(t, w, "")
	r.Broken = true
	w.On(t, "broken", r, "", "")
	wantFlags(t, w, "")
}

// Row 15: a second worker application never got the cluster tag, because it was "sent" once.
func TestINV3ValuesReachEveryRelation(t *testing.T) {
	t.Parallel()
	w, r := newMaster(t)
	w.Must(t, "", "set-cluster-tag", "tag")
	w.Must(t, "", "set-dns", "53", "cluster.local", "10.0.0.10")
	later := w.Relate("kube-control:2", "kv")
	w.On(t, "created", later, "", "")
	want := bag{"cluster-tag": "tag", "port": "53", "domain": "cluster.local", "sdn-ip": "10.0.0.10", "enable-kube-dns": "True"}
	for _, rel := range []*world.Relation{r, later} {
		if d := cmp.Diff(want, rel.Local); d != "" {
			t.Errorf("%s (-want +got):\n%s", rel.ID, d)
		}
	}
	delete(later.Local, "domain") // someone's hand
	w.MustHook(t, world.Hook{Name: "update-status"})
	if later.Local["domain"] != "cluster.local" {
		t.Error("what a hand took from the bag is not written again")
	}
}

// Rows 2, 7, 76: a dead leader's older creds hid the new leader's; absent creds crashed the hook.
func TestINV5WorkerMergesMasters(t *testing.T) {
	t.Parallel()
	masters := map[string]bag{
		"kcp/0": {"creds": entry("other", "kw/9", "old")},
		"kcp/1": {"creds": entry("u", "kw/0", "new")},
		"kcp/2": {"creds": ""},
		"kcp/3": {"creds": "[" + secret},
	}
	for _, order := range [][]string{{"kcp/0", "kcp/1", "kcp/2", "kcp/3"}, {"kcp/3", "kcp/2", "kcp/1", "kcp/0"}} {
		w, r := newWorker(t)
		w.Must(t, "", "set-auth-request", "u")
		for _, u := range order {
			w.Joined(t, r, u, masters[u])
		}
		wantFlags(t, w, "auth.available auth.ready connected")
		run := w.Begin(world.Hook{Name: "update-status"})
		if res := run.Command("get-auth-credentials", "u", "--reveal"); !strings.Contains(res.Stdout, "client_token: "+secret+"-new") {
			t.Errorf("credentials: %s%s", res.Stdout, res.Stderr)
		}
	}
}

// Row 3: an ex-leader kept its creds on the wire and workers flapped between old and new.
func TestINV6FollowerPublishesNoCreds(t *testing.T) {
	t.Parallel()
	w, r := newMaster(t)
	w.Joined(t, r, "kw/0", node("a"))
	sign(t, w, "kw/0")
	wantScopes(t, r, "system:node:a", "kw/0")
	w.Leader = false
	w.MustHook(t, world.Hook{Name: "update-status"})
	wantScopes(t, r)
	run := w.Begin(world.Hook{})
	if res := run.Program(tokensOf("kw/0"), "kube-control", "sign-auth-request", "kw/0"); res.Code != 3 || run.Changed() {
		t.Errorf("a follower signs: exit %d", res.Code)
	}
}

// Rows 4, 78: a master that was removed saw a departed hook for each live worker, and revoked them all.
func TestINV8OnlyTrueDeparturesRevoke(t *testing.T) {
	t.Parallel()
	w, r := newMaster(t)
	for _, u := range []string{"kw/0", "kw/1", "kw/2"} {
		w.Joined(t, r, u, node(u))
		sign(t, w, u)
	}
	w.Departed(t, r, "kw/2", "kw/2")
	wantScopes(t, r, "system:node:kw/0", "kw/0", "system:node:kw/1", "kw/1")
	wantFlags(t, w, "connected departed requests.changed")
	if got := w.Must(t, "", "flush-departed"); got != "kw/2\n" {
		t.Errorf("flushed %q", got)
	}
	run := w.Begin(world.Hook{Name: "kube-control-relation-changed", Relation: r.ID, Unit: "kw/0"})
	if res := run.Command("hook", "kube-control-relation-departed"); res.Code != 0 || run.Changed() {
		t.Errorf("a departed hook typed in another hook drops something: exit %d: %s", res.Code, res.Stderr)
	}
	for _, u := range []string{"kw/0", "kw/1"} {
		w.Departed(t, r, u, w.Unit)
	}
	w.MustHook(t, world.Hook{Name: "stop"})
	wantScopes(t, r, "system:node:kw/0", "kw/0", "system:node:kw/1", "kw/1")
	if got := flagsOf(t, w); strings.Contains(got, "departed") {
		t.Errorf("flags %s", got)
	}
}

// Rows 8, 44: a departed worker's creds stayed, or the second attempt to drop them failed.
func TestINV9DroppingTwiceIsDone(t *testing.T) {
	t.Parallel()
	w, r := newMaster(t)
	w.Joined(t, r, "kw/0", node("a"))
	sign(t, w, "kw/0")
	w.Departed(t, r, "kw/0", "kw/0")
	wantScopes(t, r)
	before := snapshot(w)
	if run := w.Departed(t, r, "kw/0", "kw/0"); run.Changed() {
		t.Error("the second departed hook writes")
	}
	wantSame(t, "after a second departed hook", before, snapshot(w))
}

// Rows 6, 16, 70: credentials were kept under the unit's number, or one record for two relations.
func TestINV10CredentialsAreOfWholeUnits(t *testing.T) {
	t.Parallel()
	w, r := newMaster(t)
	v := w.Relate("kube-control:2", "kv")
	w.Joined(t, r, "kw/0", node("a"))
	w.Joined(t, v, "kv/0", node("b"))
	w.Joined(t, v, "kw/0", node("c")) // one application, related twice
	w.Must(t, `[{"scope": "kw/0", "user": "system:node:a", "client_token": "SECRET1"}, {"scope": "kv/0", "client_token": "SECRET2"},
		{"scope": "kw/0", "user": "system:node:c", "client_token": "SECRET3"}]`, "sign-auth-request", "--batch")
	wantScopes(t, r, "system:node:a", "kw/0")
	wantScopes(t, v, "system:node:b", "kv/0", "system:node:c", "kw/0")
	w.Departed(t, v, "kv/0", "kv/0")
	wantScopes(t, r, "system:node:a", "kw/0")
	wantScopes(t, v, "system:node:c", "kw/0")
}

// Rows 17, 72, 73 and T9, T10: one odd bag stopped the master for everybody.
func TestINV11OneBadBagStopsNobody(t *testing.T) {
	t.Parallel()
	w, r := newMaster(t)
	for i, b := range []bag{
		{"kubelet_user": "bad\x00", "auth_group": "g"},
		{"kubelet_user": strings.Repeat("x", 10<<20)},
		{"kubelet_user": strings.Repeat("y", 5000)},
		{"unit": "kw/9", "schema_vers": "[0,", "kubelet_user": "odd, \"user\"\n", "auth_group": "--file=/etc/shadow"},
		node("good"),
	} {
		w.Joined(t, r, fmt.Sprintf("kw/%d", i), b)
	}
	var units []string
	for _, q := range requests(t, w) {
		units = append(units, q["unit"])
	}
	if !slices.Equal(units, []string{"kw/3", "kw/4"}) {
		t.Errorf("requests of %v", units)
	}
	for _, line := range w.Logs {
		if len(line) > 4200 || strings.Contains(line, "\n") || strings.Contains(line, "xxxxxxxxxxxx") {
			t.Errorf("logged: %.200q", line)
		}
	}
	sign(t, w, "kw/3")
	sign(t, w, "kw/4")
	wantScopes(t, r, "odd, \"user\"\n", "kw/3", "system:node:good", "kw/4")
}

func requests(t *testing.T, w *world.World) []map[string]string {
	t.Helper()
	var list []map[string]string
	if err := json.Unmarshal([]byte(w.Must(t, "", "auth-user", "--format", "json")), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// T6: two units claimed one user and the last one won.
func TestINV12UserIsBoundToItsFirstUnit(t *testing.T) {
	t.Parallel()
	w, r := newMaster(t)
	w.Joined(t, r, "kw/0", node("a"))
	sign(t, w, "kw/0")
	w.Joined(t, r, "kw/1", node("A"))
	wantFlags(t, w, "connected requests.changed")
	if want := "1 request refused: kw/1 asks for the user of kw/0"; w.Status.Message != want {
		t.Errorf("status %q, want %q", w.Status.Message, want)
	}
	run := w.Begin(world.Hook{})
	if res := run.Program(tokensOf("kw/1"), "kube-control", "sign-auth-request", "kw/1"); res.Code != 1 || run.Changed() {
		t.Errorf("exit %d: %s", res.Code, res.Stderr)
	}
	w.Departed(t, r, "kw/1", "kw/1")
	wantScopes(t, r, "system:node:a", "kw/0")
	w.Departed(t, r, "kw/0", "kw/0")
	w.Joined(t, r, "kw/1", node("a"))
	wantFlags(t, w, "auth.requested connected departed requests.changed")
}
