package ready

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/pkg/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// While an option of the policy can't be used, explain says that nobody is signed before it is mended; of several bad
// options the status names two.
func TestBadPolicyIsExplained(t *testing.T) {
	t.Parallel()
	w, r := signed(t)
	w.Options["allowed-groups"], w.Options["dns-ip"] = `a"b`, "x"
	w.Joined(t, r, "kw/2", node("c"))
	if got := w.Must(t, "", "explain", "--unit", "kw/2"); !strings.Contains(got, "next: nobody is signed before the option is mended: juju config kcp allowed-groups=VALUE\n") {
		t.Errorf("explain says\n%s", got)
	}
	if want := "Option dns-ip is not an IP address; option allowed-groups is bad, too"; w.Status.Message != want {
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
	if want := "1 request refused: kw/0 asks y; client-token=admin gives every worker all rights"; w.Status.Message != want {
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
