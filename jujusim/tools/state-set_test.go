package tools_test

import (
	"strings"
	"testing"
)

func TestStateSet(t *testing.T) {
	t.Parallel()
	runTool(t, "state-set", []toolTest{
		{juju: "3.6.1", name: "arguments", args: []string{"b=2", "a="}, effects: []string{"state a=", "state b=2"}},
		{juju: "3.6.1", name: "standard input", args: []string{"--file=-", "b=2"}, stdin: `{"c": 3}`, effects: []string{"state b=2", "state c=3"}},
		{juju: "3.6.1", name: "nothing"},
		{juju: "3.6.1", name: "longest", args: []string{strings.Repeat("k", 256) + "=" + strings.Repeat("v", 65536)}, effects: []string{"state kkkkkkkkk=vvvvvvvvv"}},
		{
			juju: "3.6.1", name: "key too long, what stands before it is set", args: []string{"a=1", strings.Repeat("k", 257) + "=v"},
			code: 1, stderr: "max allowed key length (256) exceeded", effects: []string{"state a=1"},
		},
		{juju: "3.6.1", name: "value too long", args: []string{"k=" + strings.Repeat("v", 65537)}, code: 1, stderr: "max allowed value length (65536) exceeded"},
		{juju: "3.6.1", name: "no equals sign", args: []string{"a"}, code: 2, stderr: `expected "key=value", got "a"`},
	})
}
