package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/tests/world"
)

const pem = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n"

// served is a worker on a Juju without secrets whose master has published credentials for u and API endpoints.
func served(t *testing.T) *world.World {
	t.Helper()
	w := worker(t)
	w.Unit, w.Version = "kw/1", "2.9.51"
	bag := w.Relations[0].Remote["kcp/0"]
	bag["api-endpoints"] = `["https://a:6443", "https://b:6443"]`
	bag["creds"] = `{"u": {"scope": "kw/1", "client_token": "client-0123", "kubelet_token": "kubelet-0123", "proxy_token": null}}`
	return w
}

func TestCreateKubeconfig(t *testing.T) {
	t.Parallel()
	w, dir := served(t), t.TempDir()
	ca, file := filepath.Join(dir, "ca.crt"), filepath.Join(dir, "config")
	if err := os.WriteFile(ca, []byte(pem), 0o600); err != nil {
		t.Fatal(err)
	}
	run := w.Begin(world.Hook{})
	argv := []string{"create-kubeconfig", file, "u", "--name", "kubelet", "--token", "kubelet", "--ca-file", ca}
	if res := run.Command(argv...); res.Code != 0 || res.Stdout != file+" written\n" {
		t.Fatalf("exit %d: %s%s", res.Code, res.Stdout, res.Stderr)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`token: "kubelet-0123"`, `server: "https://b:6443"`, `name: "kubelet"`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("the file has no %s:\n%s", part, text)
		}
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if res := run.Command(append(argv, "--format", "json")...); res.Code != 0 || res.Stdout != "false\n" {
		t.Errorf("a second run: exit %d: %s%s", res.Code, res.Stdout, res.Stderr)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if run.Changed() {
		t.Error("something was written to Juju")
	}
}

func TestCreateKubeconfigRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		argv string
		code int
		want string
	}{
		{"u", 1, "there is no CA certificate: name a file with --ca-file, or run set-ca-certificate on the master"},
		{"u --ca-file /no/such/file", 1, "no such file"},
		{"other", 1, "no credentials for that user"},
		{"u --token proxy", 1, "there is no token"},
		{"u --token admin", 2, `there is no token "admin"`},
	} {
		w, file := served(t), filepath.Join(t.TempDir(), "config")
		res := w.Begin(world.Hook{}).Command(append([]string{"create-kubeconfig", file}, strings.Fields(tt.argv)...)...)
		if res.Code != tt.code || !strings.Contains(res.Stderr, tt.want) || strings.Count(res.Stderr, "\n") != 1 || strings.Contains(res.Stderr, "-0123") {
			t.Errorf("%s: exit %d: %s", tt.argv, res.Code, res.Stderr)
		}
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%s: a file was written", tt.argv)
		}
	}
}

func TestEvaluate(t *testing.T) {
	t.Parallel()
	alone := empty("worker")(t)
	alone.Relate("kube-control:1", "kcp")
	waiting := served(t)
	waiting.Unit = "kw/2"
	for name, tt := range map[string]struct {
		w    *world.World
		code int
		want string
	}{
		"unrelated": {empty("worker")(t), 3, `{"ready":false,"message":"Missing required kube-control relation"}`},
		"alone":     {alone, 3, `{"ready":false,"message":"Waiting for kube-control relation"}`},
		"waiting":   {waiting, 3, `{"ready":false,"message":"Waiting for cluster credentials: another unit holds the user"}`},
		"ready":     {served(t), 0, `{"ready":true,"message":""}`},
	} {
		if res := tt.w.Begin(world.Hook{}).Command("evaluate", "--format", "json"); res.Code != tt.code || res.Stdout != tt.want+"\n" {
			t.Errorf("%s: exit %d: %s%s", name, res.Code, res.Stdout, res.Stderr)
		}
	}
}
