package cli_test

import (
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// A former leader's databag still holds a credential of a unit that has left; nobody but audit sees it.
func TestAudit(t *testing.T) {
	t.Parallel()
	w := master(t)
	w.Version = "2.9.51"
	w.Goal = agent.GoalState{Units: map[string]agent.Status{"kcp/0": {}, "kcp/1": {}, "kcp/2": {}}}
	run := w.Begin(world.Hook{})
	if res := run.Command("audit", "--format", "json"); res.Code != 0 || res.Stdout != "[]\n" {
		t.Fatalf("exit %d: %s%s", res.Code, res.Stdout, res.Stderr)
	}
	w.Relations[0].Remote["kcp/1"] = bag{
		"creds": `{"u": {"scope": "kw/0", "kubelet_token": "secret-0", "proxy_token": "", "client_token": ""},
			"gone": {"scope": "kw/9", "kubelet_token": "secret-9", "proxy_token": "", "client_token": ""}}`,
	}
	const text = "Publisher  Relation        User  Unit  Cause\nkcp/1      kube-control:1  gone  kw/9  gone\n"
	if res := w.Begin(world.Hook{}).Command("audit"); res.Code != 3 || res.Stdout != text || res.Stderr != "" {
		t.Errorf("exit %d: %s%s", res.Code, res.Stdout, res.Stderr)
	}
}

// What left the wire is listed once, for the charm to revoke.
func TestClosedAuthCreds(t *testing.T) {
	t.Parallel()
	w := master(t)
	w.Version = "2.9.51"
	w.Must(t, `{"kubelet_token": "t"}`, "sign-auth-request", "kw/0")
	w.Departed(t, w.Relations[0], "kw/0", "kw/0")
	if got := w.Must(t, "", "closed-auth-creds", "--dry-run"); got == "" {
		t.Error("a dry run decides nothing")
	}
	if got := w.Must(t, "", "closed-auth-creds"); got != "Unit  User\nkw/0  u\n" {
		t.Errorf("printed %q", got)
	}
	if got := w.Must(t, "", "closed-auth-creds", "--format", "json"); got != "[]\n" {
		t.Errorf("printed %q the second time", got)
	}
}
