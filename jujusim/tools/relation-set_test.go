package tools_test

import "testing"

func TestRelationSet(t *testing.T) {
	t.Parallel()
	runTool(t, "relation-set", []toolTest{
		{juju: "3.6.1", name: "arguments are trimmed", args: []string{" a = b=c ", "", "d=\u00a0"}, effects: []string{`unit bag 3: a="b=c" d=""`}},
		{juju: "3.6.1", name: "nothing", effects: []string{"unit bag 3: "}},
		{juju: "3.6.1", name: "another relation", args: []string{"a=b", "--relation=12"}, effects: []string{`unit bag 12: a="b"`}},
		{juju: "3.6.1", name: "application", args: []string{"a=b", "--app"}, effects: []string{`app bag 3: a="b"`}},
		{juju: "3.6.1", name: "application as follower", hook: follower, args: []string{"--app"}, code: 1, stderr: "cannot write relation settings"},
		{
			juju: "3.6.1", name: "standard input, arguments win", args: []string{"--file", "-", "a=arg"},
			stdin: "a: x\nb: \" y \"\nc: 007\nd: ~\n", effects: []string{`unit bag 3: a="arg" b=" y " c="007" d=""`},
		},
		{juju: "3.6.1", name: "a file beside the caller", args: []string{"--file=settings.yaml"}, effects: []string{`unit bag 3: a="from file" b="1.50"`}},
		{juju: "3.6.1", name: "no such file", args: []string{"--file=none"}, code: 1, stderr: "open testdata/none: no such file or directory"},
		{
			juju: "3.6.1", name: "nested", args: []string{"--file=-"}, stdin: "a: {b: c}", code: 1,
			stderr: "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!map into string",
		},
		{juju: "3.6.1", name: "no equals sign", args: []string{"a"}, code: 2, stderr: `expected "key=value", got "a"`},
		{juju: "3.6.1", name: "no key", args: []string{" = b"}, code: 2, stderr: `expected "key=value", got "=b"`},
		{juju: "3.6.1", name: "twice", args: []string{"a=1", " a=2"}, code: 2, stderr: `key "a" specified more than once`},
		{juju: "3.6.1", name: "value that looks like an option", args: []string{"--", "-k=v"}, effects: []string{`unit bag 3: -k="v"`}},
		{juju: "3.6.1", name: "no relation", hook: noRelation, args: []string{"a=b"}, code: 2, stderr: "no relation id specified"},
	})
}
