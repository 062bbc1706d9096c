package tools_test

import "testing"

func TestStatusGet(t *testing.T) {
	t.Parallel()
	runTool(t, "status-get", []toolTest{
		{juju: "3.6.1", name: "word", stdout: "active\n"},
		{juju: "3.6.1", name: "json", args: []string{"--format=json"}, stdout: `{"status":"active"}` + "\n"},
		{juju: "3.6.1", name: "data", args: []string{"--include-data"}, stdout: "message: ready\nstatus: active\nstatus-data: {}\n"},
		{
			juju: "3.6.1", name: "application", args: []string{"--application", "--format=json"},
			hook:   func(f *fake) { f.appStatus.Status = "blocked" },
			stdout: `{"application-status":{"status":"blocked","units":{"kcp/0":{"status":"active"}}}}` + "\n",
		},
		{
			juju: "3.6.1", name: "application's word", args: []string{"--application"},
			hook: func(f *fake) { f.appStatus.Status = "blocked" }, stdout: "blocked\n",
		},
		{
			juju: "3.6.1", name: "application as follower", hook: follower, args: []string{"--application"},
			code: 1, stderr: "finding application status: this unit is not the leader",
		},
		{juju: "3.6.1", name: "argument", args: []string{"x"}, code: 2, stderr: `unrecognized args: ["x"]`},
	})
}
