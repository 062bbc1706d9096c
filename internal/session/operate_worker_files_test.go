package session_test

import (
	"encoding/json"
	"errors"
	"os"
	account "os/user"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/tests/world"
)

func TestReadyWorkerRunsTheCommandUntilItSucceeds(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	w.Options["on-credentials-changed"] = "env > env; echo x >> ran; test -e may"
	w.Joined(t, rel, "kcp/0", masterBag("first"))
	wantRuns := func(n int) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(w.CharmDir, "ran"))
		if err != nil || len(text) != 2*n {
			t.Errorf("ran %d times, want %d, error %v", len(text)/2, n, err)
		}
	}
	const failing = "Waiting for on-credentials-changed, which failed (exit status 1)"
	wantTokens(t, w, "first")
	wantRuns(2) // joined and changed
	wantStatus(t, w, "waiting", failing)
	update(t, w)
	wantRuns(3)
	if !strings.Contains(strings.Join(w.Logs, "\n"), "WARNING cannot run on-credentials-changed: exit status 1") {
		t.Errorf("the log says %q", w.Logs)
	}
	put(t, filepath.Join(w.CharmDir, "may"), "")
	update(t, w)
	wantRuns(4)
	wantStatus(t, w, "active", "")
	update(t, w)
	wantRuns(4)
	w.Changed(t, rel, "kcp/0", masterBag("second"))
	wantRuns(5)
	if err := os.Remove(filepath.Join(w.CharmDir, "cdk", "kubeconfig")); err != nil {
		t.Fatal(err)
	}
	update(t, w)
	wantTokens(t, w, "second")
	wantRuns(6)
	env, err := os.ReadFile(filepath.Join(w.CharmDir, "env"))
	if err != nil || strings.Contains(string(env), "JUJU_") || strings.Contains(string(env), "second") {
		t.Errorf("the command's environment:\n%s\n%v", env, err)
	}
}

func TestReadyWorkerOnAFolderThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	put(t, filepath.Join(w.CharmDir, "file"), "")
	w.Options["kubeconfig-dir"] = "file/cdk"
	w.Options["on-credentials-changed"] = "echo x >> ran"
	w.Joined(t, rel, "kcp/0", masterBag("first"))
	if want := "Cannot write or remove " + w.CharmDir; w.Status.Status != "blocked" || !strings.HasPrefix(w.Status.Message, want[:40]) {
		t.Errorf("status %v", w.Status)
	}
	if _, err := os.Stat(filepath.Join(w.CharmDir, "ran")); err == nil {
		t.Error("the command ran")
	}
	w.Options["kubeconfig-dir"] = "cdk"
	update(t, w)
	wantTokens(t, w, "first")
	wantStatus(t, w, "active", "")
}

