package hooktool_test

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/pkg/hooktool"
)

func TestErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		stderr string
		code   int
		text   string
		is     error
	}{
		{"denied", "ERROR permission denied\n", 1, "ERROR permission denied", hooktool.ErrNotFound},
		{"the socket is denied", "ERROR dial unix /a.socket: connect: permission denied\n", 1, "ERROR dial unix /a.socket: connect: permission denied", nil},
		{"forgotten", "ERROR invalid value \"kube-control:3\" for option -r: relation not found\n", 2, `ERROR invalid value "kube-control:3" for option -r: relation not found`, hooktool.ErrNotFound},
		{"never entered", "ERROR cannot read settings for unit \"kw/9\" in relation \"kw:kube-control kcp:kube-control\": unit \"kw/9\": settings not found\n", 1, `ERROR cannot read settings for unit "kw/9" in relation "kw:kube-control kcp:kube-control": unit "kw/9": settings not found`, hooktool.ErrNotFound},
		{"not the leader", "ERROR this unit is not the leader\n", 1, "ERROR this unit is not the leader", hooktool.ErrNotLeader},
		{"application data of a follower", "ERROR cannot write relation settings\n", 1, "ERROR cannot write relation settings", hooktool.ErrNotLeader},
		{"unknown to this agent", "ERROR bad request: unknown command: relation-get\n", 1, "ERROR bad request: unknown command: relation-get", hooktool.ErrUnsupported},
		{"unknown to a newer agent", "ERROR bad request: unknown hook command: relation-get\n", 1, "ERROR bad request: unknown hook command: relation-get", hooktool.ErrUnsupported},
		{"three lines", "panic: x\n\x1b[31mgoroutine\t1\r\nrunning\nmore\n", 3, "panic: x;  [31mgoroutine 1; running", nil},
		{"very long", strings.Repeat("é", 300), 1, strings.Repeat("é", 198) + "...", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tools := hooktool.New(&canned{out: hooktool.Output{
				Stdout: []byte("token"), Stderr: []byte(test.stderr), ExitCode: test.code,
			}})
			_, err := tools.RelationGet(t.Context(), "kube-control:3", "kw/9", 100)
			want := fmt.Sprintf("cannot read the data of kw/9 in relation kube-control:3: relation-get (-r --format) ended with exit code %d: %s", test.code, test.text)
			if err == nil || err.Error() != want {
				t.Errorf("error %v\nwant  %s", err, want)
			}
			for _, kind := range []error{hooktool.ErrNotFound, hooktool.ErrNotLeader, hooktool.ErrUnsupported, hooktool.ErrTooLarge} {
				if errors.Is(err, kind) != (kind == test.is) {
					t.Errorf("errors.Is(err, %q) = %t", kind, errors.Is(err, kind))
				}
			}
			var tool *hooktool.Error
			if !errors.As(err, &tool) {
				t.Fatalf("error of type %T", err)
			}
			if diff := cmp.Diff([]string{"-r", "--format"}, tool.Flags); diff != "" || tool.Tool != "relation-get" || tool.ExitCode != test.code {
				t.Errorf("error %+v", tool)
			}
		})
	}
}

