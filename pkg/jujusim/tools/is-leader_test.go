package tools_test

import "testing"

func TestIsLeader(t *testing.T) {
	t.Parallel()
	runTool(t, "is-leader", []toolTest{
		{name: "yes", stdout: "True\n"},
		{name: "no", hook: follower, stdout: "False\n"},
		{name: "json", args: []string{"--format", "json"}, stdout: "true\n"},
		{name: "yaml", hook: follower, args: []string{"--format=yaml"}, stdout: "false\n"},
		{name: "argument", args: []string{"x"}, code: 2, stderr: `unrecognized args: ["x"]`},
	})
}
