package session_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// Rows 60, 62, 63: tokens stood on command lines, in logs and on disk.
func TestINV14TokensStandOnTheWireAlone(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2.9.51", "3.6.1"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			tokensStandOnTheWireAlone(t, version)
		})
	}
}

func tokensStandOnTheWireAlone(t *testing.T, version string) {
	m, r := newMaster(t)
	w, up := newWorker(t)
	m.Version, w.Version, w.Vault = version, version, m.Vault
	w.Must(t, "", "set-auth-request", "system:node:a")
	var printed strings.Builder
	var calls []agent.Call
	do := func(on *world.World, h world.Hook, stdin string, argv ...string) {
		run := on.Begin(h)
		var res world.Result
		if argv == nil {
			res = run.Link()
		} else {
			res = run.Program(stdin, append([]string{"kube-control", "--verbose"}, argv...)...)
		}
		fmt.Fprintln(&printed, res.Stdout, res.Stderr)
		calls = append(calls, run.Calls()...)
		run.Commit()
	}
	r.Join("kw/0", up.Local)
	do(m, world.Hook{Name: "kube-control-relation-joined", Relation: r.ID, Unit: "kw/0"}, "")
	do(m, world.Hook{}, tokensOf("kw/0"), "sign-auth-request", "kw/0", "--dry-run")
	do(m, world.Hook{}, tokensOf("kw/0"), "sign-auth-request", "kw/0")
	do(m, world.Hook{}, tokensOf("kw/7"), "sign-auth-request", "kw/7")
	do(m, world.Hook{}, `[{"scope": "kw/0", "client_token": "SECRET`, "sign-auth-request", "--batch")
	do(m, world.Hook{}, `{"SECRET": "SECRET"}`, "sign-auth-request", "kw/0")
	do(m, world.Hook{}, `"SECRET" SECRET`, "sign-auth-request", "kw/0")
	up.Join("kcp/0", r.Local)
	up.Join("kcp/1", bag{"creds": secret})
	up.Join("kcp/2", bag{"creds": `{"u": {"scope": "kw/0", "kubelet_token": ["SECRET"]}}`})
	do(w, world.Hook{Name: "kube-control-relation-changed", Relation: up.ID, Unit: "kcp/0"}, "")
	do(w, world.Hook{Name: "kube-control-relation-changed", Relation: up.ID, Unit: "kcp/1"}, "")
	do(w, world.Hook{Name: "upgrade-charm"}, "")
	for _, format := range []string{"text", "json", "yaml"} {
		do(w, world.Hook{}, "", "get-auth-credentials", "system:node:a", "--format", format)
	}
	do(w, world.Hook{}, "", "get-auth-credentials", "system:node:a", "--reveal")
	do(m, world.Hook{Name: "kube-control-relation-departed", Relation: r.ID, Unit: "kw/0", Departing: "kcp/0"}, "")
	published := r.Local["creds"]
	if s := m.Labelled("kcp", "system:node:a-creds"); s != nil {
		if strings.Contains(published, secret) || version[0] == '2' {
			t.Error("a token stands in a secret and in the bag")
		}
		published = fmt.Sprint(s.Content())
	}
	if !strings.Contains(printed.String(), "sha256:") || !strings.Contains(published, secret) {
		t.Fatal("nothing was signed and shown")
	}
	for what, text := range map[string]string{
		"output": printed.String(), "logs": fmt.Sprint(m.Logs, w.Logs), "state": fmt.Sprint(m.State, w.State), "status": fmt.Sprint(m.Status, w.Status),
	} {
		if i := strings.Index(text, secret); i >= 0 {
			t.Errorf("%s: %.300s", what, text[max(0, i-200):])
		}
	}
	for _, c := range calls {
		if strings.Contains(strings.Join(c.Argv, " "), secret) {
			t.Errorf("argv: %q", c.Argv)
		}
		if strings.Contains(string(c.Stdin), secret) && c.Argv[0] != "relation-set" {
			t.Errorf("%q has a token on standard input", c.Argv)
		}
	}
}

