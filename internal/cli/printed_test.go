package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/kube-control/kube-control/pkg/charm"
	"github.com/kube-control/kube-control/tests/world"
)

// What each command prints as text and as JSON. YAML is the same value, compared below.
func TestPrinted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		unit       func(*testing.T) *world.World
		argv       string
		code       int
		text, json string
	}{
		{
			master, "auth-user", 0,
			"Unit   User   Group\nkw/0   u      g\nkw/1   \"v w\"  \nkw/10  x      \n",
			`[{"unit":"kw/0","user":"u","group":"g"},{"unit":"kw/1","user":"v w","group":null},{"unit":"kw/10","user":"x","group":null}]`,
		},
		{
			master, "auth-user --relation 1 --endpoint kube-control", 0, "Unit   User   Group\nkw/0   u      g\nkw/1   \"v w\"  \nkw/10  x      \n",
			`[{"unit":"kw/0","user":"u","group":"g"},{"unit":"kw/1","user":"v w","group":null},{"unit":"kw/10","user":"x","group":null}]`,
		},
		{empty("master"), "auth-user", 0, "", `[]`},
		{master, "get-gpu", 0, "true\n", `true`},
		{empty("master"), "get-gpu", 0, "false\n", `false`},
		{
			master, "flags", 0,
			"kube-control.auth.requested\nkube-control.connected\nkube-control.gpu.available\nkube-control.requests.changed\nleadership.is_leader\n",
			`["kube-control.auth.requested","kube-control.connected","kube-control.gpu.available","kube-control.requests.changed","leadership.is_leader"]`,
		},
		{empty("worker"), "flags", 0, "leadership.is_leader\n", `["leadership.is_leader"]`},
		{master, "flags is-set kube-control.connected", 0, "true\n", `true`},
		{master, "flags is-set kube-control.departed", 3, "false\n", `false`},
		{master, "flags is-set no-such-flag", 3, "false\n", `false`},
		{gone, "flush-departed", 0, "kw/7\nkw/3\n", `["kw/7","kw/3"]`},
		{empty("master"), "flush-departed", 0, "", `[]`},
		{
			worker, "get-dns", 0, "domain: cluster.local\nprivate-address: 10.0.0.5\nport: 53\nenable-kube-dns: True\n",
			`{"domain":"cluster.local","private-address":"10.0.0.5","sdn-ip":null,"port":"53","enable-kube-dns":"True"}`,
		},
		{empty("worker"), "get-dns", 0, "", `{"domain":null,"private-address":null,"sdn-ip":null,"port":null,"enable-kube-dns":null}`},
		{worker, "get-cluster-tag", 0, "tag one\n", `"tag one"`},
		{empty("worker"), "get-cluster-tag", 0, "", `null`},
		{worker, "get-registry-location", 0, "", `null`},
		{
			worker, "get-auth-credentials u", 0, "user: u\nkubelet_token: \nclient_token: sha256:2e7d2c03a950\n",
			`{"user":"u","kubelet_token":"","proxy_token":null,"client_token":"sha256:2e7d2c03a950"}`,
		},
		{worker, "get-auth-credentials nobody", 3, "", `null`},
		{master, "set-cluster-tag t", 0, "", ""},
		{master, "set-dns 53 d", 0, "", ""},
		{worker, "set-auth-request u", 0, "", ""},
	} {
		for format, want := range map[string]string{"text": tt.text, "json": tt.json} {
			w := tt.unit(t)
			run := w.Begin(world.Hook{})
			res := run.Command(append(words(tt.argv)[1:], "--format", format)...)
			if format == "json" && want != "" {
				want += "\n"
				yamlIs(t, tt.unit(t), tt.argv, res.Stdout)
			}
			if res.Code != tt.code || res.Stderr != "" && tt.code != 3 {
				t.Errorf("%s: exit %d: %s", tt.argv, res.Code, res.Stderr)
			}
			if d := cmp.Diff(want, res.Stdout); d != "" {
				t.Errorf("%s as %s (-want +got):\n%s", tt.argv, format, d)
			}
		}
	}
}

func empty(role string) func(t *testing.T) *world.World {
	return func(t *testing.T) *world.World {
		t.Helper()
		return world.New("x/0", world.Charm(t, role, ""))
	}
}

// gone is a master whose units kw/7 and kw/3 have left.
func gone(t *testing.T) *world.World {
	t.Helper()
	w := empty("master")(t)
	r := w.Relate("kube-control:1", "kw")
	for _, u := range []string{"kw/7", "kw/3"} {
		w.Joined(t, r, u, bag{})
		w.Departed(t, r, u, u)
	}
	return w
}

// yamlIs runs a command with --format yaml and compares the value with the JSON one.
func yamlIs(t *testing.T, w *world.World, argv, want string) {
	t.Helper()
	res := w.Begin(world.Hook{}).Command(append(words(argv)[1:], "--format=yaml")...)
	text, err := yaml.YAMLToJSON([]byte(res.Stdout))
	var x, y any
	if err != nil || json.Unmarshal(text, &x) != nil || json.Unmarshal([]byte(want), &y) != nil || !cmp.Equal(x, y) {
		t.Errorf("%s as YAML: %q, %v, want %s", argv, res.Stdout, err, want)
	}
}