// Row 88: the recorded words of Juju 2.9, 3.6 and 4.0 for data and secrets that this unit may not have, or that are gone.
func TestRow88RefusalsInEveryWording(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		words string
		code  int
		is    error
	}{
		{`permission denied`, 1, hooktool.ErrNotFound},
		{`"kw/0" is not allowed to read this secret`, 1, hooktool.ErrNotFound},
		{`"kw/0" is not allowed to manage this secret`, 1, hooktool.ErrNotFound},
		{`secret "secret:cq1f3oa5g5v7t8m9n0p0" not found`, 1, hooktool.ErrNotFound},
		{`secret "cq1f3oa5g5v7t8m9n0p0" not found`, 1, hooktool.ErrNotFound},
		{`secret revision "cq1f3oa5g5v7t8m9n0p0/1" not found`, 1, hooktool.ErrNotFound},
		{`getting latest secret revision: secret not found`, 1, hooktool.ErrNotFound},
		{`consumer label "mine" not found`, 1, hooktool.ErrNotFound},
		{`secret URI for consumer label "mine" not found`, 1, hooktool.ErrNotFound},
		{`this unit is not the leader`, 1, hooktool.ErrNotLeader},
		{`bad request: unknown command: secret-get`, 1, hooktool.ErrUnsupported},
		{`connection refused`, 1, nil},
		{`dial unix /a.socket: connect: permission denied`, 1, nil},
	} {
		tools := hooktool.New(&canned{out: hooktool.Output{Stderr: []byte("ERROR " + tt.words + "\n"), ExitCode: tt.code}})
		_, err := tools.SecretGet(t.Context(), secretID, true)
		for _, kind := range []error{hooktool.ErrNotFound, hooktool.ErrNotLeader, hooktool.ErrUnsupported} {
			if errors.Is(err, kind) != (kind == tt.is) {
				t.Errorf("%s: errors.Is(err, %q) = %t", tt.words, kind, errors.Is(err, kind))
			}
		}
	}
}

