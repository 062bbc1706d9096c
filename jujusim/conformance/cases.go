package conformance

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kube-control/kube-control/jujusim/model"
)

// Case is one recorded hook.
type Case struct {
	Name  string `json:"name"`
	World string `json:"world"`
	Juju  string `json:"juju"` // the version that was recorded; the simulator's default if empty
	Steps []Step `json:"steps"`
	// Files stand in the hook's working directory before the first step, FilesAfter are new behind
	// the last.
	Files      map[string]string `json:"files"`
	FilesAfter map[string]string `json:"files_after"`
	// After is the effect once the hook has exited 0; an absent key has no effect.
	After map[string]any `json:"after"`
}

// Step is one command. Stdin is nil for /dev/null. Of help texts only the first line is known.
type Step struct {
	Argv            []string `json:"argv"`
	Stdin           *string  `json:"stdin"`
	Code            int      `json:"rc"`
	Stdout          string   `json:"stdout"`
	StdoutFirstLine *string  `json:"stdout_first_line"`
	Stderr          string   `json:"stderr"`
	Log             []Record `json:"log"`
}

// Record is one line in the model's log.
type Record struct {
	Level   string `json:"level"`
	Logger  string `json:"logger"`
	Message string `json:"message"`
}

// ReadCases reads case files, in order.
func ReadCases(paths ...string) ([]Case, error) {
	var all []Case
	for _, path := range paths {
		var cases []Case
		if err := readJSON(path, &cases); err != nil {
			return nil, fmt.Errorf("cannot read cases: %w", err)
		}
		for _, c := range cases {
			if slices.ContainsFunc(c.Steps, func(s Step) bool { return len(s.Argv) == 0 }) {
				return nil, fmt.Errorf("cannot use cases: %s: case %q has a step without a command", path, c.Name)
			}
		}
		all = append(all, cases...)
	}
	return all, nil
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func (c Case) version() string { return cmp.Or(c.Juju, model.DefaultVersion) }

// expand fills in the case's placeholders: {{DIR}} is the hook's working directory, {{REPEAT:x:300}}
// a text repeated, at most 9,999,999 times.
func (c Case) expand(dir string) (Case, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return Case{}, fmt.Errorf("cannot expand case: %w", err)
	}
	expanded := strings.ReplaceAll(string(text), "{{DIR}}", dir)
	repeat := regexp.MustCompile(`\{\{REPEAT:([^:]+):([0-9]{1,7})\}\}`)
	expanded = repeat.ReplaceAllStringFunc(expanded, func(word string) string {
		parts := repeat.FindStringSubmatch(word)
		times, _ := strconv.Atoi(parts[2]) // digits, as the pattern says
		return strings.Repeat(parts[1], times)
	})
	var result Case
	if err := json.Unmarshal([]byte(expanded), &result); err != nil {
		return Case{}, fmt.Errorf("cannot expand case: %w", err)
	}
	return result, nil
}
