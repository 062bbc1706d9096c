package conformance_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/conformance"
)

// TestMainPrintsDifferences replays cases whose answers were changed.
func TestMainPrintsDifferences(t *testing.T) {
	t.Parallel()
	cases := filepath.Join(t.TempDir(), "cases.json")
	text := `[
		{"name": "good", "world": "changed", "juju": "3.6-rc1", "steps": [{"argv": ["is-leader"], "stdout": "True\n"}]},
		{"name": "code and output", "world": "changed", "juju": "3.6-rc1", "steps": [
			{"argv": ["is-leader"], "stdout": "False\n", "rc": 1, "stderr": "x"},
			{"argv": ["is-leader", "-h"], "stdout_first_line": "Use"}]},
		{"name": "effect", "world": "action", "juju": "3.6-rc1", "steps": [
			{"argv": ["action-set", "a=1"]}, {"argv": ["status-set", "blocked"]},
			{"argv": ["status-set", "--application", "waiting", "m"]}],
			"after": {"secrets": {"create": []}}},
		{"name": "files", "world": "changed", "juju": "3.6-rc1", "files": {"old": "x"}, "steps": [
			{"argv": ["is-leader", "-o", "{{DIR}}/new"]}], "files_after": {"new": "{{REPEAT:ab:2}}"}},
		{"name": "log", "world": "config", "juju": "3.6-rc1", "steps": [{"argv": ["juju-log", "a"]}]},
		{"name": "no such tool", "world": "changed", "juju": "3.6-rc1", "steps": [
			{"argv": ["relation-model-get"], "rc": 1, "stderr": "ERROR bad request: unknown command: relation-model-get\n"}]},
		{"name": "no such world", "world": "none", "juju": "3.6-rc1", "steps": []}
	]`
	if err := os.WriteFile(cases, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	failed, err := conformance.Main(filepath.Join(vectors, "worlds.json"), []string{cases}, &out)
	if err != nil || failed != 5 {
		t.Errorf("got %d, %v", failed, err)
	}
	want := `code and output (world changed)
    step 1 ["is-leader"]: exit code is 0, not 1
    step 1 ["is-leader"]: stdout differs
    want "False\n"
    got  "True\n"
    step 1 ["is-leader"]: stderr differs
    want "x"
    got  ""
    step 2 ["is-leader" "-h"]: first line of stdout differs
    want "Use"
    got  "Usage: is-leader [options]"
effect (world action)
    after differs
    want {"secrets":{"create":[]}}
    got  {"action":{"message":"","results":{"a":"1"},"status":"completed"},` +
		`"application_status":{"message":"m","status":"waiting"},"unit_status":{"message":"","status":"blocked"}}
files (world changed)
    files_after differs
    want {"new":"abab"}
    got  {"new":"True\n"}
log (world config)
    step 1 ["juju-log" "a"]: log differs
    want null
    got  [{"level":"INFO","logger":"unit.kcp/0.juju-log","message":"a"}]
no such world (world none)
    there is no world "none"
2 passed, 5 failed
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestMainNeedsItsFiles(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	worlds := filepath.Join(vectors, "worlds.json")
	for _, test := range []struct{ worlds, cases, want string }{
		{"none.json", bad, "cannot read worlds: open none.json: no such file or directory"},
		{worlds, "none.json", "cannot read cases: open none.json: no such file or directory"},
		{worlds, bad, "cannot read cases: " + bad + ": unexpected end of JSON input"},
	} {
		var out strings.Builder
		_, err := conformance.Main(test.worlds, []string{test.cases}, &out)
		if err == nil || err.Error() != test.want || out.Len() > 0 {
			t.Errorf("got %v and %q, want %s", err, out.String(), test.want)
		}
	}
}
