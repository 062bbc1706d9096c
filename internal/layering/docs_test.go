package layering

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestInvariantsNameTheirTests holds docs/invariants.md to the tests and stories that there are, both ways.
func TestInvariantsNameTheirTests(t *testing.T) {
	t.Parallel()

	text, err := os.ReadFile("../../docs/invariants.md")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("git", "grep", "-hoE", `^func (Test|Fuzz)[A-Za-z0-9_]+`, "--", "../../*_test.go").Output()
	if err != nil {
		t.Fatalf("cannot list tests: %v", err)
	}
	tests := map[string]bool{}
	for _, line := range strings.Fields(string(out)) {
		tests[line] = true
	}
	for _, name := range regexp.MustCompile(`\x60((Test|Fuzz)\w+)\x60`).FindAllStringSubmatch(string(text), -1) {
		if !tests[name[1]] {
			t.Errorf("docs/invariants.md names %s, which is no test", name[1])
		}
	}
	for _, m := range regexp.MustCompile(`stor(?:y|ies) ([^|]+)`).FindAllStringSubmatch(string(text), -1) {
		for _, story := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(m[1], -1) {
			if _, err := os.Stat("../../tests/stories/testdata/" + story[1] + ".txtar"); err != nil {
				t.Errorf("docs/invariants.md names a story that is not there: %v", err)
			}
		}
	}
	for name := range tests {
		if strings.HasPrefix(name, "TestINV") && !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/invariants.md does not name %s", name)
		}
	}
}
