package cli_test

import (
	"strings"
	"testing"

	"github.com/kube-control/kube-control/tests/world"
)

// signed is a master that has signed kw/0 in clear.
func signed(t *testing.T) *world.World {
	t.Helper()
	w := master(t)
	w.Version = "2.9.51"
	w.Must(t, `{"kubelet_token": "first"}`, "sign-auth-request", "kw/0")
	return w
}

func pendingUnits(t *testing.T, w *world.World) string {
	t.Helper()
	return w.Must(t, "", "auth-user", "--pending")
}

// Rotation: the request waits again, the new generation is published, and the old one is closed two update-status later.
func TestRotateCredentials(t *testing.T) {
	t.Parallel()
	w := signed(t)
	w.Must(t, "", "rotate-credentials", "--unit", "kw/0")
	if got := w.Must(t, "", "rotate-credentials", "--list"); got != "kw/0\n" || !strings.Contains(pendingUnits(t, w), "kw/0") {
		t.Fatalf("rotating %q, pending %q", got, pendingUnits(t, w))
	}
	if creds := w.Relations[0].Local["creds"]; !strings.Contains(creds, "first") {
		t.Fatalf("what was published is gone before there is anything new: %s", creds)
	}
	w.Must(t, `{"kubelet_token": "first"}`, "sign-auth-request", "kw/0") // the old token is not a rotation
	if got := w.Must(t, "", "rotate-credentials", "--list"); got != "kw/0\n" {
		t.Fatalf("rotating %q", got)
	}
	w.Must(t, `{"kubelet_token": "second"}`, "sign-auth-request", "kw/0")
	if creds := w.Relations[0].Local["creds"]; !strings.Contains(creds, `"generation": 1, "kubelet_token": "second"`) || strings.Contains(pendingUnits(t, w), "kw/0") {
		t.Fatalf("published %s, pending %q", creds, pendingUnits(t, w))
	}
	for i, want := range []string{"[]\n", `[{"unit":"kw/0","user":"u","generation":0}]` + "\n", "[]\n"} {
		w.MustHook(t, world.Hook{Name: "update-status"})
		if got := w.Must(t, "", "closed-auth-creds", "--format", "json"); got != want {
			t.Errorf("after update-status %d closed are %s", i+1, got)
		}
	}
}

func TestFinishRotation(t *testing.T) {
	t.Parallel()
	w := signed(t)
	w.Must(t, "", "rotate-credentials", "--all")
	w.Must(t, `{"kubelet_token": "second"}`, "sign-auth-request", "kw/0")
	w.Must(t, "", "rotate-credentials", "--finish")
	if got := w.Must(t, "", "closed-auth-creds"); got != "Unit  User\nkw/0  u\n" {
		t.Errorf("closed are %q", got)
	}
}

// A revoked request is refused until the unit asks for something else.
func TestRevoke(t *testing.T) {
	t.Parallel()
	w := signed(t)
	w.Must(t, "", "revoke", "kw/0")
	if creds := w.Relations[0].Local["creds"]; creds != "" {
		t.Errorf("creds are %s", creds)
	}
	if got := w.Must(t, "", "auth-user"); strings.Contains(got, "kw/0") {
		t.Errorf("still listed: %s", got)
	}
	run := w.Begin(world.Hook{})
	if res := run.Program(`{"kubelet_token": "x"}`, "kube-control", "sign-auth-request", "kw/0"); res.Code != 1 || !strings.Contains(res.Stderr, "revoked") || run.Changed() {
		t.Errorf("exit %d: %s", res.Code, res.Stderr)
	}
	w.Changed(t, w.Relations[0], "kw/0", bag{"kubelet_user": "u", "auth_group": "other"})
	if got := pendingUnits(t, w); !strings.Contains(got, "kw/0") {
		t.Errorf("a new request is not listed: %s", got)
	}
}

func TestRotateAndRevokeRefuse(t *testing.T) {
	t.Parallel()
	follower := signed(t)
	follower.Leader = false
	refuse(t, follower, []refusal{
		{"rotate-credentials --all", "", 3, "cannot rotate credentials: this unit is not the leader"},
		{"revoke kw/0", "", 3, "cannot revoke credentials: this unit is not the leader"},
	})
	refuse(t, signed(t), []refusal{
		{"rotate-credentials", "", 2, "takes one of --unit, --all, --finish and --list"},
		{"rotate-credentials --all --finish", "", 2, "takes one of"},
		{"rotate-credentials --unit kw/9", "", 1, `cannot rotate the credentials of "kw/9": it has none on kube-control`},
		{"rotate-credentials --unit kw/1", "", 1, `cannot rotate the credentials of "kw/1": it has none on kube-control`},
		{"revoke kw/9", "", 1, `cannot revoke the credentials of "kw/9": no such unit is joined on kube-control`},
		{"revoke", "", 2, "takes UNIT, and no argument was given"},
	})
}
