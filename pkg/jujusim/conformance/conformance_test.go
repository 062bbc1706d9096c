package conformance_test

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/kube-control/kube-control/pkg/jujusim/agent"
	"github.com/kube-control/kube-control/pkg/jujusim/conformance"
	"github.com/kube-control/kube-control/pkg/jujusim/tools"
)

const vectors = "../../../tests/toolvectors"

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
