package tools_test

import "testing"

func TestActionLog(t *testing.T) {
	t.Parallel()
	runTool(t, "action-log", []toolTest{
		{name: "words are joined", hook: func(f *fake) { f.action = true }, args: []string{"a", "b"}, effects: []string{"progress: a b"}},
		{name: "no message", code: 2, stderr: "no message specified"},
		{name: "no action", args: []string{"x"}, code: 1, stderr: "not running an action"},
	})
}