// Row 66: state was lost, and with it what the unit knew.
func TestINV15LostStateIsRebuilt(t *testing.T) {
	t.Parallel()
	w, r := newMaster(t)
	w.Must(t, "", "set-dns", "53", "cluster.local")
	w.Joined(t, r, "kw/0", node("a"))
	sign(t, w, "kw/0")
	w.Joined(t, r, "kw/1", bag{"kubelet_user": "b", "gpu": "True"})
	w.Must(t, "", "flags", "clear", "kube-control.requests.changed")
	before, wire := flagsOf(t, w), snapshot(w)["bags"]
	w.State = map[string]string{}
	w.MustHook(t, world.Hook{Name: "config-changed"})
	if got, want := flagsOf(t, w), before+" requests.changed"; got != want { // the mark is not in Juju's view
		t.Errorf("flags %s, want %s", got, want)
	}
	if d := cmp.Diff(wire, snapshot(w)["bags"]); d != "" {
		t.Errorf("databags (-before +after):\n%s", d)
	}
	later := w.Relate("kube-control:5", "kv")
	w.On(t, "created", later, "", "")
	if later.Local["domain"] != "cluster.local" {
		t.Errorf("the values set by hand are lost: %v", later.Local)
	}
}

// Rows 11, 21, 32, 74: True and true, None and "", trailing newlines.
func TestINV16BytesOnTheWire(t *testing.T) {
	t.Parallel()
	m, r := newMaster(t)
	r.Join("kw/0", node("a"))
	for _, argv := range [][]string{
		{"set-dns", "53", "cluster.local", "2001:db8::a"},
		{"set-cluster-tag", "kubernetes-a.b_c"},
		{"set-registry-location", "r.example:5000/cdk/"},
	} {
		m.Must(t, "", argv...)
	}
	m.Must(t, `{"kubelet_token": "k\u00e9", "proxy_token": null, "client_token": "<c>\n"}`, "sign-auth-request", "kw/0")
	want := bag{
		"port": "53", "domain": "cluster.local", "sdn-ip": "2001:db8::a", "enable-kube-dns": "True",
		"cluster-tag": "kubernetes-a.b_c", "registry-location": "r.example:5000/cdk/",
		"creds": `{"system:node:a": {"client_token": "<c>\n", "kubelet_token": "k\u00e9", "proxy_token": null, "scope": "kw/0"}}`,
	}
	if d := cmp.Diff(want, r.Local); d != "" {
		t.Errorf("master's bag (-want +got):\n%s", d)
	}
	m.Must(t, "", "set-dns", "--port=", "--domain=", "--sdn-ip=", "--enable-kube-dns=false")
	m.Must(t, "", "set-registry-location", "")
	want = bag{"enable-kube-dns": "False", "cluster-tag": want["cluster-tag"], "creds": want["creds"]}
	if d := cmp.Diff(want, r.Local); d != "" {
		t.Errorf("master's bag after deletions (-want +got):\n%s", d)
	}

	w, up := newWorker(t)
	w.Must(t, "", "set-gpu")
	w.Must(t, "", "set-auth-request", "12345", "--group", "g")
	if d := cmp.Diff(bag{"gpu": "True", "kubelet_user": "12345", "auth_group": "g", "schema_vers": "[0, 1]"}, up.Local); d != "" {
		t.Errorf("worker's bag (-want +got):\n%s", d)
	}
	w.Must(t, "", "set-gpu", "false")
	w.Must(t, "", "set-auth-request", "u")
	if d := cmp.Diff(bag{"gpu": "False", "kubelet_user": "u", "auth_group": "system:nodes", "schema_vers": "[0, 1]"}, up.Local); d != "" {
		t.Errorf("worker's bag (-want +got):\n%s", d)
	}
	w.Must(t, "", "set-auth-request", "kubernetes-\u00e9 x\n")
	if got := up.Local["kubelet_user"]; got != "kubernetes-\u00e9 x\n" {
		t.Errorf("kubelet_user %q", got)
	}
	w.Must(t, "", "set-auth-request", "")
	if d := cmp.Diff(bag{"gpu": "False"}, up.Local); d != "" {
		t.Errorf("worker's bag after taking the request back (-want +got):\n%s", d)
	}
}

