package ready_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/tests/world"
)

// leaving is a master with a command for workers that have left, which fails while there is a file "fail", and two workers.
func leaving(t *testing.T) (*world.World, *world.Relation) {
	t.Helper()
	w, r := signed(t)
	w.Options["on-worker-left"] = `test ! -e fail && echo "$KUBE_CONTROL_UNIT $KUBE_CONTROL_USER $KUBE_CONTROL_NODE $JUJU_UNIT_NAME" >> left`
	return w, r
}

// reported is what the command wrote.
func reported(t *testing.T, w *world.World) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.CharmDir, "left"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// The command runs once for a worker that has left, in the hook in which it leaves, with the names in its environment.
func TestCommandForWorkerThatLeft(t *testing.T) {
	t.Parallel()
	w, r := leaving(t)
	w.MustHook(t, world.Hook{Name: "config-changed"})
	if got := reported(t, w); got != "" {
		t.Errorf("before any has left: %q", got)
	}
	w.Departed(t, r, "kw/0", "kw/0")
	w.MustHook(t, world.Hook{Name: "update-status"})
	if got, want := reported(t, w), "kw/0 system:node:a a \n"; got != want {
		t.Errorf("reported is %q, want %q", got, want)
	}
}

// A command that fails is in the status, and the next hook runs it again, in the order in which the workers left.
func TestFailedCommandForWorkerThatLeft(t *testing.T) {
	t.Parallel()
	w, r := leaving(t)
	write(t, w, "fail", "")
	w.Departed(t, r, "kw/1", "kw/1")
	w.Departed(t, r, "kw/0", "kw/0")
	if want := "Waiting for on-worker-left, which failed (exit status 1)"; w.Status.Message != want {
		t.Errorf("the status is %q", w.Status.Message)
	}
	if err := os.Remove(filepath.Join(w.CharmDir, "fail")); err != nil {
		t.Fatal(err)
	}
	w.MustHook(t, world.Hook{Name: "update-status"})
	if got, want := reported(t, w), "kw/1 system:node:b b \nkw/0 system:node:a a \n"; got != want || w.Status.Status != "active" {
		t.Errorf("reported is %q, want %q; status %v", got, want, w.Status)
	}
	w.MustHook(t, world.Hook{Name: "update-status"})
	if got := strings.Count(reported(t, w), "\n"); got != 2 {
		t.Errorf("%d reports", got)
	}
}

// A node that was built again as another unit is not reported, because the command would remove the new node.
func TestCommandSparesNodeOfAnotherUnit(t *testing.T) {
	t.Parallel()
	w, r := leaving(t)
	write(t, w, "fail", "")
	w.Departed(t, r, "kw/0", "kw/0")
	w.Joined(t, r, "kw/2", node("a"))
	if err := os.Remove(filepath.Join(w.CharmDir, "fail")); err != nil {
		t.Fatal(err)
	}
	w.MustHook(t, world.Hook{Name: "update-status"})
	if got := reported(t, w); got != "" {
		t.Errorf("reported is %q", got)
	}
}

// Only the leader runs the command, and not while it is removed itself. A user that is not a node's has no node.
func TestLeaderReportsWorkerThatLeft(t *testing.T) {
	t.Parallel()
	w, r := leaving(t)
	w.Options["allowed-users"] = "*"
	w.Joined(t, r, "kw/2", world.Asking("jane", "system:nodes", false))
	other := w.Beside(t, "kcp/1")
	other.Options["on-worker-left"] = w.Options["on-worker-left"]
	ro := other.Relate("kube-control:1", "kw")
	other.Joined(t, ro, "kw/2", world.Asking("jane", "system:nodes", false))
	other.Departed(t, ro, "kw/2", "kw/2")
	w.Departed(t, r, "kw/2", "kw/2")
	w.Departed(t, r, "kw/0", "kcp/0")
	if got := reported(t, other); got != "" {
		t.Errorf("a unit that does not lead reports %q", got)
	}
	if got, want := reported(t, w), "kw/2 jane  \n"; got != want {
		t.Errorf("reported is %q, want %q", got, want)
	}
}

// A revoked worker is reported when it leaves. A request that the policy would not sign is not: a hostile unit can ask for any
// name, and no name with a path reaches the command as a node.
func TestCommandForRevokedWorker(t *testing.T) {
	t.Parallel()
	w, r := leaving(t)
	w.Must(t, "", "revoke", "kw/0")
	w.Departed(t, r, "kw/0", "kw/0")
	for _, user := range []string{"system:node:../../etc", "admin", "x\ny"} {
		w.Joined(t, r, "kw/7", world.Asking(user, "system:nodes", false))
		w.Must(t, "", "revoke", "kw/7")
		w.Departed(t, r, "kw/7", "kw/7")
	}
	if got, want := reported(t, w), "kw/0 system:node:a a \n"; got != want {
		t.Errorf("reported is %q, want %q", got, want)
	}
}

// Juju keeps 65536 bytes in a value. If more workers wait for a command that fails, the hook does not fail, and the last ones
// still wait.
func TestCommandForTooManyWorkersThatLeft(t *testing.T) {
	t.Parallel()
	w, r := leaving(t)
	write(t, w, "fail", "")
	const key = "kube-control-operator/1/on-worker-left"
	var waiting []string
	for i := range 1000 {
		waiting = append(waiting, fmt.Sprintf(`{"unit":"old/%d","user":"system:node:a-host-with-a-rather-long-name-%d.example.com"}`, i, i))
	}
	w.State[key] = "[" + strings.Join(waiting, ",") + "]"
	w.Departed(t, r, "kw/0", "kw/0")
	if got := w.State[key]; len(got) > 65536 || len(got) < 50000 || !strings.HasSuffix(got, `{"unit":"kw/0","user":"system:node:a"}]`) {
		t.Errorf("%d bytes wait, and the last are %s", len(got), got[max(0, len(got)-100):])
	}
}
