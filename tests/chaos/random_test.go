package chaos

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestRow85RandomRemovals plays random schedules in process: 150, or CHAOS of them from the seed CHAOS_FROM on, as make chaos
// does. A schedule that fails is shrunk and printed. With CHAOS_KEEP it is also kept in that folder.
func TestRow85RandomRemovals(t *testing.T) {
	t.Parallel()
	from, n := number(t, "CHAOS_FROM", 0), number(t, "CHAOS", 150)
	for seed := from; seed < from+n; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			wrong, played := random(t, seed)
			if len(wrong) == 0 {
				return
			}
			if os.Getenv("CHAOS_SHRINK") == "no" {
				t.Fatalf("%s", strings.Join(wrong, "\n"))
			}
			short := played.shrink(t)
			if folder := os.Getenv("CHAOS_KEEP"); folder != "" {
				write(t, filepath.Join(folder, fmt.Sprintf("seed-%d.txt", seed)), short.String())
			}
			t.Fatalf("%s\nshrunk, with\n%s\n%s", strings.Join(wrong, "\n"), strings.Join(short.replay(t), "\n"), short)
		})
	}
}

// number is an environment variable as a number.
func number(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("cannot read %s: %v", name, err)
	}
	return n
}

// TestKeptLives replays the schedules that have failed once.
func TestKeptLives(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/lives/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, err := readSchedule(string(text))
			if err != nil {
				t.Fatal(err)
			}
			if wrong := s.replay(t); len(wrong) > 0 {
				t.Error(strings.Join(wrong, "\n"))
			}
		})
	}
}

// TestSameSeedSameLife holds that a schedule is played as its script says, and that its script can be read.
func TestSameSeedSameLife(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		_, played := random(t, seed)
		read, err := readSchedule(played.String())
		if err != nil || read.String() != played.String() {
			t.Fatalf("the script of seed %d is read as\n%s%v\nand not\n%s", seed, read, err, played)
		}
		_, second := random(t, seed)
		if second.String() != played.String() {
			t.Errorf("seed %d played\n%s and then\n%s", seed, played, second)
		}
	}
}

// TestRow85RandomRemovalsOfProcesses plays 8 random lives with the real binary, hook links and hook tools, on both sides, and
// 20 with SWEEP=all, as .ci/run does.
func TestRow85RandomRemovalsOfProcesses(t *testing.T) {
	t.Parallel()
	seeds := uint64(8)
	if os.Getenv("SWEEP") == "all" {
		seeds = 20
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			c := newReadyCluster(t, versions()[seed%4], seed+1)
			c.useProcesses(t)
			if wrong := c.live(rand.New(rand.NewPCG(seed, 20))); len(wrong) > 0 {
				c.fail(t, wrong...)
			}
		})
	}
}