// Rows 7, 12, 13, 40, 75: one absent value made everything not ready, or crashed the hook.
func TestINV17EachFlagWaitsForItself(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		bag  bag
		want string
	}{
		{bag{}, "connected"},
		{bag{"enable-kube-dns": "False"}, "connected dns.available"},
		{bag{"port": "53", "domain": "d", "sdn-ip": "s"}, "connected"},
		{bag{"cluster-tag": "t"}, "cluster_tag.available connected"},
		{bag{"registry-location": "r", "cohort-keys": "{"}, "connected registry_location.available"},
		{bag{"creds": entry("other", "kw/1", "x")}, "auth.available connected"},
		{bag{"creds": "{}"}, "connected"},
		{bag{"creds": secret}, "connected"},
	} {
		w, r := newWorker(t)
		w.Joined(t, r, "kcp/0", tt.bag)
		wantFlags(t, w, tt.want)
		w.Departed(t, r, "kcp/0", "kcp/0")
		wantFlags(t, w, "")
	}
}

// Rows 59, 64, 79, 80: a probe and N reads in each hook, values on argv, state that grew for ever.
func TestINV19CostOfAHook(t *testing.T) {
	t.Parallel()
	counts := map[int]map[string]int{}
	for _, n := range []int{17, 120} {
		w, r := newMaster(t)
		var batch []string
		for i := range n {
			u := fmt.Sprintf("kw/%d", i)
			r.Join(u, node(u))
			batch = append(batch, fmt.Sprintf(`{"scope": %q, "client_token": %q}`, u, secret+strings.Repeat("x", 400)))
		}
		w.MustHook(t, world.Hook{Name: "upgrade-charm"})
		run := w.Begin(world.Hook{})
		if res := run.Program("["+strings.Join(batch, ",")+"]", "kube-control", "sign-auth-request", "--batch"); res.Code != 0 {
			t.Fatal(res.Stderr)
		}
		run.Commit()
		economical(t, "batch", run)
		w.MustHook(t, world.Hook{Name: "config-changed"})
		counts[n] = map[string]int{}
		hook := func(name, unit, departing string) {
			h := world.Hook{Name: name, Unit: unit, Departing: departing}
			if strings.Contains(name, "relation") {
				h.Relation = r.ID
			}
			run := w.MustHook(t, h)
			economical(t, name, run)
			counts[n][name] = len(run.Calls())
			if departing == "" && run.Changed() {
				t.Errorf("%d units: an idle %s writes", n, name)
			}
		}
		size := fmt.Sprint(w.State)
		for range 8 {
			hook("update-status", "", "")
		}
		if fmt.Sprint(w.State) != size {
			t.Error("idle hooks change the state")
		}
		hook("config-changed", "", "")
		hook("kube-control-relation-joined", "kw/3", "")
		hook("kube-control-relation-changed", "kw/3", "")
		if c := counts[n]["kube-control-relation-changed"]; c > 10 {
			t.Errorf("an idle changed hook makes %d calls", c)
		}
		r.Leave("kw/4")
		hook("kube-control-relation-departed", "kw/4", "kw/4")
	}
	if d := cmp.Diff(counts[17], counts[120]); d != "" {
		t.Errorf("tool calls (-17 units +120 units):\n%s", d)
	}
}

