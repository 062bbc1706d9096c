package tools_test

import "testing"

func TestStateDelete(t *testing.T) {
	t.Parallel()
	runTool(t, "state-delete", []toolTest{
		{juju: "3.6.1", name: "one", args: []string{"a"}, effects: []string{"state without a"}},
		{juju: "3.6.1", name: "none"},
		{juju: "3.6.1", name: "too many", args: []string{"a", "b"}, code: 2, stderr: `unrecognized args: ["b"]`},
	})
}