func TestErrorOfASilentTool(t *testing.T) {
	t.Parallel()
	tools := hooktool.New(&canned{out: hooktool.Output{ExitCode: 1}})
	for want, err := range map[string]error{
		"cannot keep state: state-set (--file) ended with exit code 1":                         tools.StateSet(t.Context(), map[string]string{"a": "b"}),
		"cannot log for the action: action-log ended with exit code 1":                         tools.ActionLog(t.Context(), "-x"),
		`cannot drop state "a": state-delete ended with exit code 1`:                           tools.StateDelete(t.Context(), "a"),
		"cannot set the application's version: application-version-set ended with exit code 1": tools.ApplicationVersionSet(t.Context(), "1.2.3"),
		"cannot set the workload status: status-set ended with exit code 1":                    tools.StatusSet(t.Context(), hooktool.Status{Status: "active"}),
		"cannot fail the action: action-fail ended with exit code 1":                           tools.ActionFail(t.Context(), "x"),
		"cannot write to Juju's log: juju-log (--log-level) ended with exit code 1":            tools.JujuLog(t.Context(), "INFO", "x"),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestMissingToolIsUnsupported(t *testing.T) {
	t.Parallel()
	tools := hooktool.New(&canned{err: &exec.Error{Name: "is-leader", Err: exec.ErrNotFound}})
	_, err := tools.IsLeader(t.Context())
	want := `cannot read leadership: cannot run is-leader: hook tool not available: exec: "is-leader": executable file not found in $PATH`
	if !errors.Is(err, hooktool.ErrUnsupported) || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if tools.Calls() != 1 {
		t.Errorf("%d calls", tools.Calls())
	}
}

// A tool that fails may quote all that it was given, on either stream; none of it may come out.
func TestErrorsHoldNoValues(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-token"
	data := map[string]string{"creds": secret}
	for _, stderr := range []string{
		"ERROR expected \"key=value\", got \"" + secret + "\"\n",
		"ERROR yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `" + secret + "` into map[string]string\n",
		secret,
		secret + ": relation not found",
		"ERROR permission denied " + secret,
	} {
		tools := hooktool.New(&canned{out: hooktool.Output{Stdout: []byte(secret), Stderr: []byte(stderr), ExitCode: 2}})
		for name, err := range map[string]error{
			"relation-set": tools.RelationSet(t.Context(), "kube-control:3", data),
			"state-set":    tools.StateSet(t.Context(), data),
			"action-set":   tools.ActionSet(t.Context(), data),
		} {
			var tool *hooktool.Error
			if !errors.As(err, &tool) {
				t.Fatalf("%s: error %v", name, err)
			}
			if text := fmt.Sprintf("%v %+v %#v", err, tool, tool); strings.Contains(text, secret) {
				t.Errorf("%s: %s", name, text)
			}
			if tool.Stderr == "" {
				t.Errorf("%s: nothing is left of %q", name, stderr)
			}
		}
	}
	for _, answer := range []string{secret, `"` + secret + `"`, `{"creds": "` + secret, `{"creds": ["` + secret + `"]}`, `{"creds":"a"} ` + secret, ``} {
		tools := hooktool.New(&canned{out: hooktool.Output{Stdout: []byte(answer)}})
		_, bagErr := tools.RelationGet(t.Context(), "kube-control:3", "kw/0", 1000)
		_, stateErr := tools.StateGet(t.Context())
		for _, err := range []error{bagErr, stateErr} {
			if err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
				t.Errorf("answer %q: error %v", answer, err)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	runner := &canned{}
	tools := hooktool.New(runner)
	long := strings.Repeat("x", 64<<10)
	tests := []struct {
		name  string
		err   error
		want  string
		large bool
	}{
		{"a value of state at the limit", tools.StateSet(t.Context(), map[string]string{"k": long}), "", false},
		{"a value of state", tools.StateSet(t.Context(), map[string]string{"a": "", "k": long + "x"}), `cannot keep state: the value of key "k" of 65537 bytes: too large`, true},
		{"a key of state at the limit", tools.StateSet(t.Context(), map[string]string{long[:256]: ""}), "", false},
		{"a key of state", tools.StateSet(t.Context(), map[string]string{long[:257]: ""}), `cannot keep state: key "` + long[:77] + `..." of 257 bytes: too large`, true},
		{"a key of a bag at the limit", tools.RelationSet(t.Context(), "a:1", map[string]string{long[:998]: ""}), "", false},
		{"a key of a bag", tools.RelationSet(t.Context(), "a:1", map[string]string{long[:999]: ""}), `cannot set data in relation a:1: key "` + long[:77] + `..." of 999 bytes: too large`, true},
		{"a value that is not UTF-8", tools.RelationSet(t.Context(), "a:1", map[string]string{"k": "tok\xff"}), `cannot set data in relation a:1: the value of key "k" is not UTF-8`, false},
		{"a key that is not UTF-8", tools.StateSet(t.Context(), map[string]string{"k\xff": "tok"}), `cannot keep state: key "k\xff" is not UTF-8`, false},
		{"results", tools.ActionSet(t.Context(), map[string]string{"k": long}), `cannot set the action's results: 65537 bytes of at most 65536: too large`, true},
		{"a result with a NUL", tools.ActionSet(t.Context(), map[string]string{"k": "tok\x00"}), `cannot set the action's results: the value of key "k" holds a NUL`, false},
		{"a message", tools.JujuLog(t.Context(), "INFO", long), "", false},
	}
	for _, test := range tests {
		if test.want == "" && test.err != nil || test.want != "" && (test.err == nil || test.err.Error() != test.want) {
			t.Errorf("%s: error %v, want %q", test.name, test.err, test.want)
		}
		if errors.Is(test.err, hooktool.ErrTooLarge) != test.large {
			t.Errorf("%s: errors.Is(err, ErrTooLarge) = %t", test.name, !test.large)
		}
	}
	if got := len(runner.call.Args[3]); got != 16<<10 {
		t.Errorf("a message of %d bytes in argv", got)
	}
	if tools.Calls() != 4 {
		t.Errorf("%d calls", tools.Calls())
	}
}

func TestResultKeys(t *testing.T) {
	t.Parallel()
	tools := hooktool.New(&canned{})
	for key, ok := range map[string]bool{
		"a": true, "0": true, "a-b.c-1": true,
		"": false, ".": false, "a.": false, "A": false, "a_b": false, "-a": false, "a-": false, "a b": false, "a=b": false,
		"stdout": false, "stderr": false, "stdout-encoding": false, "stderr-encoding": false,
	} {
		if err := tools.ActionSet(t.Context(), map[string]string{key: "x"}); (err == nil) != ok {
			t.Errorf("key %q: error %v", key, err)
		}
	}
}
