package tools_test

import "testing"

func TestRelationIDs(t *testing.T) {
	t.Parallel()
	runTool(t, "relation-ids", []toolTest{
		{name: "the hook's endpoint, sorted as text, no broken one", stdout: "kube-control:12\nkube-control:3\n"},
		{name: "broken ones are listed on 2.9", hook: juju2, stdout: "kube-control:12\nkube-control:3\nkube-control:7\n"},
		{name: "an endpoint", args: []string{"masters", "--format=json"}, stdout: `["masters:1"]` + "\n"},
		{name: "unknown endpoint", args: []string{"x", "--format=json"}, stdout: "[]\n"},
		{name: "no endpoint", hook: noRelation, code: 2, stderr: "no endpoint name specified"},
		{
			name: "no endpoint on 2.9", hook: func(f *fake) { noRelation(f); juju2(f) },
			code: 2, stderr: "no relation name specified",
		},
		{name: "too many", args: []string{"a", "b"}, code: 2, stderr: `unrecognized args: ["b"]`},
	})
}
