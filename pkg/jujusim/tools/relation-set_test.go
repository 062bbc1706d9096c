package tools_test

import "testing"

func TestRelationSet(t *testing.T) {
	t.Parallel()
	runTool(t, "relation-set", []toolTest{
		{name: "arguments are trimmed", args: []string{" a = b=c ", "", "d=\u00a0"}, effects: []string{`unit bag 3: a="b=c" d=""`}},
		{name: "nothing", effects: []string{"unit bag 3: "}},
		{name: "another relation", args: []string{"a=b", "--relation=12"}, effects: []string{`unit bag 12: a="b"`}},
		{name: "application", args: []string{"a=b", "--app"}, effects: []string{`app bag 3: a="b"`}},
		{name: "application as follower", hook: follower, args: []string{"--app"}, code: 1, stderr: "cannot write relation settings"},
		{
			name: "standard input, arguments win", args: []string{"--file", "-", "a=arg"},
			stdin: "a: x\nb: \" y \"\nc: 007\nd: ~\n", effects: []string{`unit bag 3: a="arg" b=" y " c="007" d=""`},
		},
		{name: "a file beside the caller", args: []string{"--file=settings.yaml"}, effects: []string{`unit bag 3: a="from file" b="1.50"`}},
		{name: "no such file", args: []string{"--file=none"}, code: 1, stderr: "open testdata/none: no such file or directory"},
		{
			name: "nested", args: []string{"--file=-"}, stdin: "a: {b: c}", code: 1,
			stderr: "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!map into string",
		},
		{name: "no equals sign", args: []string{"a"}, code: 2, stderr: `expected "key=value", got "a"`},
		{name: "no key", args: []string{" = b"}, code: 2, stderr: `expected "key=value", got "=b"`},
		{name: "twice", args: []string{"a=1", " a=2"}, code: 2, stderr: `key "a" specified more than once`},
		{name: "value that looks like an option", args: []string{"--", "-k=v"}, effects: []string{`unit bag 3: -k="v"`}},
		{name: "no relation", hook: noRelation, args: []string{"a=b"}, code: 2, stderr: "no relation id specified"},
	})
}
