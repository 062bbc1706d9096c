package ready_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// While an option of the policy is invalid, explain says that nothing is signed before it is fixed. The status names two of
// several invalid options.
func TestBadPolicyIsExplained(t *testing.T) {
	t.Parallel()
	w, r := signed(t)
	w.Options["allowed-groups"], w.Options["dns-ip"] = `a"b`, "x"
	w.Joined(t, r, "kw/2", node("c"))
	if got := w.Must(t, "", "explain", "--unit", "kw/2"); !strings.Contains(got, "next: nothing is signed before the option is fixed: juju config kcp allowed-groups=VALUE\n") {
		t.Errorf("explain says\n%s", got)
	}
	if want := "Option dns-ip is not an IP address; option allowed-groups is invalid"; w.Status.Message != want {
		t.Errorf("the status is %q", w.Status.Message)
	}
}

// Who is refused stands beside what an option risks.
func TestStatusTellsBoth(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	w.Options["client-token"] = "admin"
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", agent.Settings{"kubelet_user": "x", "auth_group": "y"})
	if want := "1 request refused: kw/0 asks for group y; client-token=admin gives every worker all rights"; w.Status.Message != want {
		t.Errorf("the status is %q", w.Status.Message)
	}
}

// While the token file can't be read nobody knows whose names stand in it: nodes are signed, and others wait.
func TestUnreadFileKeepsItsNames(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	w.Options["allowed-users"] = "*"
	file := filepath.Join(w.CharmDir, "known_tokens.csv")
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", agent.Settings{"kubelet_user": "jane", "auth_group": "system:nodes"})
	w.Joined(t, r, "kw/1", node("a"))
	if creds := r.Local["creds"]; strings.Contains(creds, "jane") || !strings.Contains(creds, "system:node:a") {
		t.Errorf("published is %s", creds)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	write(t, w, "known_tokens.csv", "token,jane,1\n")
	w.MustHook(t, world.Hook{Name: "update-status"})
	if !strings.Contains(w.Status.Message, "kw/0 asks for user jane") {
		t.Errorf("the status is %+v", w.Status)
	}
}

// Two units ask for one user that the policy refuses: both are refused, and the status says what for. Nobody waits.
func TestRow96RefusedAndContested(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	r := w.Relate("kube-control:1", "kw")
	admin := agent.Settings{"kubelet_user": "cloud", "auth_group": "system:masters"}
	w.Joined(t, r, "kw/0", admin)
	w.Joined(t, r, "kw/1", admin)
	for _, hook := range []string{"", "update-status"} {
		if hook != "" {
			w.MustHook(t, world.Hook{Name: hook})
		}
		if want := "2 requests refused: kw/0 asks for group system:masters"; w.Status.Status != "active" || w.Status.Message != want {
			t.Errorf("the status is %+v, want %q", w.Status, want)
		}
	}
	for _, unit := range []string{"kw/0", "kw/1"} {
		out := w.Must(t, "", "explain", "--unit", unit)
		if !strings.Contains(out, "the policy refuses the request of "+unit+", which asks for group system:masters") || !strings.Contains(out, "allowed-groups") {
			t.Errorf("explained is\n%s", out)
		}
	}
	if out := w.Must(t, "", "explain", "--unit", "kw/1"); !strings.Contains(out, "kw/0 holds the same user") {
		t.Errorf("the conflict is not named:\n%s", out)
	}
	w.Options["allowed-groups"], w.Options["allowed-users"] = "system:masters", "*"
	w.MustHook(t, world.Hook{Name: "config-changed"})
	if want := "1 request refused: kw/1 asks for the user of kw/0"; w.Status.Message != want || len(rows(t, w, "kw/0")) != 6 {
		t.Errorf("the status is %+v, want %q", w.Status, want)
	}
}

// An operator is told to widen the option that refuses, however long the name is.
func TestRow97LongGroupIsExplainedByItsOption(t *testing.T) {
	t.Parallel()
	for _, length := range []int{1, 45, 47, 48, 49, 55, 253} {
		w := world.ReadyMaster(t, "kcp/0")
		r := w.Relate("kube-control:1", "kw")
		w.Joined(t, r, "kw/0", agent.Settings{"kubelet_user": "system:node:a", "auth_group": strings.Repeat("g", length)})
		if out := w.Must(t, "", "explain", "--unit", "kw/0"); !strings.Contains(out, "juju config kcp allowed-groups=") || strings.Contains(out, "allowed-users") {
			t.Errorf("a group of %d bytes is explained as\n%s", length, out)
		}
	}
}