// INV-25: a process that is killed between the temporary file and the rename leaves the old file whole, and the next
// hook clears away what it left.
func TestReadyWorkerAfterAKill(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	w.Joined(t, rel, "kcp/0", masterBag("first"))
	dir := filepath.Join(w.CharmDir, "cdk")
	put(t, filepath.Join(dir, ".kubeconfig.kube-control.tmp"), "half of a tok")
	put(t, filepath.Join(dir, ".kubeconfig.swp"), "an editor's")
	put(t, filepath.Join(dir, ".kubeconfig.20240101"), "a copy of the operator's")
	update(t, w)
	if _, err := os.Stat(filepath.Join(dir, ".kubeconfig.kube-control.tmp")); !os.IsNotExist(err) {
		t.Errorf("the leftover: %v", err)
	}
	for _, name := range []string{".kubeconfig.swp", ".kubeconfig.20240101"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	wantTokens(t, w, "first")

	// A hook that fails after it wrote the files loses its record; the next one knows them as its own.
	rel.Join("kcp/0", masterBag("second"))
	run := w.Begin(world.Hook{Name: "kube-control-relation-changed", Relation: rel.ID, Unit: "kcp/0"})
	if res := run.Link(); res.Code != 0 {
		t.Fatal(res.Stderr)
	}
	wantTokens(t, w, "second")
	update(t, w)
	wantTokens(t, w, "second")
	rel.Broken, rel.Members = true, nil
	w.On(t, "broken", rel, "", "")
	wantTokens(t, w, "")
}

func TestReadyWorkerKeepsOnlyItsOwn(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	w.Joined(t, rel, "kcp/0", masterBag("first"))
	put(t, filepath.Join(w.CharmDir, "cdk", "kubeproxyconfig"), "somebody's")
	rel.Broken, rel.Members = true, nil
	w.On(t, "broken", rel, "", "")
	if text, err := os.ReadFile(filepath.Join(w.CharmDir, "cdk", "kubeproxyconfig")); string(text) != "somebody's" {
		t.Errorf("%q, %v", text, err)
	}
	if !strings.Contains(strings.Join(w.Logs, "\n"), "kubeproxyconfig stays: another program has changed it") {
		t.Errorf("the log says %q", w.Logs)
	}
}

func TestReadyWorkerMovesItsFiles(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	w.Joined(t, rel, "kcp/0", masterBag("first"))
	w.Options["kubeconfig-dir"] = "elsewhere"
	w.MustHook(t, world.Hook{Name: "config-changed"})
	wantTokens(t, w, "")
	if _, err := os.Stat(filepath.Join(w.CharmDir, "elsewhere", "kubeconfig")); err != nil {
		t.Error(err)
	}
}

func TestGetKubeconfig(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	run := w.Begin(world.Hook{})
	if res := run.Command("get-kubeconfig"); res.Code != 1 || !strings.Contains(res.Stderr, "cannot write kubeconfig: not yet there: Waiting for cluster credentials") {
		t.Errorf("exit %d: %s", res.Code, res.Stderr)
	}
	w.Joined(t, rel, "kcp/0", masterBag("first"))
	kept := filepath.Join(w.CharmDir, "cdk", "kubeclientconfig")
	if got := w.Must(t, "", "get-kubeconfig"); got != kept+"\n" {
		t.Errorf("prints %q", got)
	}
	file := filepath.Join(t.TempDir(), "new", "config")
	var path string
	if err := json.Unmarshal([]byte(w.Must(t, "", "get-kubeconfig", "-o", file, "--format", "json")), &path); err != nil || path != file {
		t.Errorf("prints %q, %v", path, err)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), "first-client") {
		t.Errorf("wrote %q, %v", text, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// A kubeconfig that another user of the machine owns is written by way of no link, and the result says how to fetch it.
func TestGetKubeconfigForAnOwner(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	w.Joined(t, rel, "kcp/0", masterBag("first"))
	me, err := account.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "config")
	if got, want := w.Must(t, "", "get-kubeconfig", "-o", file, "--owner", me.Username), file+"\nto fetch it: juju scp kw/0:"+file+" . and then remove it from the machine\n"; got != want {
		t.Errorf("prints %q, want %q", got, want)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	link := filepath.Join(dir, "link")
	if err := errors.Join(os.Symlink(dir, link), os.Symlink(file, filepath.Join(dir, "alias"))); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ argv, want string }{
		{"-o " + link + "/config --owner " + me.Username, "a folder on the way is a symbolic link"},
		{"-o " + dir + "/alias --owner " + me.Username, "not a regular file"},
		{"-o " + file + " --owner no-such-user", `there is no user "no-such-user" on this machine`},
		{"--owner " + me.Username, "--owner needs --output"},
	} {
		res := w.Begin(world.Hook{}).Command(append([]string{"get-kubeconfig"}, strings.Fields(tt.argv)...)...)
		if res.Code == 0 || !strings.Contains(res.Stderr, tt.want) {
			t.Errorf("%s: exit %d: %s", tt.argv, res.Code, res.Stderr)
		}
	}
}
