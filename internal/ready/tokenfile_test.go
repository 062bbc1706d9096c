package ready_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/internal/ready"
	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// The operator's command runs when the file has changed, without Juju's variables, and again until it succeeds.
func TestOnTokensChanged(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	w.Options["on-tokens-changed"] = `env > env; echo x >> runs; test -e works`
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", node("a"))
	runs := func() string {
		text, _ := os.ReadFile(filepath.Join(w.CharmDir, "runs"))
		return strings.ReplaceAll(string(text), "\n", "")
	}
	if w.Status.Status != "waiting" || w.Status.Message != "Waiting for on-tokens-changed, which failed (exit status 1)" {
		t.Errorf("the status is %+v", w.Status)
	}
	before := runs()
	write(t, w, "works", "")
	w.MustHook(t, world.Hook{Name: "update-status"})
	if runs() != before+"x" || w.Status.Status != "active" {
		t.Errorf("it ran %s times, status %+v", runs(), w.Status)
	}
	w.MustHook(t, world.Hook{Name: "update-status"})
	if runs() != before+"x" {
		t.Errorf("it ran %s times", runs())
	}
	env, err := os.ReadFile(filepath.Join(w.CharmDir, "env"))
	if err != nil || strings.Contains(string(env), "JUJU_") {
		t.Errorf("its environment: %v %s", err, env)
	}
}

// Whatever stands in the token file, what we leave there is what kube-apiserver reads; the rest is kept beside it.
func TestForeignRows(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	write(t, w, "known_tokens.csv", "# a comment, with, columns\nshort,row\nforeigntoken,jane,7,\"a,b\"\n\nbad,\"quote,1\nempty,,1\nlast,joe,8")
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", node("a"))
	if file := w.TokenFile(t); !strings.HasPrefix(file, "foreigntoken,jane,7,\"a,b\"\nlast,joe,8\n") || strings.Count(file, "\n") != 8 {
		t.Errorf("the token file is\n%s", file)
	}
	rejected := filepath.Join(w.CharmDir, "known_tokens.csv.rejected")
	text, err := os.ReadFile(rejected)
	if want := "# a comment, with, columns\nshort,row\nbad,\"quote,1\nempty,,1\n"; err != nil || string(text) != want {
		t.Errorf("rejected is %q, %v", text, err)
	}
	if told := strings.Count(strings.Join(w.Logs, "\n"), "that kube-apiserver would not read are now in "); told != 1 {
		t.Errorf("the log has it %d times: %q", told, w.Logs)
	}
	for _, path := range []string{rejected, filepath.Join(w.CharmDir, "known_tokens.csv")} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	w.Joined(t, r, "kw/1", agent.Settings{"kubelet_user": "jane", "auth_group": "system:nodes"})
	if len(rows(t, w, "kw/1")) > 0 {
		t.Errorf("a worker was given the name of a row that was there")
	}
}

// A file that can't be written is a status, and no failed hook; the next hook writes it.
func TestTokenFileCannotBeWritten(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	w.Options["token-auth-file"] = "occupied/known_tokens.csv"
	write(t, w, "occupied", "")
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", node("a"))
	if w.Status.Status != "blocked" || w.Status.Message != "Cannot write the token file: not a directory" {
		t.Errorf("the status is %+v", w.Status)
	}
	if err := os.Remove(filepath.Join(w.CharmDir, "occupied")); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	w.MustHook(t, world.Hook{Name: "update-status"})
	if text, err := os.ReadFile(filepath.Join(w.CharmDir, "occupied", "known_tokens.csv")); err != nil || strings.Count(string(text), "\n") != 6 {
		t.Errorf("the file is %q, %v", text, err)
	}
}

// A command that did not end is not started again before the next update-status, and the status says so. Another command
// is started at once.
func TestRow111HangingCommandWaitsForUpdateStatus(t *testing.T) {
	t.Parallel()
	const command = "echo x >> runs"
	w, _ := signed(t)
	w.Options["on-tokens-changed"] = command
	w.State["kube-control-operator/1/hung/on-tokens-changed"] = ready.Digest([]byte(command))[:16]
	delete(w.State, "kube-control-operator/1/tokens")
	w.MustHook(t, world.Hook{Name: "config-changed"})
	runs := filepath.Join(w.CharmDir, "runs")
	if _, err := os.Stat(runs); err == nil {
		t.Error("the command was started again")
	}
	if want := "Waiting for on-tokens-changed, which failed (no end in 5m0s; again in update-status)"; w.Status.Message != want {
		t.Errorf("the status is %+v, want %q", w.Status, want)
	}
	w.MustHook(t, world.Hook{Name: "update-status"})
	if text, err := os.ReadFile(runs); err != nil || string(text) != "x\n" || w.Status.Status != "active" {
		t.Errorf("after update-status: %q, %v, %+v", text, err, w.Status)
	}
	w.State["kube-control-operator/1/hung/on-tokens-changed"] = "another"
	delete(w.State, "kube-control-operator/1/tokens")
	w.MustHook(t, world.Hook{Name: "config-changed"})
	if text, _ := os.ReadFile(runs); string(text) != "x\nx\n" {
		t.Errorf("another command was not started: %q", text)
	}
}
