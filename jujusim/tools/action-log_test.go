package tools_test

import "testing"

func TestActionLog(t *testing.T) {
	t.Parallel()
	runTool(t, "action-log", []toolTest{
		{juju: "3.6.1", name: "words are joined", hook: func(f *fake) { f.action = true }, args: []string{"a", "b"}, effects: []string{"progress: a b"}},
		{juju: "3.6.1", name: "no message", code: 2, stderr: "no message specified"},
		{juju: "3.6.1", name: "no action", args: []string{"x"}, code: 1, stderr: "not running an action"},
	})
}
