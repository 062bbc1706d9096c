package tools_test

import "testing"

func TestRelationModelGet(t *testing.T) {
	t.Parallel()
	runTool(t, "relation-model-get", []toolTest{
		{juju: "3.6.2", name: "the hook's relation", stdout: "uuid: model-3\n"},
		{juju: "4.0.1", name: "another relation as json", args: []string{"-r", "x:12", "--format=json"}, stdout: `{"uuid":"model-12"}` + "\n"},
		{juju: "4.0.1", name: "by the long option", hook: noRelation, args: []string{"--relation=1"}, stdout: "uuid: model-1\n"},
		{juju: "4.0.1", name: "no relation", hook: noRelation, code: 2, stderr: "no relation id specified"},
		{juju: "4.0.1", name: "unknown relation", args: []string{"-r", "99"}, code: 2, stderr: `invalid value "99" for option -r: relation not found`},
		{juju: "4.0.1", name: "argument", args: []string{"x"}, code: 2, stderr: `unrecognized args: ["x"]`},
		{juju: "3.6.1", name: "not yet there", code: 1, stderr: "bad request: unknown command: relation-model-get"},
		{juju: "3.6-rc1", name: "not in a candidate", code: 1, stderr: "bad request: unknown command: relation-model-get"},
	})
}
