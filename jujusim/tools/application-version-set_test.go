package tools_test

import "testing"

func TestApplicationVersionSet(t *testing.T) {
	t.Parallel()
	runTool(t, "application-version-set", []toolTest{
		{juju: "2.9.52", name: "set", args: []string{"1.31.2"}, effects: []string{"version is 1.31.2"}},
		{juju: "4.0.1", name: "a follower, outside relation hooks", hook: func(f *fake) { follower(f); noRelation(f) }, args: []string{"--", "-1"}, effects: []string{"version is -1"}},
		{juju: "3.6.1", name: "missing", code: 2, stderr: "no version specified"},
		{juju: "3.6.1", name: "too many", args: []string{"1", "2"}, code: 2, stderr: `unrecognized args: ["2"]`},
		{juju: "3.6.1", name: "no format", args: []string{"--format=json", "1"}, code: 2, stderr: "option provided but not defined: --format"},
	})
}
