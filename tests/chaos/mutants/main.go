// Command mutants plants faults into the product, one at a time, and plays random lives until the judge finds each. A fault
// is an exact replacement of text in one file. The tree is not touched: the compiler reads the changed file in place of the
// real one (go build -overlay).
//
//	go run ./tests/chaos/mutants [-n SCHEDULES] [-only NAME,NAME] [-markdown]
//
// It runs in the root of the module, and exits 1 if a mutant survives.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// chunk is how many schedules one run of the test program plays.
const chunk = 20

func main() {
	n := flag.Int("n", 600, "play at most so many schedules for each mutant")
	only := flag.String("only", "", "the names of the mutants to plant, with commas between; all if empty")
	markdown := flag.Bool("markdown", false, "print a table for docs/testing.md")
	flag.Parse()
	if err := run(os.Stdout, *n, *only, *markdown); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run plants the mutants one after the other.
func run(out io.Writer, n int, only string, markdown bool) error {
	var chosen []mutant
	for _, m := range mutants() {
		if only == "" || slices.Contains(strings.Split(only, ","), m.name) {
			chosen = append(chosen, m)
		}
	}
	if only != "" && len(chosen) != len(strings.Split(only, ",")) {
		return fmt.Errorf("cannot find all of the mutants %s", only)
	}
	if markdown {
		fmt.Fprintln(out, "| mutant | found by | after schedules |\n|---|---|---|")
	}
	survivors := 0
	for _, m := range chosen {
		found, err := m.hunt(n)
		if err != nil {
			return fmt.Errorf("cannot plant mutant %s: %w", m.name, err)
		}
		if found.after == 0 {
			survivors++
			found.words = "not found"
		}
		line := fmt.Sprintf("%-24s %4d  %s", m.name, found.after, found.words)
		if markdown {
			line = fmt.Sprintf("| %s | %s | %d |", m.what, found.words, found.after)
		}
		fmt.Fprintln(out, line)
	}
	if survivors > 0 {
		return fmt.Errorf("%d of %d mutants survive %d schedules", survivors, len(chosen), n)
	}
	return nil
}

// plant gives the text of a file with the mutant in it.
func (m mutant) plant(text string) (string, error) {
	if count := strings.Count(text, m.old); count != 1 {
		return "", fmt.Errorf("%s has the text to replace %d times, not once", m.file, count)
	}
	return strings.Replace(text, m.old, m.new, 1), nil
}

// found is what the judge said first, and after how many schedules; 0 if it found nothing.
type found struct {
	words string
	after int
}

// hunt builds the lives with a mutant and plays them until one fails.
func (m mutant) hunt(n int) (found, error) {
	dir, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return found{}, err
	}
	defer os.RemoveAll(dir)
	program, err := m.build(dir)
	if err != nil {
		return found{}, err
	}
	for from := 0; from < n; from += chunk {
		cmd := exec.Command(program, "-test.run", "^TestRow85RandomLives$", "-test.timeout", "10m")
		cmd.Dir = filepath.Join("tests", "chaos")
		cmd.Env = append(os.Environ(), fmt.Sprintf("CHAOS_FROM=%d", from), fmt.Sprintf("CHAOS=%d", chunk), "CHAOS_SHRINK=no")
		said, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		switch {
		case err == nil:
			continue
		case !errors.As(err, &exit):
			return found{}, err
		}
		return firstFailure(string(said))
	}
	return found{}, nil
}

// build builds the test program with the mutant.
func (m mutant) build(dir string) (program string, err error) {
	text, err := os.ReadFile(m.file)
	if err != nil {
		return "", err
	}
	changed, err := m.plant(string(text))
	if err != nil {
		return "", err
	}
	file, overlay := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json")
	real, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {real: file}})
	if err != nil {
		return "", err
	}
	if err := errors.Join(os.WriteFile(file, []byte(changed), 0o600), os.WriteFile(overlay, list, 0o600)); err != nil {
		return "", err
	}
	program = filepath.Join(dir, "chaos.test")
	var said bytes.Buffer
	cmd := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", program, "./tests/chaos")
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%w: %s", err, said.String())
	}
	return program, nil
}

// failure is how a test program reports a schedule that has failed, with what the judge says first.
var failure = regexp.MustCompile(`--- FAIL: TestRow85RandomLives/seed_(\d+) .*\n\s+random_test.go:\d+: (.*)\n`)

// firstFailure is the failure of the lowest seed.
func firstFailure(said string) (found, error) {
	first := found{}
	for _, m := range failure.FindAllStringSubmatch(said, -1) {
		seed, err := strconv.Atoi(m[1])
		if err != nil {
			return found{}, err
		}
		if first.after == 0 || seed+1 < first.after {
			first = found{strings.TrimSpace(m[2]), seed + 1}
		}
	}
	if first.after == 0 {
		return found{}, fmt.Errorf("cannot read what the lives say: %s", said[max(0, len(said)-2000):])
	}
	return first, nil
}