// --dry-run prints the decisions, changes nothing, and runs no handler.
func TestDryRun(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		argv, stdin string
		want        []string // parts of the lines
	}{
		{"set-cluster-tag t", "", []string{`publish on kube-control:1: cluster-tag="t" (set by a command)`, "remember this in the charm's state"}},
		{"set-dns 53 d", "", []string{`domain="d", enable-kube-dns="True", port="53"`}},
		{"sign-auth-request kw/0", good, []string{`creds ["u" for kw/0] (signed)`, "set flag kube-control.connected"}},
		{"refresh", "", []string{"set flag kube-control.auth.requested"}},
		{"flags set mine", "", []string{"remember this in the charm's state"}},
		{"hook start", "", []string{"set flag kube-control.connected (start)"}},
		{"flush-departed", "", []string{"set flag kube-control.connected"}},
	} {
		w := master(t)
		w.CharmDir = world.Charm(t, "master", "status: true\nhandlers:\n- {name: touch, when: [kube-control.connected], run: [touch, ran]}\n")
		run := w.Begin(world.Hook{})
		res := run.Program(tt.stdin, append(words(tt.argv), "--dry-run")...)
		for _, want := range tt.want {
			if !strings.Contains(res.Stdout, want) {
				t.Errorf("%s: no %q in:\n%s", tt.argv, want, res.Stdout)
			}
		}
		if res.Code != 0 || res.Stderr != "" || run.Changed() || w.Status.Status != "unknown" {
			t.Errorf("%s: exit %d, %q, changed %v, status %v", tt.argv, res.Code, res.Stderr, run.Changed(), w.Status)
		}
		for _, c := range run.Calls() {
			if name := c.Argv[0]; strings.HasSuffix(name, "-set") || name == "state-delete" {
				t.Errorf("%s calls %v", tt.argv, c.Argv)
			}
		}
		if _, err := os.Stat(w.CharmDir + "/ran"); err == nil {
			t.Errorf("%s: a handler ran", tt.argv)
		}
		var lines []string
		res = w.Begin(world.Hook{}).Program(tt.stdin, append(words(tt.argv), "--dry-run", "--format=json")...)
		if err := json.Unmarshal([]byte(res.Stdout), &lines); err != nil || len(lines) == 0 {
			t.Errorf("%s as JSON: %v: %s", tt.argv, err, res.Stdout)
		}
	}
}

// A dry run of a hook in the middle of one runs no handler in Go either.
func TestDryRunOfAHookRunsNoRule(t *testing.T) {
	t.Parallel()
	w := master(t)
	w.Rules = &charm.Rules{}
	w.Rules.When("kube-control.connected").Do("fail", func(context.Context, *charm.Flags) error { return fmt.Errorf("it ran") })
	run := w.Begin(world.Hook{Name: "start"})
	if res := run.Command("hook", "start", "--dry-run"); res.Code != 0 || run.Changed() {
		t.Errorf("exit %d: %s", res.Code, res.Stderr)
	}
	if res := run.Command("hook", "start"); res.Code != 1 || !strings.Contains(res.Stderr, "handler fail: it ran") {
		t.Errorf("exit %d: %s", res.Code, res.Stderr)
	}
}

// Actions are the commands of the same name; a failed one writes nothing.
func TestActions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		unit   func(*testing.T) *world.World
		name   string
		params map[string]any
		code   int
		want   string
	}{
		{master, "auth-user", map[string]any{"format": "json", "relation": "kube-control:1"}, 0, `[{"unit":"kw/0"`},
		{master, "get-gpu", nil, 0, "true\n"},
		{gone, "flush-departed", nil, 0, "kw/7\nkw/3\n"},
		{worker, "get-dns", map[string]any{"format": "yaml"}, 0, "domain: cluster.local\n"},
		{worker, "get-auth-credentials", map[string]any{"user": "u"}, 0, "client_token: sha256:2e7d2c03a950\n"},
		{worker, "get-auth-credentials", map[string]any{"user": "--help"}, 3, ""},
		{worker, "get-cluster-tag", nil, 0, "tag one\n"},
		{worker, "get-registry-location", map[string]any{"format": "json"}, 0, "null\n"},
		{master, "flags", nil, 0, "kube-control.connected\n"},
		{master, "auth-user", map[string]any{"bogus": "x"}, 2, ""},
		{worker, "get-auth-credentials", nil, 2, ""},
	} {
		w := tt.unit(t)
		run := w.Begin(world.Hook{Action: tt.name, Params: tt.params})
		res := run.Program("", w.CharmDir+"/actions/"+tt.name)
		if res.Code != tt.code || !strings.Contains(res.Stdout, tt.want) {
			t.Errorf("%s %v: exit %d: %s%s", tt.name, tt.params, res.Code, res.Stdout, res.Stderr)
		}
		if tt.want == "" && res.Stdout != "" {
			t.Errorf("%s %v prints %s", tt.name, tt.params, res.Stdout)
		}
	}
}
