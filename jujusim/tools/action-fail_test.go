package tools_test

import "testing"

func TestActionFail(t *testing.T) {
	t.Parallel()
	action := func(f *fake) { f.action = true }
	runTool(t, "action-fail", []toolTest{
		{juju: "3.6.1", name: "message", hook: action, args: []string{"broke"}, effects: []string{"failed: broke"}},
		{juju: "3.6.1", name: "no message", hook: action, effects: []string{"failed: action failed without reason given, check action for errors"}},
		{juju: "3.6.1", name: "no action", args: []string{"x"}, code: 1, stderr: "not running an action"},
		{juju: "3.6.1", name: "too many", args: []string{"a", "b"}, code: 2, stderr: `unrecognized args: ["b"]`},
	})
}
