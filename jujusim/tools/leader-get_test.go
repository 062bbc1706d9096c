package tools_test

import "testing"

func TestLeaderGet(t *testing.T) {
	t.Parallel()
	empty := func(f *fake) { f.shared = map[string]string{} }
	runTool(t, "leader-get", []toolTest{
		{juju: "2.9.52", name: "all", stdout: "lk: lv\n\"n\": \"1\"\n"},
		{juju: "3.6.1", name: "all by dash, outside relation hooks", hook: noRelation, args: []string{"-", "--format=json"}, stdout: `{"lk":"lv","n":"1"}` + "\n"},
		{juju: "3.6.1", name: "a follower may read", hook: follower, args: []string{"lk"}, stdout: "lv\n"},
		{juju: "3.6.1", name: "missing", args: []string{"x"}},
		{juju: "3.6.1", name: "missing as json", args: []string{"x", "--format=json"}, stdout: "null\n"},
		{juju: "3.6.1", name: "nothing shared", hook: empty, args: []string{"--format=json"}, stdout: "{}\n"},
		{juju: "3.6.1", name: "key with =", args: []string{"a=b"}, code: 2, stderr: `invalid key "a=b"`},
		{juju: "3.6.1", name: "too many", args: []string{"a", "b"}, code: 2, stderr: `unrecognized args: ["b"]`},
		{juju: "4.0.1", name: "gone", code: 1, stderr: "bad request: unknown hook command: leader-get"},
	})
}
