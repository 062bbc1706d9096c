package tools_test

import "testing"

func TestConfigGet(t *testing.T) {
	t.Parallel()
	runTool(t, "config-get", []toolTest{
		{name: "set options", stdout: "big: 1.2345678e+07\n\"on\": true\nport: 53\ntext: a\n"},
		{
			name: "all options", args: []string{"--all", "--format=json"},
			stdout: `{"big":12345678,"on":true,"port":53,"text":"a","unset":null}` + "\n",
		},
		{name: "number", args: []string{"port"}, stdout: "53\n"},
		{name: "boolean", args: []string{"on"}, stdout: "True\n"},
		{name: "unset", args: []string{"unset", "--format=json"}, stdout: "null\n"},
		{name: "unknown", args: []string{"none"}},
		{name: "empty key is no key", args: []string{"", "-a", "--format=json"}, stdout: `{"big":12345678,"on":true,"port":53,"text":"a","unset":null}` + "\n"},
		{name: "all and a key", args: []string{"b", "-a"}, code: 2, stderr: `cannot use argument --all together with key "b"`},
		{name: "too many", args: []string{"a", "b"}, code: 2, stderr: `unrecognized args: ["b"]`},
	})
}
