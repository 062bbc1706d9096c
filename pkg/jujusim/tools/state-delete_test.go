package tools_test

import "testing"

func TestStateDelete(t *testing.T) {
	t.Parallel()
	runTool(t, "state-delete", []toolTest{
		{name: "one", args: []string{"a"}, effects: []string{"state without a"}},
		{name: "none"},
		{name: "too many", args: []string{"a", "b"}, code: 2, stderr: `unrecognized args: ["b"]`},
	})
}
