package cli_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/tests/world"
)

// TestCompletion completes the words of the command line on a master with two workers. One of them names a user that a
// shell could run.
func TestCompletion(t *testing.T) {
	t.Parallel()
	w := world.New("kcp/0", world.Charm(t, "master", ""))
	r := w.Relate("kube-control:1", "kw")
	w.Changed(t, r, "kw/0", bag{"kubelet_user": "system:node:a", "auth_group": "system:nodes"})
	w.Changed(t, r, "kw/1", bag{"kubelet_user": "$(reboot)", "auth_group": "system:nodes"})
	for _, tt := range []struct{ typed, want string }{
		{"revoke ", "kw/0 kw/1"},
		{"revoke kw/0 ", ""},
		{"explain --unit ", "kw/0 kw/1"},
		{"explain --unit kw/1", "kw/1"},
		{"explain --endpoint ", "kube-control"},
		{"auth-user --relation ", "kube-control:1"},
		{"auth-user --format ", "text json yaml"},
		{"auth-user ", ""},
		{"sign-auth-request ", "kw/0 kw/1"},
		{"sign-auth-request kw/0 ", "system:node:a"},
		{"set-auth-request ", "system:node:a"},
		{"create-kubeconfig f ", "system:node:a"},
		{"create-kubeconfig --token ", "client kubelet proxy"},
		{"hook kube-control-relation-c", "kube-control-relation-changed kube-control-relation-created"},
		{"flags is-set kube-control.d", "kube-control.departed"},
		{"revok", "revoke"},
	} {
		t.Run(tt.typed, func(t *testing.T) {
			t.Parallel()
			run := w.Begin(world.Hook{})
			res := run.Command(append([]string{"__complete"}, strings.Split(tt.typed, " ")...)...)
			if res.Code != 0 || run.Changed() {
				t.Fatalf("exit %d, changed %v: %s", res.Code, run.Changed(), res.Stderr)
			}
			if diff := cmp.Diff(tt.want, candidatesOf(res.Stdout)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCompletionWithoutJuju finds nothing, and says nothing.
func TestCompletionWithoutJuju(t *testing.T) {
	t.Parallel()
	w := world.New("kcp/0", t.TempDir())
	res := w.Begin(world.Hook{}).Command("__complete", "revoke", "")
	if res.Code != 0 || candidatesOf(res.Stdout) != "" || strings.Contains(res.Stderr, "kube-control:") {
		t.Errorf("exit %d: %s%s", res.Code, res.Stdout, res.Stderr)
	}
}

// candidatesOf are the words that a shell gets: the lines without their descriptions and without the directive at the end.
func candidatesOf(out string) string {
	var words []string
	for line := range strings.Lines(out) {
		if word, _, _ := strings.Cut(strings.TrimSpace(line), "\t"); !strings.HasPrefix(word, ":") {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}
