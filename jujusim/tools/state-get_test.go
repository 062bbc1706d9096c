package tools_test

import "testing"

func TestStateGet(t *testing.T) {
	t.Parallel()
	empty := func(f *fake) { f.state = map[string]string{} }
	runTool(t, "state-get", []toolTest{
		{juju: "3.6.1", name: "all", stdout: "a: \"1\"\n"},
		{juju: "3.6.1", name: "all by dash", args: []string{"-", "--format=json"}, stdout: `{"a":"1"}` + "\n"},
		{juju: "3.6.1", name: "one", args: []string{"a"}, stdout: "1\n"},
		{juju: "3.6.1", name: "missing", args: []string{"b", "--format=json"}, stdout: `""` + "\n"},
		{juju: "3.6.1", name: "missing, strict", args: []string{"b", "--strict"}, code: 1, stderr: `"b" not found`},
		{juju: "3.6.1", name: "empty state", hook: empty, stdout: "{}\n"},
		{juju: "3.6.1", name: "empty state as json", hook: empty, args: []string{"--format=json"}, stdout: "null\n"},
		{juju: "3.6.1", name: "too many", args: []string{"a", "b"}, code: 2, stderr: `unrecognized args: ["b"]`},
	})
}
