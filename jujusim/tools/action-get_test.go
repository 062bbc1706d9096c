package tools_test

import "testing"

func TestActionGet(t *testing.T) {
	t.Parallel()
	action := func(f *fake) {
		f.action = true
		f.params = map[string]any{"n": 5.0, "list": []any{"a", "1e3"}, "deep": map[string]any{"b": true}}
	}
	runTool(t, "action-get", []toolTest{
		{juju: "3.6.1", name: "all", hook: action, args: []string{"--format=json"}, stdout: `{"deep":{"b":true},"list":["a","1e3"],"n":5}` + "\n"},
		{juju: "3.6.1", name: "none given", hook: func(f *fake) { f.action = true }, args: []string{"--format=json"}, stdout: "{}\n"},
		{juju: "3.6.1", name: "inner", hook: action, args: []string{"deep.b"}, stdout: "True\n"},
		{juju: "3.6.1", name: "list is YAML", hook: action, args: []string{"list"}, stdout: "- a\n- 1e3\n"},
		{juju: "3.6.1", name: "missing", hook: action, args: []string{"n.x", "--format=json"}, stdout: "null\n"},
		{juju: "3.6.1", name: "empty key", hook: action, args: []string{""}},
		{juju: "3.6.1", name: "no action", code: 1, stderr: "not running an action"},
		{juju: "3.6.1", name: "too many", args: []string{"a", "b"}, code: 2, stderr: `unrecognized args: ["b"]`},
	})
}
