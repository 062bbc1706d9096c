package tools_test

import "testing"

func TestActionGet(t *testing.T) {
	t.Parallel()
	action := func(f *fake) {
		f.action = true
		f.params = map[string]any{"n": 5.0, "list": []any{"a", "1e3"}, "deep": map[string]any{"b": true}}
	}
	runTool(t, "action-get", []toolTest{
		{name: "all", hook: action, args: []string{"--format=json"}, stdout: `{"deep":{"b":true},"list":["a","1e3"],"n":5}` + "\n"},
		{name: "none given", hook: func(f *fake) { f.action = true }, args: []string{"--format=json"}, stdout: "{}\n"},
		{name: "inner", hook: action, args: []string{"deep.b"}, stdout: "True\n"},
		{name: "list is YAML", hook: action, args: []string{"list"}, stdout: "- a\n- 1e3\n"},
		{name: "missing", hook: action, args: []string{"n.x", "--format=json"}, stdout: "null\n"},
		{name: "empty key", hook: action, args: []string{""}},
		{name: "no action", code: 1, stderr: "not running an action"},
		{name: "too many", args: []string{"a", "b"}, code: 2, stderr: `unrecognized args: ["b"]`},
	})
}
