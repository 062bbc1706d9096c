package chaos

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

// schedule is a life: the version of Juju that it begins on, the seed of the model's choices, and what happens.
type schedule struct {
	version string
	seed    uint64
	steps   []step
}

// String is a jujusim script. Hooks that run one by one have no verb of their own; they are comments.
func (s schedule) String() string {
	lines := []string{fmt.Sprintf("# jujusim --juju-version %s --seed %d", s.version, s.seed)}
	for _, step := range s.steps {
		lines = append(lines, step.String())
	}
	return strings.Join(lines, "\n") + "\n"
}

// readSchedule reads what String has written.
func readSchedule(text string) (schedule, error) {
	var s schedule
	first, rest, _ := strings.Cut(text, "\n")
	if _, err := fmt.Sscanf(first, "# jujusim --juju-version %s --seed %d", &s.version, &s.seed); err != nil {
		return s, fmt.Errorf("cannot read the first line: %w", err)
	}
	words, err := split(rest)
	for _, line := range words {
		switch {
		case len(line) > 2 && line[0] == "#" && line[1] == "hooks":
			s.steps = append(s.steps, step(line[1:]))
		case len(line) > 1 && line[0] == "jujusim":
			s.steps = append(s.steps, step(line[1:]))
		case line[0] != "#":
			return s, fmt.Errorf("cannot read line %q", line)
		}
	}
	return s, err
}

// split splits a script into lines of words, as a shell does with the quotes that step.String writes.
func split(text string) ([][]string, error) {
	var lines [][]string
	var line []string
	var word strings.Builder
	inWord, quoted := false, false
	endWord := func() {
		if inWord {
			line = append(line, word.String())
		}
		inWord = false
		word.Reset()
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\'':
			quoted, inWord = !quoted, true
		case quoted:
			word.WriteByte(c)
		case c == '\\' && i+1 < len(text):
			i++
			word.WriteByte(text[i])
		case c == ' ' || c == '\n':
			if endWord(); c == '\n' && len(line) > 0 {
				lines, line = append(lines, line), nil
			}
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if quoted {
		return nil, errors.New("cannot read a quote that does not end")
	}
	if endWord(); len(line) > 0 {
		lines = append(lines, line)
	}
	return lines, nil
}

// beginning is how each random life begins, with one to three masters. A third of them have a rogue from the start.
func beginning(r *rand.Rand) []step {
	steps := []step{
		{"deploy", "master", masters, "-n", strconv.Itoa(1 + r.IntN(3))},
		{"deploy", "worker", "kw", "-n", "2"},
		{"deploy", "box", "box", "-n", "1"},
		{"integrate", masters, "kw"},
	}
	if r.IntN(3) == 0 {
		raw := rogues()[r.IntN(len(rogues()))]
		steps = append(steps, step{"deploy", "rogue", "rogue", "-n", "1"}, step{"config", "rogue", "raw=" + raw}, step{"integrate", masters, "rogue"})
	}
	return append(steps, step{"hooks", strconv.Itoa(r.IntN(60))})
}

// length is how many steps a random life has after its beginning.
const length = 25

// live plays a random life on a cluster and says what was wrong first.
func (c *cluster) live(r *rand.Rand) []string {
	for _, s := range beginning(r) {
		if wrong := c.playWatched(s); len(wrong) > 0 {
			return wrong
		}
	}
	for range length {
		if wrong := c.playWatched(c.draw(r)); len(wrong) > 0 {
			return wrong
		}
	}
	return c.end()
}

// again plays a schedule on a cluster and says what was wrong first.
func (c *cluster) again(steps []step) []string {
	for _, s := range steps {
		if wrong := c.playWatched(s); len(wrong) > 0 {
			return wrong
		}
	}
	return c.end()
}

// playWatched plays a step and judges the cluster if hooks have run.
func (c *cluster) playWatched(s step) []string {
	err := c.play(s)
	switch s[0] {
	case "settle":
		if err != nil {
			return []string{err.Error()}
		}
		return c.watch()
	case "hooks", "run":
		return c.watch()
	}
	return nil
}

// end heals a cluster and judges it at rest.
func (c *cluster) end() []string {
	if err := c.heal(); err != nil {
		return []string{err.Error()}
	}
	wrong := append(c.watch(), c.judge()...)
	if len(wrong) > 0 {
		return wrong
	}
	wrong = c.idle()
	c.watch()
	return append(wrong, c.leaks()...)
}

// random plays the life of a seed. It gives what was wrong, and the schedule that was played.
func random(t testing.TB, seed uint64) (wrong []string, played schedule) {
	t.Helper()
	c := newReadyCluster(t, versions()[seed%4], seed+1)
	played = schedule{version: c.model.Version, seed: seed + 1}
	defer func() { played.steps = c.drawn() }()
	defer recovered(&wrong)
	return c.live(rand.New(rand.NewPCG(seed, 85))), played
}

// replay plays a schedule once more.
func (s schedule) replay(t testing.TB) (wrong []string) {
	t.Helper()
	c := newReadyCluster(t, s.version, s.seed)
	defer os.RemoveAll(c.data)
	defer recovered(&wrong)
	return c.again(s.steps)
}

// recovered has a panic of the product as something that is wrong.
func recovered(wrong *[]string) {
	if thrown := recover(); thrown != nil {
		*wrong = []string{fmt.Sprint("panic: ", thrown)}
	}
}

// drawn are the steps that were played before the cluster was healed.
func (c *cluster) drawn() []step { return c.played[:min(len(c.played), c.before())] }

func (c *cluster) before() int {
	if c.healedAt > 0 {
		return c.healedAt
	}
	return len(c.played)
}

// patience is how many schedules a shrink may play.
const patience = 400

// shrink leaves out steps for as long as something stays wrong: halves first, then less and less.
func (s schedule) shrink(t testing.TB) schedule {
	t.Helper()
	left := patience
	for size := max(1, len(s.steps)/2); size > 0 && left > 0; {
		shorter := false
		for at := 0; at < len(s.steps) && left > 0; {
			without := schedule{s.version, s.seed, append(append([]step{}, s.steps[:at]...), s.steps[min(at+size, len(s.steps)):]...)}
			if left--; len(without.replay(t)) > 0 {
				s, shorter = without, true
				continue
			}
			at += size
		}
		if !shorter || size > 1 {
			size /= 2
		}
	}
	return s
}
