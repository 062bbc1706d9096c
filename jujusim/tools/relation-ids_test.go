package tools_test

import "testing"

func TestRelationIDs(t *testing.T) {
	t.Parallel()
	runTool(t, "relation-ids", []toolTest{
		{juju: "3.6.1", name: "the hook's endpoint, sorted as text, no broken one", stdout: "kube-control:12\nkube-control:3\n"},
		{juju: "2.9.52", name: "broken ones are listed on 2.9", stdout: "kube-control:12\nkube-control:3\nkube-control:7\n"},
		{juju: "3.6.1", name: "an endpoint", args: []string{"masters", "--format=json"}, stdout: `["masters:1"]` + "\n"},
		{juju: "3.6.1", name: "unknown endpoint", args: []string{"x", "--format=json"}, stdout: "[]\n"},
		{juju: "3.6.1", name: "no endpoint", hook: noRelation, code: 2, stderr: "no endpoint name specified"},
		{
			juju: "2.9.52", name: "no endpoint on 2.9", hook: noRelation,
			code: 2, stderr: "no relation name specified",
		},
		{juju: "3.6.1", name: "too many", args: []string{"a", "b"}, code: 2, stderr: `unrecognized args: ["b"]`},
	})
}
