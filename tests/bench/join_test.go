package bench

import (
	"fmt"
	"testing"
)

// TestJoinCost holds what it costs that workers join two masters, with credentials in secrets and in clear. The limits are
// a little above what was measured. Lower them when the cost falls. On 2.9 the hooks of the peer relation come between those
// of the workers, so that fewer changes share one.
func TestJoinCost(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		juju    string
		workers int
		limit   joinCost
	}{
		{"3.6.1", 10, joinCost{Hooks: 160, ToolCalls: 1600, CredsBytes: 10_000}},
		{"3.6.1", 100, joinCost{Hooks: 1550, ToolCalls: 15_400, CredsBytes: 900_000}},
		{"2.9.51", 10, joinCost{Hooks: 175, ToolCalls: 1570, CredsBytes: 15_000}},
		{"2.9.51", 100, joinCost{Hooks: 1750, ToolCalls: 15_300, CredsBytes: 1_350_000}},
	} {
		t.Run(fmt.Sprintf("%d workers, Juju %s", tt.workers, tt.juju), func(t *testing.T) {
			t.Parallel()
			cost := join(t, tt.juju, tt.workers)
			for _, figure := range []struct {
				name       string
				got, limit int
			}{
				{"hooks", cost.Hooks, tt.limit.Hooks},
				{"tool calls", cost.ToolCalls, tt.limit.ToolCalls},
				{"bytes of creds", cost.CredsBytes, tt.limit.CredsBytes},
			} {
				t.Logf("%s: %d", figure.name, figure.got)
				if figure.got > figure.limit {
					t.Errorf("%s: %d, more than %d", figure.name, figure.got, figure.limit)
				}
			}
		})
	}
}

// BenchmarkJoin has workers join two ready masters on a Juju with secrets, in this process. It reports hooks, tool calls,
// bytes of creds, milliseconds of CPU of kube-control alone, and the ratio of all CPU to the floor: the same tool calls.
func BenchmarkJoin(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("workers=%d", n), func(b *testing.B) {
			var cost joinCost
			for b.Loop() {
				cost = join(b, "3.6.1", n)
			}
			b.ReportMetric(float64(cost.Hooks), "hooks")
			b.ReportMetric(float64(cost.ToolCalls), "tools")
			b.ReportMetric(float64(cost.CredsBytes), "creds-bytes")
			b.ReportMetric(cost.own.Seconds()*1000, "ms-cpu")
			b.ReportMetric((cost.own+cost.tools).Seconds()/cost.tools.Seconds(), "x-floor")
		})
	}
}
