package tools_test

import "testing"

func TestRelationList(t *testing.T) {
	t.Parallel()
	runTool(t, "relation-list", []toolTest{
		{name: "members", stdout: "kw/0\nkw/1\n"},
		{name: "json", args: []string{"--format=json"}, stdout: `["kw/0","kw/1"]` + "\n"},
		{name: "none", args: []string{"-r", "12"}},
		{name: "none as json", args: []string{"-r", "12", "--format=json"}, stdout: "[]\n"},
		{name: "none as yaml", args: []string{"-r", "12", "--format=yaml"}, stdout: "[]\n"},
		{name: "application", args: []string{"--app", "-r", "12"}, stdout: "ops\n"},
		{name: "no relation", hook: noRelation, code: 2, stderr: "no relation id specified"},
		{name: "argument", args: []string{"x"}, code: 2, stderr: `unrecognized args: ["x"]`},
	})
}
