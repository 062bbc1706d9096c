package tools_test

import "testing"

func TestLeaderSet(t *testing.T) {
	t.Parallel()
	const refused = "cannot write leadership settings: cannot write settings: not the leader"
	runTool(t, "leader-set", []toolTest{
		{juju: "2.9.52", name: "set and delete", args: []string{"b= 1 ", "a="}, effects: []string{`shared a=""`, `shared b="1"`}},
		{juju: "3.6.1", name: "outside relation hooks", hook: noRelation, args: []string{"--", "-a=b"}, effects: []string{`shared -a="b"`}},
		{juju: "3.6.1", name: "nothing"},
		{juju: "3.6.1", name: "follower", hook: follower, args: []string{"a=1"}, code: 1, stderr: refused},
		{juju: "3.6.1", name: "follower with nothing to set", hook: follower, code: 1, stderr: refused},
		{juju: "3.6.1", name: "no pair", args: []string{"a"}, code: 2, stderr: `expected "key=value", got "a"`},
		{juju: "3.6.1", name: "no format", args: []string{"--format=json", "a=1"}, code: 2, stderr: "option provided but not defined: --format"},
		{juju: "4.0.1", name: "gone", args: []string{"a=1"}, code: 1, stderr: "bad request: unknown hook command: leader-set"},
	})
}
