package tools_test

import "testing"

func TestRelationGet(t *testing.T) {
	t.Parallel()
	remoteless := func(f *fake) { f.remote = "" }
	runTool(t, "relation-get", []toolTest{
		{juju: "3.6.1", name: "one key of the hook's unit", args: []string{"user"}, stdout: "node-0\n"},
		{juju: "3.6.1", name: "the whole bag", stdout: "gpu: \"False\"\n\"n\": 1e3\nuser: node-0\n"},
		{juju: "3.6.1", name: "the whole bag by dash, another unit", args: []string{"-", "kcp/0", "--format=json"}, stdout: `{"port":"53"}` + "\n"},
		{juju: "3.6.1", name: "missing key", args: []string{"none", "--format=json"}, stdout: "null\n"},
		{juju: "3.6.1", name: "missing key, smart", args: []string{"none"}},
		{juju: "3.6.1", name: "without a remote unit the application", hook: remoteless, args: []string{"k"}, stdout: "v\n"},
		{juju: "3.6.1", name: "application", args: []string{"--app", "k"}, stdout: "v\n"},
		{juju: "3.6.1", name: "application of a unit", args: []string{"--app", "k", "kw/1"}, stdout: "v\n"},
		{juju: "3.6.1", name: "application by name", args: []string{"--app", "-", "kcp"}, stdout: "lead: x\n"},
		{juju: "3.6.1", name: "application by a bad name", args: []string{"--app", "-", "UPPER"}, code: 1, stderr: `"" is not a valid unit or application`},
		{juju: "3.6.1", name: "application where a unit belongs", args: []string{"-", "kw"}, code: 2, stderr: `expected unit name, got application name "kw"`},
		{juju: "3.6.1", name: "bad unit", args: []string{"-", "kw/01"}, code: 2, stderr: `invalid unit name "kw/01"`},
		{juju: "2.9.52", name: "bad unit on 2.9", args: []string{"-", "kw/01"}, code: 1, stderr: `"kw/01" is not a valid unit or application`},
		{juju: "3.6.1", name: "another relation keeps the remote unit", args: []string{"-r", "12", "-"}, code: 1, stderr: "permission denied"},
		{juju: "3.6.1", name: "another relation and unit", args: []string{"-r12", "-", "ops/0"}, stdout: "{}\n"},
		{juju: "3.6.1", name: "equals sign behind a short option", args: []string{"-r=3"}, code: 2, stderr: `invalid value "=3" for option -r: invalid relation id`},
		{juju: "3.6.1", name: "unknown relation", args: []string{"--relation", "x:99"}, code: 2, stderr: `invalid value "x:99" for option --relation: relation not found`},
		{juju: "3.6.1", name: "no relation", hook: noRelation, code: 2, stderr: "no relation id specified"},
		{juju: "3.6.1", name: "no unit", hook: noRelation, args: []string{"-r", "3"}, code: 2, stderr: "no unit or application specified"},
		{juju: "3.6.1", name: "too many", args: []string{"-", "kw/0", "x"}, code: 2, stderr: `unrecognized args: ["x"]`},
	})
}
