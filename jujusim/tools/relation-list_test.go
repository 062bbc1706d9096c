package tools_test

import "testing"

func TestRelationList(t *testing.T) {
	t.Parallel()
	runTool(t, "relation-list", []toolTest{
		{juju: "3.6.1", name: "members", stdout: "kw/0\nkw/1\n"},
		{juju: "3.6.1", name: "json", args: []string{"--format=json"}, stdout: `["kw/0","kw/1"]` + "\n"},
		{juju: "3.6.1", name: "none", args: []string{"-r", "12"}},
		{juju: "3.6.1", name: "none as json", args: []string{"-r", "12", "--format=json"}, stdout: "[]\n"},
		{juju: "3.6.1", name: "none as yaml", args: []string{"-r", "12", "--format=yaml"}, stdout: "[]\n"},
		{juju: "3.6.1", name: "application", args: []string{"--app", "-r", "12"}, stdout: "ops\n"},
		{juju: "3.6.1", name: "no relation", hook: noRelation, code: 2, stderr: "no relation id specified"},
		{juju: "3.6.1", name: "argument", args: []string{"x"}, code: 2, stderr: `unrecognized args: ["x"]`},
	})
}
