package tools_test

import "testing"

func TestIsLeader(t *testing.T) {
	t.Parallel()
	runTool(t, "is-leader", []toolTest{
		{juju: "3.6.1", name: "yes", stdout: "True\n"},
		{juju: "3.6.1", name: "no", hook: follower, stdout: "False\n"},
		{juju: "3.6.1", name: "json", args: []string{"--format", "json"}, stdout: "true\n"},
		{juju: "3.6.1", name: "yaml", hook: follower, args: []string{"--format=yaml"}, stdout: "false\n"},
		{juju: "3.6.1", name: "argument", args: []string{"x"}, code: 2, stderr: `unrecognized args: ["x"]`},
	})
}
