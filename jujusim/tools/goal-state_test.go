package tools_test

import (
	"testing"

	"github.com/kube-control/kube-control/jujusim/tools"
)

func TestGoalState(t *testing.T) {
	t.Parallel()
	goal := func(f *fake) {
		f.goal = tools.GoalState{
			Units: map[string]tools.Status{"kcp/0": {Status: "active", Message: "not shown", Since: "2026-01-02 03:04:05Z"}},
			Relations: map[string]map[string]tools.Status{
				"kube-control": {"kw": {Status: "joined", Since: "2026-01-02 03:04:06Z"}},
			},
		}
	}
	runTool(t, "goal-state", []toolTest{
		{
			juju: "3.6.1", name: "yaml", hook: goal,
			stdout: "units:\n  kcp/0:\n    status: active\n    since: 2026-01-02 03:04:05Z\n" +
				"relations:\n  kube-control:\n    kw:\n      status: joined\n      since: 2026-01-02 03:04:06Z\n",
		},
		{
			juju: "3.6.1", name: "json", hook: goal, args: []string{"--format=json"},
			stdout: `{"units":{"kcp/0":{"status":"active","since":"2026-01-02 03:04:05Z"}},` +
				`"relations":{"kube-control":{"kw":{"status":"joined","since":"2026-01-02 03:04:06Z"}}}}` + "\n",
		},
		{juju: "3.6.1", name: "no smart format", args: []string{"--format=smart"}, code: 2, stderr: `invalid value "smart" for option --format: unknown format "smart"`},
		{juju: "3.6.1", name: "argument", args: []string{"x"}, code: 2, stderr: `unrecognized args: ["x"]`},
	})
}