// economical looks at the tool calls of one run.
func economical(t *testing.T, what string, run *world.Run) {
	t.Helper()
	asked, sets := 0, map[string]int{}
	for _, c := range run.Calls() {
		switch c.Argv[0] {
		case "is-leader":
			asked++
		case "relation-set":
			sets[strings.Join(c.Argv, " ")]++
		}
		for _, arg := range c.Argv {
			if len(arg) > 4200 {
				t.Errorf("%s: %s has an argument of %d bytes", what, c.Argv[0], len(arg))
			}
			if arg == "--help" {
				t.Errorf("%s: %v probes", what, c.Argv)
			}
		}
	}
	for call, n := range sets {
		if n > 1 {
			t.Errorf("%s: %s runs %d times", what, call, n)
		}
	}
	if asked > 1 {
		t.Errorf("%s: is-leader runs %d times", what, asked)
	}
}

// Rows 24, 57: leader-only tools were called by followers, or after the lead was lost.
func TestINV20LeadershipIsAskedFirst(t *testing.T) {
	t.Parallel()
	w, r := newMaster(t)
	w.Joined(t, r, "kw/0", node("a"))
	sign(t, w, "kw/0")
	run := w.Begin(world.Hook{Name: "config-changed"})
	run.Faults(agent.Faults{Before: func(_ int, argv []string) agent.Fault {
		if argv[0] == "relation-ids" {
			w.Leader = false // in the middle of the hook
		}
		return agent.NoFault
	}})
	if res := run.Link(); res.Code != 0 {
		t.Fatalf("exit %d: %s", res.Code, res.Stderr)
	}
	run.Commit()
	run = w.MustHook(t, world.Hook{Name: "update-status"})
	wantScopes(t, r)
	for _, c := range run.Calls() {
		if slices.Contains(c.Argv, "--app") || slices.Contains(c.Argv, "--application") {
			t.Errorf("a follower calls %v", c.Argv)
		}
	}
}

// Rows 10, 58: signing and setting failed outside relation hooks, tools ran without -r.
func TestINV22EverythingWorksEverywhere(t *testing.T) {
	t.Parallel()
	places := map[string]world.Hook{
		"juju exec": {}, "an action": {Action: "refresh"}, "update-status": {Name: "update-status"},
		"a relation hook":         {Name: "kube-control-relation-changed", Relation: "kube-control:1", Unit: "kw/0"},
		"another endpoint's hook": {Name: "certificates-relation-changed"},
	}
	var wires []bag
	for place, hook := range places {
		w, r := newMaster(t)
		r.Join("kw/0", node("a"))
		run := w.Begin(hook)
		for _, argv := range [][]string{
			{"set-dns", "53", "cluster.local"},
			{"set-cluster-tag", "t"},
			{"set-registry-location", "r"},
			{"sign-auth-request", "kw/0"},
			{"auth-user"},
			{"get-gpu"},
			{"flush-departed"},
			{"flags"},
			{"explain"},
			{"refresh"},
		} {
			if res := run.Program(tokensOf("kw/0"), append([]string{"kube-control"}, argv...)...); res.Code != 0 {
				t.Errorf("%s in %s: exit %d: %s", argv[0], place, res.Code, res.Stderr)
			}
		}
		run.Commit()
		wires = append(wires, r.Local)
		for _, c := range run.Calls() {
			if takes := []string{"relation-get", "relation-set", "relation-list"}; slices.Contains(takes, c.Argv[0]) && !slices.Contains(c.Argv, "-r") {
				t.Errorf("%s: %v has no -r", place, c.Argv)
			}
		}
	}
	for _, wire := range wires[1:] {
		if d := cmp.Diff(wires[0], wire); d != "" {
			t.Error(d)
		}
	}
	w := world.New("kcp/0", world.Charm(t, "master", ""))
	for _, argv := range [][]string{{"set-dns", "53", "d"}, {"auth-user"}, {"flush-departed"}, {"flags"}, {"explain"}, {"refresh"}} {
		w.Must(t, "", argv...) // no relation at all
	}
	if w.Must(t, "", "auth-user", "--format=json") != "[]\n" {
		t.Error("requests without a relation")
	}
}
