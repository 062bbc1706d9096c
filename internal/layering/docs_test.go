package layering

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestInvariantsNameTheirTests holds docs/invariants.md to the tests and stories that there are, both ways.
func TestInvariantsNameTheirTests(t *testing.T) {
	t.Parallel()

	text, tests := doc(t, "invariants.md"), testNames(t)
	for _, name := range regexp.MustCompile(`\x60((Test|Fuzz)\w+)\x60`).FindAllStringSubmatch(text, -1) {
		if !tests[name[1]] {
			t.Errorf("docs/invariants.md names %s, which is no test", name[1])
		}
	}
	for _, m := range regexp.MustCompile(`stor(?:y|ies) ([^|]+)`).FindAllStringSubmatch(text, -1) {
		for _, story := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(m[1], -1) {
			if _, err := os.Stat("../../tests/stories/testdata/" + story[1] + ".txtar"); err != nil {
				t.Errorf("docs/invariants.md names a story that is not there: %v", err)
			}
		}
	}
	wantNamed(t, "invariants.md", text, tests, "TestINV")
}

// TestIncidentsNameTheirTests holds docs/incidents.md to the tests, golden cases, stories and recorded scenarios that
// there are: each row names one at least, or says why none, and each TestRow is named.
func TestIncidentsNameTheirTests(t *testing.T) {
	t.Parallel()

	text, tests := doc(t, "incidents.md"), testNames(t)
	quoted, last := regexp.MustCompile("`([^`]+)`"), 0
	rows := regexp.MustCompile(`(?m)^\| (\d+) \| [^|]+ \| (?:[^|]+ \| )?([^|]+) \|$`).FindAllStringSubmatch(text, -1)
	if want := strings.Count(text, "\n| ") - strings.Count(text, "\n| row |"); len(rows) != want { // without the headings
		t.Errorf("%d rows of %d can be read", len(rows), want)
	}
	for _, row := range rows {
		n, err := strconv.Atoi(row[1])
		if err != nil || n <= last {
			t.Errorf("row %d follows row %d", n, last)
		}
		last = n
		names := quoted.FindAllStringSubmatch(row[2], -1)
		if len(names) == 0 && !strings.HasPrefix(row[2], "not covered: ") {
			t.Errorf("row %d names nothing that covers it", n)
		}
		for _, name := range names {
			wantThere(t, n, name[1], tests)
		}
	}
	wantNamed(t, "incidents.md", text, tests, "TestRow")
}

// TestScenariosNameTheirTests holds the table of scenarios in docs/testing.md to the tests and stories that there are: each
// scenario has a row, and each test with its number is named.
func TestScenariosNameTheirTests(t *testing.T) {
	t.Parallel()

	text, tests := doc(t, "testing.md"), testNames(t)
	rows := regexp.MustCompile(`(?m)^\| S(\d+) \| [^|]+ \| ([^|]+) \|$`).FindAllStringSubmatch(text, -1)
	if len(rows) != 10 {
		t.Fatalf("%d scenarios of 10 can be read", len(rows))
	}
	for i, row := range rows {
		n := i + 1
		if row[1] != strconv.Itoa(n) {
			t.Errorf("row S%s stands in the place of S%d", row[1], n)
		}
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[2], -1) {
			wantThere(t, n, name[1], tests)
		}
		for name := range tests {
			if regexp.MustCompile(fmt.Sprintf(`^TestS%d\D`, n)).MatchString(name) && !strings.Contains(row[2], "`"+name+"`") {
				t.Errorf("docs/testing.md does not name %s in the row of S%d", name, n)
			}
		}
	}
}

// TestThreatsNameTheirTests holds docs/security.md to the tests, golden cases and stories that there are: each threat has
// a row, with a verdict and what shows it, and each TestTnn is named in the row of its number.
func TestThreatsNameTheirTests(t *testing.T) {
	t.Parallel()

	text, tests := doc(t, "security.md"), testNames(t)
	const threats = 28
	rows := regexp.MustCompile(`(?m)^\| (\d+) \| [^|]+ \| ([^|]+) \| [^|]+ \| ([^|]+) \|$`).FindAllStringSubmatch(text, -1)
	if len(rows) != threats {
		t.Fatalf("%d rows of %d can be read", len(rows), threats)
	}
	for i, row := range rows {
		n := i + 1
		if row[1] != strconv.Itoa(n) {
			t.Errorf("row %s stands in the place of %d", row[1], n)
		}
		switch verdict := row[2]; {
		case verdict == "prevented", verdict == "limited":
		case verdict == "out of scope" && slices.Contains([]int{17, 20, 22, 28}, n):
		default:
			t.Errorf("threat %d is %q", n, verdict)
		}
		names := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[3], -1)
		if len(names) == 0 {
			t.Errorf("threat %d has nothing that shows it", n)
		}
		for _, name := range names {
			wantThere(t, n, name[1], tests)
		}
		wantNamed(t, "security.md", row[3], tests, fmt.Sprintf("TestT%02d", n))
	}
}

// wantThere wants what row n names to be a test, or a file in the folder that stands before the slash.
func wantThere(t *testing.T, n int, name string, tests map[string]bool) {
	t.Helper()
	places := map[string][2]string{ // of names that are not tests: the folder and the ending
		"evaluate": {"../engine/testdata/evaluate/", ".txt"},
		"stories":  {"../../tests/stories/testdata/", ".txtar"},
		"python":   {"../../tests/python/testdata/", ".txtar"},
		"interop":  {"../../tests/python/interop/", ".txtar"},
		"vectors":  {"../../tests/vectors/", ".json"},
		"jujusim":  {"../../jujusim/cli/testdata/", ".txtar"},
	}
	kind, rest, path := strings.Cut(name, "/")
	place, known := places[kind]
	switch {
	case !path && !tests[name]:
		t.Errorf("row %d names %s, which is no test", n, name)
	case path && !known:
		t.Errorf("row %d names %s, whose place is unknown", n, name)
	case path:
		if _, err := os.Stat(place[0] + rest + place[1]); err != nil {
			t.Errorf("row %d names %s: %v", n, name, err)
		}
	}
}

func doc(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// testNames are the names of all tests of the module.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	out, err := exec.Command("git", "grep", "-hoE", `^func (Test|Fuzz)[A-Za-z0-9_]+`, "--", "../../*_test.go").Output()
	if err != nil {
		t.Fatalf("cannot list tests: %v", err)
	}
	tests := map[string]bool{}
	for _, line := range strings.Fields(string(out)) {
		tests[line] = true
	}
	return tests
}

// wantNamed wants every test whose name has the prefix to be named.
func wantNamed(t *testing.T, file, text string, tests map[string]bool, prefix string) {
	t.Helper()
	for name := range tests {
		if strings.HasPrefix(name, prefix) && !strings.Contains(text, "`"+name+"`") {
			t.Errorf("docs/%s does not name %s", file, name)
		}
	}
}
