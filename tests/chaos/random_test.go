package chaos

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestRow85RandomLives plays random schedules in process: 100, or CHAOS of them from the seed CHAOS_FROM on, as make chaos
// does. A schedule that fails is shrunk and printed. With CHAOS_KEEP it is also kept in that folder.
func TestRow85RandomLives(t *testing.T) {
	t.Parallel()
	from, n := number(t, "CHAOS_FROM", 0), number(t, "CHAOS", 100)
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

// TestRow85RandomLivesOfProcesses plays random lives with the real binary, hook links and hook tools, on both sides: 6 of them, or
// with CHAOS_TIME=3m as many as fit in that time, as .ci/run does.
func TestRow85RandomLivesOfProcesses(t *testing.T) {
	t.Parallel()
	seeds, end := uint64(6), time.Time{}
	if text := os.Getenv("CHAOS_TIME"); text != "" {
		given, err := time.ParseDuration(text)
		if err != nil {
			t.Fatalf("cannot read CHAOS_TIME: %v", err)
		}
		seeds, end = math.MaxUint64, time.Now().Add(given)
	}
	var next, played atomic.Uint64
	t.Cleanup(func() { t.Logf("%d lives of processes were played", played.Load()) })
	for player := range runtime.GOMAXPROCS(0) {
		t.Run(fmt.Sprintf("player %d", player), func(t *testing.T) {
			t.Parallel()
			for seed := next.Add(1) - 1; seed < seeds && (end.IsZero() || time.Now().Before(end)); seed = next.Add(1) - 1 {
				t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
					c := newReadyCluster(t, versions()[seed%4], seed+1)
					c.useProcesses(t)
					if wrong := c.live(rand.New(rand.NewPCG(seed, 20))); len(wrong) > 0 {
						c.fail(t, wrong...)
					}
				})
				played.Add(1)
			}
		})
	}
}
