package tools_test

import "testing"

func TestStateGet(t *testing.T) {
	t.Parallel()
	empty := func(f *fake) { f.state = map[string]string{} }
	runTool(t, "state-get", []toolTest{
		{name: "all", stdout: "a: \"1\"\n"},
		{name: "all by dash", args: []string{"-", "--format=json"}, stdout: `{"a":"1"}` + "\n"},
		{name: "one", args: []string{"a"}, stdout: "1\n"},
		{name: "missing", args: []string{"b", "--format=json"}, stdout: `""` + "\n"},
		{name: "missing, strict", args: []string{"b", "--strict"}, code: 1, stderr: `"b" not found`},
		{name: "empty state", hook: empty, stdout: "{}\n"},
		{name: "empty state as json", hook: empty, args: []string{"--format=json"}, stdout: "null\n"},
		{name: "too many", args: []string{"a", "b"}, code: 2, stderr: `unrecognized args: ["b"]`},
	})
}
