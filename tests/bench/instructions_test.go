package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// BenchmarkIdleHook counts the instructions that an idle relation-changed hook of a ready charm costs: the real program
// under cachegrind, with hook tools as processes that are not counted. It reports them in millions, the tool calls, and the
// ratio to the floor: a Go program that makes as many tool calls and does nothing else.
func BenchmarkIdleHook(b *testing.B) {
	if _, err := exec.LookPath("valgrind"); err != nil {
		b.Skip("SKIPPED, no instructions are counted: valgrind is missing (apt install valgrind)")
	}
	bin := build(b)
	for _, side := range []struct {
		name  string
		world func(testing.TB, int) (*world.World, world.Hook)
	}{{"master", readyMaster}, {"worker", readyWorker}} {
		for _, n := range []int{1, 10, 100, 1000} {
			b.Run(fmt.Sprintf("%s/workers=%d", side.name, n), func(b *testing.B) {
				w, hook := side.world(b, n)
				link := linked(b, w, bin, hook.Name)
				w.MustHook(b, hook)
				for b.Loop() {
					run := w.Begin(hook)
					own := instructions(b, run, bin, link)
					if run.Changed() {
						b.Fatalf("the hook is not idle: %+v", run.Calls())
					}
					calls := len(run.Calls())
					floor := instructions(b, w.Begin(hook), bin, filepath.Join(bin, "floor"), strconv.Itoa(calls))
					b.ReportMetric(own/1e6, "Minstr")
					b.ReportMetric(own/floor, "x-floor")
					b.ReportMetric(float64(calls), "tools/hook")
				}
			})
		}
	}
}

// TestIdleHookToolCalls holds how many hook tools an idle relation-changed hook of a ready charm calls.
func TestIdleHookToolCalls(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		world func(testing.TB, int) (*world.World, world.Hook)
		limit int
	}{{"master", readyMaster, 9}, {"worker", readyWorker, 7}} {
		for _, n := range []int{1, 100} {
			t.Run(fmt.Sprintf("%s among %d workers", tt.name, n), func(t *testing.T) {
				t.Parallel()
				w, hook := tt.world(t, n)
				w.MustHook(t, hook)
				run := w.MustHook(t, hook)
				if run.Changed() {
					t.Error("the hook is not idle")
				}
				if got := len(run.Calls()); got > tt.limit {
					t.Errorf("%d tool calls, more than %d: %+v", got, tt.limit, run.Calls())
				}
			})
		}
	}
}

// build builds the programs, and gives their directory; tools below it has the hook tools.
func build(b testing.TB) string {
	b.Helper()
	bin := b.TempDir()
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", bin, "../../cmd/kube-control", "../../cmd/jujusim", "./floor")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("cannot build: %v\n%s", err, out)
	}
	if err := agent.LinkTools(filepath.Join(bin, "tools"), filepath.Join(bin, "jujusim"), world.New("kcp/0", ".").Version); err != nil {
		b.Fatal(err)
	}
	return bin
}

// linked makes the link of a hook in the charm of a world.
func linked(b testing.TB, w *world.World, bin, hook string) string {
	b.Helper()
	link := filepath.Join(w.CharmDir, "hooks", hook)
	if err := os.MkdirAll(filepath.Dir(link), 0o700); err != nil {
		b.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(bin, "kube-control"), link); err != nil {
		b.Fatal(err)
	}
	return link
}

// readyMaster is a ready master that has signed n workers, and the changed hook of one.
func readyMaster(t testing.TB, n int) (*world.World, world.Hook) {
	w := world.ReadyMaster(t, "kcp/0")
	r := w.Relate("kube-control:1", "kw")
	for i := range n {
		r.Join(fmt.Sprintf("kw/%d", i), world.Asking(fmt.Sprintf("system:node:n%d", i), "system:nodes", false))
	}
	w.MustHook(t, world.Hook{Name: "upgrade-charm"})
	return w, world.Hook{Name: "kube-control-relation-changed", Relation: r.ID, Unit: "kw/0"}
}

// readyWorker is a ready worker of a master that publishes n credentials, and the changed hook of the master.
func readyWorker(t testing.TB, n int) (*world.World, world.Hook) {
	w := world.New("kw/0", world.Charm(t, "worker", "operator: worker\nstatus: true\n"))
	w.Options = world.Defaults(t, "worker")
	w.Options["kubeconfig-dir"], w.Options["ca-file"] = "kube", "ca.crt"
	if err := os.WriteFile(filepath.Join(w.CharmDir, "ca.crt"), []byte("-----BEGIN CERTIFICATE-----\nMQ==\n-----END CERTIFICATE-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Options["schemas"] = "0"
	r := w.Relate("kube-control:1", "kcp")
	w.Joined(t, r, "kcp/0", agent.Settings{})
	asked := r.Local["kubelet_user"]
	creds := map[string]map[string]string{}
	for i := range n {
		user := asked
		if i > 0 {
			user = fmt.Sprintf("system:node:n%d", i)
		}
		creds[user] = map[string]string{
			"scope": fmt.Sprintf("kw/%d", i), "client_token": strings.Repeat("c", 43), "kubelet_token": strings.Repeat("k", 43), "proxy_token": strings.Repeat("p", 43),
		}
	}
	text, err := json.Marshal(creds)
	if err != nil {
		t.Fatal(err)
	}
	master := agent.Settings{
		"creds": string(text), "api-endpoints": `["https://10.0.0.1:6443"]`, "cluster-tag": "kubernetes-x", "default-cni": `""`,
		"domain": "cluster.local", "enable-kube-dns": "True", "has-xcp": "false", "port": "53", "registry-location": "rocks.canonical.com:443/cdk",
		"sdn-ip": "10.152.183.10", "ingress-address": "10.0.0.1",
	}
	w.Changed(t, r, "kcp/0", master)
	if _, err := os.Stat(filepath.Join(w.CharmDir, "kube", "kubeconfig")); err != nil {
		t.Fatalf("the worker has no kubeconfig: %+v", w.Status)
	}
	return w, world.Hook{Name: "kube-control-relation-changed", Relation: r.ID, Unit: "kcp/0"}
}

// instructions runs a program in a hook context under cachegrind, and counts what it executes itself.
func instructions(b testing.TB, run *world.Run, bin, program string, args ...string) float64 {
	b.Helper()
	tools := filepath.Join(bin, "tools")
	server, env, err := run.Serve(bin)
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	cmd := exec.Command("valgrind", append([]string{"--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", program}, args...)...)
	cmd.Env = append(env, "PATH="+tools+":"+os.Getenv("PATH"), "GOMAXPROCS=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		b.Fatalf("%s: %v\n%s", program, err, stderr.String())
	}
	found := regexp.MustCompile(`I\s+refs:\s+([0-9,]+)`).FindStringSubmatch(stderr.String())
	if found == nil {
		b.Fatalf("no count in\n%s", stderr.String())
	}
	n, err := strconv.ParseFloat(strings.ReplaceAll(found[1], ",", ""), 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}
