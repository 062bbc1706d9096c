package tools_test

import "testing"

func TestActionFail(t *testing.T) {
	t.Parallel()
	action := func(f *fake) { f.action = true }
	runTool(t, "action-fail", []toolTest{
		{name: "message", hook: action, args: []string{"broke"}, effects: []string{"failed: broke"}},
		{name: "no message", hook: action, effects: []string{"failed: action failed without reason given, check action for errors"}},
		{name: "no action", args: []string{"x"}, code: 1, stderr: "not running an action"},
		{name: "too many", args: []string{"a", "b"}, code: 2, stderr: `unrecognized args: ["b"]`},
	})
}
