package tools_test

import "testing"

func TestJujuLog(t *testing.T) {
	t.Parallel()
	runTool(t, "juju-log", []toolTest{
		{juju: "3.6.1", name: "words are joined, the relation is named", args: []string{"a", "b"}, effects: []string{"INFO kube-control:3: a b"}},
		{juju: "3.6.1", name: "outside a relation", hook: noRelation, args: []string{"a"}, effects: []string{"INFO a"}},
		{juju: "3.6.1", name: "level", args: []string{"-l", "warn", "a"}, effects: []string{"WARNING kube-control:3: a"}},
		{juju: "3.6.1", name: "debug wins", args: []string{"--debug", "--log-level=ERROR", "a"}, effects: []string{"DEBUG kube-control:3: a"}},
		{
			juju: "3.6.1", name: "unknown level", args: []string{"-l", "loud", "a"},
			effects: []string{`WARNING Specified log level of "loud" is not valid`, "INFO kube-control:3: a"},
		},
		{juju: "3.6.1", name: "unspecified drops", args: []string{"-l", "unspecified", "a"}},
		{juju: "3.6.1", name: "no message", code: 2, stderr: "no message specified"},
	})
}
