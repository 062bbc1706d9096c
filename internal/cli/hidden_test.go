package cli_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// hidden are characters that could fool the terminal of an operator: escapes, carriage returns, C1 controls, marks of
// direction, and a line separator.
const hidden = "x\x1b[2J\r\u009b31m\u202e\u2066\u2028y"

// wantVisible fails for a text with such characters.
func wantVisible(t *testing.T, what, text string) {
	t.Helper()
	for _, r := range text {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)) {
			t.Errorf("%s: %+q has %U", what, text, r)
			return
		}
	}
}

// Whatever an operator types, or gives as an option, reaches no terminal, log or status raw.
func TestRow112OperatorsInputIsShownVisibly(t *testing.T) {
	t.Parallel()
	commands := [][]string{
		{hidden},
		{"--" + hidden},
		{"hook", hidden},
		{"explain", "--unit", hidden},
		{"explain", "--endpoint", hidden},
		{"flags", "set", hidden},
		{"flags", "is-set", hidden},
		{"sign-auth-request", hidden},
		{"sign-auth-request", hidden, hidden},
		{"sign-auth-request", "kw/0", "--tokens", hidden},
		{"revoke", hidden},
		{"revoke", "--undo", hidden},
		{"rotate-credentials", "--unit", hidden},
		{"set-dns", hidden, hidden, hidden},
		{"set-cluster-tag", hidden},
		{"set-registry-location", hidden},
		{"set-default-cni", hidden},
		{"set-api-endpoints", hidden},
		{"set-has-xcp", hidden},
		{"set-controller-taints", hidden},
		{"set-controller-labels", hidden},
		{"set-ca-certificate", hidden},
		{"audit", "--relation", hidden},
		{"audit", "--format", hidden},
		{"get-auth-credentials", hidden},
		{"get-auth-credentials", "u", "--reveal", "-o", hidden + "/" + hidden},
		{"get-kubeconfig", "-o", hidden + "/" + hidden},
		{"create-kubeconfig", hidden + "/" + hidden, hidden, "--ca-file", hidden},
		{"set-auth-request", hidden},
		{"link", hidden},
		{"get-dns", "--endpoint", hidden},
	}
	for _, role := range []func(testing.TB) *world.World{
		func(t testing.TB) *world.World { return world.ReadyMaster(t, "kcp/0") },
		func(t testing.TB) *world.World {
			w := world.New("kw/0", world.Charm(t, "worker", "operator: worker\nstatus: true\n"))
			w.Options = world.Defaults(t, "worker")
			return w
		},
		func(t testing.TB) *world.World { return world.New("kcp/0", world.Charm(t, "master", "")) },
	} {
		for _, args := range commands {
			w := role(t)
			res := w.Begin(world.Hook{}).Command(args...)
			wantVisible(t, strings.Join(args, " "), res.Stderr)
			wantVisible(t, strings.Join(args, " "), res.Stdout)
			wantVisible(t, strings.Join(args, " "), strings.Join(w.Logs, "\n"))
		}
		options := role(t)
		for option, value := range options.Options {
			if _, text := value.(string); !text {
				continue
			}
			w := role(t)
			w.Options[option] = hidden
			if strings.HasPrefix(option, "on-") {
				w.Options[option] = "exit 3 # " + hidden
			}
			r := w.Relate("kube-control:1", "other")
			r.Join("other/0", agent.Settings{"kubelet_user": "system:node:a", "creds": `{"system:node:a": {"scope": "kw/0", "client_token": "client-token"}}`})
			run := w.Begin(world.Hook{Name: "config-changed"})
			res := run.Link()
			wantVisible(t, option, res.Stderr)
			wantVisible(t, option, w.Status.Message)
			wantVisible(t, option, strings.Join(w.Logs, "\n"))
			wantVisible(t, option, w.Begin(world.Hook{}).Command("explain").Stdout)
		}
	}
}
