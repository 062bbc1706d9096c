package cli_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestOperationsNamesEachCause compares docs/operations.md with explain: it names every cause that is tried here, and no
// other.
func TestOperationsNamesEachCause(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tables, _ := strings.Cut(string(text), "## Reading explain")
	var told []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]+) \\|").FindAllStringSubmatch(tables, -1) {
		for _, name := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(row[1], -1) {
			told = append(told, name[1])
		}
	}
	tried := []string{"charm", "refused", "stale-creds"} // in internal/engine and in the stories
	for _, day := range slices.Concat(workerDays(), masterDays(), otherMasterDays()) {
		if cause, _, _ := strings.Cut(day.problem, " "); cause != "" {
			tried = append(tried, cause)
		}
	}
	slices.Sort(told)
	slices.Sort(tried)
	if told, tried := slices.Compact(told), slices.Compact(tried); !slices.Equal(told, tried) {
		t.Errorf("told  %v\ntried %v", told, tried)
	}
}
