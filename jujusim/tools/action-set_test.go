package tools_test

import "testing"

func TestActionSet(t *testing.T) {
	t.Parallel()
	action := func(f *fake) { f.action = true }
	const rule = " must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric, hyphens and periods"
	runTool(t, "action-set", []toolTest{
		{juju: "3.6.1", name: "in order", hook: action, args: []string{"b.c=1=2", "a-1= x"}, effects: []string{"result b/c=1=2", "result a-1= x"}},
		{juju: "3.6.1", name: "nothing", hook: action},
		{juju: "3.6.1", name: "no action", args: []string{"a=b"}, code: 1, stderr: "not running an action"},
		{juju: "3.6.1", name: "nothing and no action"},
		{juju: "3.6.1", name: "bad key", args: []string{"A=b"}, code: 2, stderr: `key "A"` + rule},
		{juju: "3.6.1", name: "empty key", args: []string{"a..b=c"}, code: 2, stderr: `key ""` + rule},
		{juju: "3.6.1", name: "reserved key", args: []string{"a.stdout=b"}, code: 2, stderr: `cannot set reserved action key "stdout"`},
		{juju: "3.6.1", name: "no equals sign", args: []string{"a"}, code: 2, stderr: `argument "a" must be of the form key...=value`},
	})
}
