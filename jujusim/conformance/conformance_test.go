package conformance_test

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/conformance"
	"github.com/kube-control/kube-control/jujusim/tools"
)

const vectors = "../testdata/toolvectors"

// TestMain makes the test binary the hook tools' client when a link named as a tool starts it.
func TestMain(m *testing.M) {
	if slices.Contains(tools.Names(), filepath.Base(os.Args[0])) {
		// Not os.Exit, which writes about coverage on standard error and under the race detector waits a second.
		syscall.Exit(agent.ToolMain(os.Args, os.Getenv, os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// TestRecordedCases needs each recorded case to pass, or to stand in deviations.txt.
func TestRecordedCases(t *testing.T) {
	t.Parallel()
	worlds, err := conformance.ReadWorlds(filepath.Join(vectors, "worlds.json"))
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(vectors, "cases", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	cases, err := conformance.ReadCases(paths...)
	if err != nil {
		t.Fatal(err)
	}
	covered := map[string]bool{}
	for _, c := range cases {
		tool, _, _ := strings.Cut(c.Name, "/")
		covered[tool] = true
	}
	for _, tool := range tools.Names() {
		if tools.Imitated(tool) && !covered[tool] {
			t.Errorf("no recorded case of %s", tool)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	results, err := conformance.Runner{Worlds: worlds, Program: self}.Run(cases)
	if err != nil {
		t.Fatal(err)
	}
	deviations := readDeviations(t)
	for _, r := range results {
		_, deviates := deviations[r.Case.Name]
		delete(deviations, r.Case.Name)
		if deviates && len(r.Differences) == 0 {
			t.Errorf("%s passes, but stands in deviations.txt", r.Case.Name)
		}
		if !deviates && len(r.Differences) > 0 {
			t.Errorf("%s (world %s):\n%s", r.Case.Name, r.Case.World, strings.Join(r.Differences, "\n"))
		}
	}
	for name := range deviations {
		t.Errorf("deviations.txt has an unknown case %s", name)
	}
}

// readDeviations reads the names of the cases that need not pass, with the reasons.
func readDeviations(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(vectors, "deviations.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	deviations := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if line := lines.Text(); line != "" && !strings.HasPrefix(line, "#") {
			name, reason, _ := strings.Cut(line, "\t")
			if reason == "" {
				t.Errorf("deviations.txt gives no reason for %s", name)
			}
			deviations[name] = reason
		}
	}
	return deviations
}

// Row 117: worlds and cases that were changed by hand are refused or replayed. They never end in a panic.
func TestDamagedWorldsAndCases(t *testing.T) {
	t.Parallel()
	const worlds = `{"worlds": [{"name": "w", "unit": "a/0", "unit_status": {"a/0": {}}}]}`
	const cases = `[{"name": "c", "world": "w", "steps": [{"argv": ["is-leader"], "stdout": "False\n"}]}]`
	for _, test := range []struct{ name, worlds, cases, want string }{
		{"whole", worlds, cases, ""},
		{"a world without its unit", strings.Replace(worlds, `"a/0": {}`, "", 1), cases, `cannot use worlds: WORLDS: world "w": unit "a/0" has no status`},
		{"a secret read without a relation", strings.Replace(worlds, `"name"`, `"secrets": [{"id": "s", "readable": true}], "name"`, 1), cases, `cannot use worlds: WORLDS: world "w": secret "s" is readable without a relation`},
		{"an owner that is not a unit", strings.Replace(worlds, `"name"`, `"secrets": [{"id": "s", "owner": "unit-"}], "name"`, 1), cases, ""},
		{"half a world", worlds[:20], cases, "cannot read worlds: WORLDS: unexpected end of JSON input"},
		{"a step without a command", worlds, strings.Replace(cases, `"is-leader"`, "", 1), `cannot use cases: CASES: case "c" has a step without a command`},
		{"half a case", worlds, cases[:20], "cannot read cases: CASES: unexpected end of JSON input"},
		{"a text without an end", worlds, strings.Replace(cases, `"c"`, `"{{REPEAT:x:99999999999}}"`, 1), ""},
	} {
		dir := t.TempDir()
		names := strings.NewReplacer("WORLDS", filepath.Join(dir, "worlds.json"), "CASES", filepath.Join(dir, "cases.json"))
		err := errors.Join(os.WriteFile(filepath.Join(dir, "worlds.json"), []byte(test.worlds), 0o600), os.WriteFile(filepath.Join(dir, "cases.json"), []byte(test.cases), 0o600))
		if err != nil {
			t.Fatal(err)
		}
		failed, err := conformance.Main(filepath.Join(dir, "worlds.json"), []string{filepath.Join(dir, "cases.json")}, io.Discard)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != names.Replace(test.want) || failed != 0 {
			t.Errorf("%s: %d failed, got %s", test.name, failed, got)
		}
	}
}
