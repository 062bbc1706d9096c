package tools_test

import "testing"

func TestUnitGet(t *testing.T) {
	t.Parallel()
	runTool(t, "unit-get", []toolTest{
		{juju: "3.6.1", name: "public", args: []string{"public-address"}, stdout: "203.0.113.1\n"},
		{juju: "2.9.52", name: "private, outside relation hooks", hook: noRelation, args: []string{"private-address"}, stdout: "10.0.0.1\n"},
		{juju: "4.0.1", name: "json", args: []string{"private-address", "--format=json"}, stdout: `"10.0.0.1"` + "\n"},
		{juju: "3.6.1", name: "missing", code: 2, stderr: "no setting specified"},
		{juju: "3.6.1", name: "unknown", args: []string{"foo"}, code: 2, stderr: `unknown setting "foo"`},
		{juju: "3.6.1", name: "too many", args: []string{"public-address", "x"}, code: 2, stderr: `unrecognized args: ["x"]`},
	})
}
