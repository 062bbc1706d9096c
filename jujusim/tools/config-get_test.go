package tools_test

import "testing"

func TestConfigGet(t *testing.T) {
	t.Parallel()
	runTool(t, "config-get", []toolTest{
		{juju: "3.6.1", name: "set options", stdout: "big: 1.2345678e+07\n\"on\": true\nport: 53\ntext: a\n"},
		{
			juju: "3.6.1", name: "all options", args: []string{"--all", "--format=json"},
			stdout: `{"big":12345678,"on":true,"port":53,"text":"a","unset":null}` + "\n",
		},
		{juju: "3.6.1", name: "number", args: []string{"port"}, stdout: "53\n"},
		{juju: "3.6.1", name: "boolean", args: []string{"on"}, stdout: "True\n"},
		{juju: "3.6.1", name: "unset", args: []string{"unset", "--format=json"}, stdout: "null\n"},
		{juju: "3.6.1", name: "unknown", args: []string{"none"}},
		{juju: "3.6.1", name: "empty key is no key", args: []string{"", "-a", "--format=json"}, stdout: `{"big":12345678,"on":true,"port":53,"text":"a","unset":null}` + "\n"},
		{juju: "3.6.1", name: "all and a key", args: []string{"b", "-a"}, code: 2, stderr: `cannot use argument --all together with key "b"`},
		{juju: "3.6.1", name: "too many", args: []string{"a", "b"}, code: 2, stderr: `unrecognized args: ["b"]`},
	})
}
