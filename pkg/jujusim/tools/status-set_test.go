package tools_test

import "testing"

func TestStatusSet(t *testing.T) {
	t.Parallel()
	runTool(t, "status-set", []toolTest{
		{name: "unit", args: []string{"waiting", "for it"}, effects: []string{"unit is waiting: for it"}},
		{name: "no message", args: []string{"active"}, effects: []string{"unit is active: "}},
		{name: "message that looks like an option", args: []string{"active", "--", "-x"}, effects: []string{"unit is active: -x"}},
		{name: "application", args: []string{"--application", "active", "m"}, effects: []string{"app is active: m"}},
		{name: "application as follower", hook: follower, args: []string{"--application", "active"}, code: 1, stderr: "this unit is not the leader"},
		{name: "bad status", args: []string{"error"}, code: 2, stderr: `invalid status "error", expected one of [maintenance blocked waiting active]`},
		{name: "no status", code: 2, stderr: "invalid args, require <status> [message]"},
		{name: "too many", args: []string{"active", "a", "b"}, code: 2, stderr: `unrecognized args: ["b"]`},
	})
}
