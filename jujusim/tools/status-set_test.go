package tools_test

import "testing"

func TestStatusSet(t *testing.T) {
	t.Parallel()
	runTool(t, "status-set", []toolTest{
		{juju: "3.6.1", name: "unit", args: []string{"waiting", "for it"}, effects: []string{"unit is waiting: for it"}},
		{juju: "3.6.1", name: "no message", args: []string{"active"}, effects: []string{"unit is active: "}},
		{juju: "3.6.1", name: "message that looks like an option", args: []string{"active", "--", "-x"}, effects: []string{"unit is active: -x"}},
		{juju: "3.6.1", name: "application", args: []string{"--application", "active", "m"}, effects: []string{"app is active: m"}},
		{juju: "3.6.1", name: "application as follower", hook: follower, args: []string{"--application", "active"}, code: 1, stderr: "this unit is not the leader"},
		{juju: "3.6.1", name: "bad status", args: []string{"error"}, code: 2, stderr: `invalid status "error", expected one of [maintenance blocked waiting active]`},
		{juju: "3.6.1", name: "no status", code: 2, stderr: "invalid args, require <status> [message]"},
		{juju: "3.6.1", name: "too many", args: []string{"active", "a", "b"}, code: 2, stderr: `unrecognized args: ["b"]`},
	})
}
