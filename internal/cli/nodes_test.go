package cli_test

import (
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// Requests that wait to be signed are told from those that are.
func TestPendingRequests(t *testing.T) {
	t.Parallel()
	w := master(t)
	run := w.Begin(world.Hook{})
	if res := run.Program(`{"kubelet_token": "t"}`, "kube-control", "sign-auth-request", "kw/0"); res.Code != 0 {
		t.Fatal(res.Stderr)
	}
	const want = `[{"unit":"kw/1","user":"v w","group":null},{"unit":"kw/10","user":"x","group":null}]` + "\n"
	if res := run.Command("auth-user", "--pending", "--format", "json"); res.Stdout != want {
		t.Errorf("printed %s, want %s", res.Stdout, want)
	}
}

// INV-16: what each setter of the later keys writes, byte for byte, and what it refuses.
func TestINV16NodeValuesAreWritten(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		argv, stdin string
		key, wire   string // "" where the command is refused
	}{
		{"set-default-cni calico", "", "default-cni", `"calico"`},
		{"set-api-endpoints https://b:6443 https://a:6443 https://b:6443", "", "api-endpoints", `["https://a:6443", "https://b:6443"]`},
		{"set-api-endpoints", "", "api-endpoints", `[]`},
		{"set-api-endpoints b:6443", "", "api-endpoints", ""},
		{"set-has-xcp true", "", "has-xcp", "true"},
		{"set-has-xcp maybe", "", "has-xcp", ""},
		{"set-controller-taints b=1:NoExecute a:NoSchedule", "", "taints", `["a:NoSchedule", "b=1:NoExecute"]`},
		{"set-controller-taints a:Never", "", "taints", ""},
		{"set-controller-taints a", "", "taints", ""},
		{"set-controller-taints a=b=c:NoSchedule", "", "taints", ""},
		{"set-controller-labels node-role.kubernetes.io/control-plane= a=b", "", "labels", `["a=b", "node-role.kubernetes.io/control-plane="]`},
		{"set-controller-labels =v", "", "labels", ""},
		{"set-controller-labels a", "", "labels", ""},
		{"set-cohort-keys", `{"kubelet": "k1", "kube-proxy": "k2"}`, "cohort-keys", `{"kube-proxy": "k2", "kubelet": "k1"}`},
		{"set-cohort-keys", `null`, "cohort-keys", ""},
		{"set-cohort-keys", `[1]`, "cohort-keys", ""},
		{"set-cohort-keys", ``, "cohort-keys", ""},
	} {
		t.Run(tt.argv, func(t *testing.T) {
			t.Parallel()
			w := master(t)
			run := w.Begin(world.Hook{})
			res := run.Program(tt.stdin, append([]string{"kube-control"}, strings.Fields(tt.argv)...)...)
			run.Commit()
			if got := w.Relations[0].Local[tt.key]; got != tt.wire {
				t.Errorf("%s is %s, want %s; exit %d: %s", tt.key, got, tt.wire, res.Code, res.Stderr)
			}
			if refused := tt.wire == "" && tt.stdin != "null"; refused != (res.Code != 0) || refused && strings.Count(res.Stderr, "\n") != 1 {
				t.Errorf("exit %d: %s", res.Code, res.Stderr)
			}
		})
	}
}

// What a worker reads of two masters' later keys, and of garbage.
func TestNodeValuesAreRead(t *testing.T) {
	t.Parallel()
	given := agent.Settings{
		"default-cni": `""`, "api-endpoints": `["https://b:6443", "junk"]`, "has-xcp": "true", "taints": `["a:NoSchedule", "junk"]`,
		"labels": `["a=b"]`, "cohort-keys": `{"kubelet": "k"}`,
	}
	garbage := agent.Settings{
		"default-cni": `calico`, "api-endpoints": `5`, "has-xcp": "False", "taints": `null`, "labels": `{"a": 1}`, "cohort-keys": `[]`,
	}
	for _, tt := range []struct{ command, given, garbage, nothing string }{
		{"get-default-cni", `""`, "null", "null"},
		{"get-api-endpoints", `["https://b:6443"]`, "[]", "[]"},
		{"get-has-xcp", "true", "false", "false"},
		{"get-controller-taints", `["a:NoSchedule"]`, "[]", "[]"},
		{"get-controller-labels", `["a=b"]`, "[]", "[]"},
		{"get-cohort-keys", `{"kubelet":"k"}`, "null", "null"},
	} {
		for i, bag := range []agent.Settings{given, garbage, {}} {
			w := worker(t)
			w.Relations[0].Remote[w.Relations[0].Members[0]] = bag
			want := []string{tt.given, tt.garbage, tt.nothing}[i]
			if res := w.Begin(world.Hook{}).Command(tt.command, "--format", "json"); res.Stdout != want+"\n" {
				t.Errorf("%s of %v prints %s, want %s; %s", tt.command, bag, res.Stdout, want, res.Stderr)
			}
		}
	}
	w := worker(t)
	w.Relations[0].Remote[w.Relations[0].Members[0]] = given
	want := "kube-control.api_endpoints.available kube-control.cohort_keys.available kube-control.connected kube-control.controller_labels.available " +
		"kube-control.controller_taints.available kube-control.default_cni.available leadership.is_leader"
	if res := w.Begin(world.Hook{}).Command("flags"); strings.Join(strings.Fields(res.Stdout), " ") != want {
		t.Errorf("flags are %s", res.Stdout)
	}
}
