// Package bench measures the cost of hooks and of joins. A benchmark reports it as a ratio to a floor in the same run: the
// same number of hook tools, called by a program that does nothing else. The tests hold the counts that do not vary.
package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kube-control/kube-control/pkg/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// BenchmarkChangedHook runs an idle relation-changed hook of a master with three workers: the real program, its link, real
// hook-tool processes. It reports milliseconds and tool calls of a hook, and the ratio to the floor.
func BenchmarkChangedHook(b *testing.B) {
	bin := build(b)
	tools := filepath.Join(bin, "tools")
	w := world.New("kcp/0", world.Charm(b, "master", "status: true\n"))
	link := linked(b, w, bin, "kube-control-relation-changed")
	r := w.Relate("kube-control:1", "kw")
	for _, unit := range []string{"kw/0", "kw/1", "kw/2"} {
		w.Joined(b, r, unit, agent.Settings{"kubelet_user": "system:node:" + unit})
	}
	changed := world.Hook{Name: "kube-control-relation-changed", Relation: r.ID, Unit: "kw/0"}
	w.MustHook(b, changed)

	var calls int
	var hook, floor time.Duration
	for b.Loop() {
		run := w.Begin(changed)
		hook += process(b, run, tools, link)
		calls = len(run.Calls())
		if run.Changed() {
			b.Fatal("the hook is not idle")
		}
		script := strings.Repeat("is-leader --format=json >/dev/null\n", calls)
		floor += process(b, w.Begin(changed), tools, "/bin/sh", "-c", script)
	}
	b.ReportMetric(float64(calls), "tools/hook")
	b.ReportMetric(hook.Seconds()*1000/float64(b.N), "ms/hook")
	b.ReportMetric(hook.Seconds()/floor.Seconds(), "x-floor")
}

// process runs a program in a hook context, and takes its time.
func process(b *testing.B, run *world.Run, tools, program string, args ...string) time.Duration {
	b.Helper()
	server, env, err := run.Serve(filepath.Dir(tools))
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	cmd := exec.Command(program, args...)
	cmd.Env = append(env, "PATH="+tools+":"+os.Getenv("PATH"))
	start := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("%s: %v\n%s", program, err, out)
	}
	return time.Since(start)
}
