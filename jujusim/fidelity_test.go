// Package jujusim_test holds the list of what the simulator imitates against the tests that are there.
package jujusim_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/lives"
)

// statement is one row of docs/fidelity.md.
type statement struct {
	number, here string
	lives        []string // numbers of recorded lives
	tests        []string
}

// statements are the rows of the numbered lists, in order.
func statements(t *testing.T) []statement {
	t.Helper()
	text, err := os.ReadFile("docs/fidelity.md")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile("`([^`]+)`")
	var list []statement
	for _, line := range strings.Split(string(text), "\n") {
		if !strings.HasPrefix(line, "| F") {
			continue
		}
		cells := strings.Split(strings.ReplaceAll(line, `\|`, ""), "|")
		cells = cells[1 : len(cells)-1]
		if len(cells) != 5 {
			t.Errorf("%d cells instead of 5: %s", len(cells), line)
			continue
		}
		s := statement{number: strings.TrimSpace(cells[0]), here: strings.TrimSpace(cells[2]), lives: regexp.MustCompile(`\b\d\d\b`).FindAllString(cells[3], -1)}
		for _, found := range name.FindAllStringSubmatch(cells[4], -1) {
			s.tests = append(s.tests, found[1])
		}
		list = append(list, s)
	}
	return list
}

// known are the tests, stories and recorded cases that a statement may name.
func known(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasSuffix(path, ".txtar"):
			names[filepath.Base(path)] = true
		case strings.HasSuffix(path, "_test.go"):
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, found := range function.FindAllStringSubmatch(string(text), -1) {
				names[found[1]] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	cases, err := filepath.Glob("testdata/toolvectors/cases/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range cases {
		names[filepath.Base(path)] = true
	}
	return names
}

// livesRecorded are the numbers of the recorded lives.
func livesRecorded(t *testing.T) map[string]bool {
	t.Helper()
	numbers := map[string]bool{}
	for _, version := range []string{"2.9", "3.6", "4.0"} {
		recorded, err := lives.Read("testdata/lifevectors/" + version + ".json.gz")
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range recorded {
			number, _, _ := strings.Cut(l.Name, "-")
			numbers[number] = true
		}
	}
	return numbers
}

func TestEveryStatementOfFidelityIsCovered(t *testing.T) {
	t.Parallel()
	tests, recorded := known(t), livesRecorded(t)
	section, next := 1, 1
	for _, s := range statements(t) {
		if s.number == fmt.Sprintf("F%d.1", section+1) {
			section, next = section+1, 1
		}
		if want := fmt.Sprintf("F%d.%d", section, next); s.number != want {
			t.Errorf("%s stands where %s is expected", s.number, want)
		}
		next++
		for _, number := range s.lives {
			if !recorded[number] {
				t.Errorf("%s names the life %s, which is not recorded", s.number, number)
			}
		}
		for _, name := range s.tests {
			if !tests[name] {
				t.Errorf("%s names %s, which is no test", s.number, name)
			}
		}
		switch {
		case s.here == "imitated" && len(s.tests) == 0:
			t.Errorf("%s is imitated, but names no test", s.number)
		case s.here == "imitated", s.here == "absent":
		case !strings.HasPrefix(s.here, "simplified: "):
			t.Errorf("%s is neither imitated, simplified nor absent: %q", s.number, s.here)
		}
	}
	if section != 4 {
		t.Errorf("%d sections instead of 4", section)
	}
}
