// Package bench measures the cost of hooks and of joins. A benchmark reports it as a ratio to a floor in the same run: the
// same number of hook tools, called by a program that does nothing else. The tests hold the counts that do not vary.
package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/cluster"
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
	var hook, floor cost
	for b.Loop() {
		run := w.Begin(changed)
		hook.add(process(b, run, tools, link))
		calls = len(run.Calls())
		if run.Changed() {
			b.Fatal("the hook is not idle")
		}
		script := strings.Repeat("is-leader --format=json >/dev/null\n", calls)
		floor.add(process(b, w.Begin(changed), tools, "/bin/sh", "-c", script))
	}
	b.ReportMetric(float64(calls), "tools/hook")
	b.ReportMetric(hook.wall.Seconds()*1000/float64(b.N), "ms/hook")
	b.ReportMetric(hook.wall.Seconds()/floor.wall.Seconds(), "x-floor")
}

// BenchmarkNewWorker runs the relation-changed hook in which a ready master signs the last of n workers, all with
// credentials in clear: the real program, its link, real hook-tool processes. It reports the CPU of all of them in
// milliseconds, the tool calls, and the ratio to the floor. The recorded peers of plot/peers.csv did the same hook.
func BenchmarkNewWorker(b *testing.B) {
	bin := build(b)
	tools := filepath.Join(bin, "tools")
	for _, n := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("workers=%d", n), func(b *testing.B) {
			w, changed := readyMaster(b, n-1)
			link := linked(b, w, bin, changed.Name)
			r := w.Relation(changed.Relation)
			changed.Unit = fmt.Sprintf("kw/%d", n-1)
			w.Joined(b, r, changed.Unit, agent.Settings{})
			r.Join(changed.Unit, world.Asking("system:node:new", "system:nodes", false))
			before := w.TokenFile(b)

			var calls int
			var hook, floor cost
			for b.Loop() {
				run := w.Begin(changed) // without a commit, so that the next one finds the same
				hook.add(process(b, run, tools, link))
				calls = len(run.Calls())
				if after := w.TokenFile(b); !run.Changed() || after == before {
					b.Fatal("the hook has not signed the worker")
				}
				if err := os.WriteFile(filepath.Join(w.CharmDir, "known_tokens.csv"), []byte(before), 0o600); err != nil {
					b.Fatal(err)
				}
				floor.add(process(b, w.Begin(changed), tools, filepath.Join(bin, "floor"), strconv.Itoa(calls)))
			}
			b.ReportMetric(float64(calls), "tools/hook")
			b.ReportMetric(hook.cpu.Seconds()*1000/float64(b.N), "ms-cpu/hook")
			b.ReportMetric(hook.cpu.Seconds()/floor.cpu.Seconds(), "x-floor")
		})
	}
}

// cost is time that programs took.
type cost struct {
	wall time.Duration
	cpu  time.Duration // user and system, with the hook tools that they called and the server that answers these
}

func (c *cost) add(o cost) {
	c.wall += o.wall
	c.cpu += o.cpu
}

// process runs a program in a hook context, and takes its time.
func process(b *testing.B, run *world.Run, tools, program string, args ...string) cost {
	b.Helper()
	server, env, err := run.Serve(filepath.Dir(tools))
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	cmd := exec.Command(program, args...)
	cmd.Env = append(env, "PATH="+tools+":"+os.Getenv("PATH"))
	start, used := time.Now(), cluster.CPU()
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("%s: %v\n%s", program, err, out)
	}
	return cost{time.Since(start), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime() + cluster.CPU() - used}
}
