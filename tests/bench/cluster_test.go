package bench

import (
	"os"
	"testing"
	"time"

	"github.com/kube-control/kube-control/jujusim/uniter"
	"github.com/kube-control/kube-control/tests/cluster"
)

// workers is the application of ready workers.
const workers = "kubernetes-worker"

// joinCost is the cost of a join: all hooks of masters and workers, from their install hooks until the model rests.
type joinCost struct {
	Hooks, ToolCalls int
	CredsBytes       int           // of all values of creds that the masters have written
	own, tools       time.Duration // CPU of kube-control and of its hook tools; true while this process runs nothing else
}

// join deploys two masters and n workers on a version of Juju, relates them when they rest, and runs hooks until the model
// rests again. Then each worker must have its kubeconfig.
func join(t testing.TB, juju string, n int) joinCost {
	t.Helper()
	c := cluster.New(t, juju, 7)
	var cost joinCost
	c.Trace = func(run uniter.Trace) {
		cost.Hooks++
		cost.ToolCalls += len(run.Calls)
		for _, bag := range run.Bags {
			cost.CredsBytes += len(bag.Set["creds"])
		}
	}
	c.Deploy(t, cluster.Masters, "master", 2, nil)
	c.Deploy(t, workers, "worker", n, map[string]string{"ca-file": "ca.crt"})
	c.Rest(t, 0)
	c.Relate(t, workers)
	c.Rest(t, 0)
	for _, unit := range c.Model.Apps[workers].Units {
		if _, err := os.Stat(c.Path(unit, "cdk/kubeconfig")); err != nil {
			t.Fatalf("%s has no kubeconfig: %+v", unit, c.Model.UnitStatus(unit))
		}
	}
	cost.own, cost.tools = c.Own, c.Tools
	return cost
}
