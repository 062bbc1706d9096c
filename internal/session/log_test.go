package session

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/sirupsen/logrus"
)

// sent is what juju-log would be called with.
func sent(t *testing.T, j *juju) []string {
	t.Helper()
	var calls []string
	err := j.flush(t.Context(), func(_ context.Context, level, message string) error {
		calls = append(calls, level+": "+message)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return calls
}

// Lines of one level in a row go in one call of juju-log, for each call is a process.
func TestLogIsSentInBatches(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	log, j := newLogger(&stderr, false, true)
	log.Info("one")
	log.Info("two")
	log.Debug("not shown")
	log.Warn("three")
	log.Info("four")
	log.WithFields(logrus.Fields{"b": 2, "a": "x"}).Info("five")
	log.Error("six")
	want := []string{"INFO: one; two", "WARNING: three", "INFO: four; five a=x b=2", "ERROR: six"}
	if d := cmp.Diff(want, sent(t, j)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if again := sent(t, j); len(again) > 0 || stderr.Len() > 0 {
		t.Errorf("sent again %v, stderr %q", again, stderr.String())
	}
}

func TestLogLevels(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		verbose, inHook bool
		want            string
	}{
		{false, true, "INFO WARNING"},
		{true, true, "DEBUG INFO WARNING"},
		{false, false, "WARNING"},
		{true, false, "DEBUG INFO WARNING"},
	} {
		var stderr bytes.Buffer
		log, j := newLogger(&stderr, tt.verbose, tt.inHook)
		log.Debug("x")
		log.Info("x")
		log.Warn("x")
		lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
		if tt.inHook {
			lines = sent(t, j)
		}
		var levels []string
		for _, line := range lines {
			level, _, _ := strings.Cut(strings.ReplaceAll(line, ":", ""), " ")
			levels = append(levels, level)
		}
		if got := strings.Join(levels, " "); got != tt.want {
			t.Errorf("verbose %v, in a hook %v: %s, want %s", tt.verbose, tt.inHook, got, tt.want)
		}
	}
	for level, want := range map[logrus.Level]string{
		logrus.PanicLevel: "CRITICAL", logrus.FatalLevel: "CRITICAL", logrus.ErrorLevel: "ERROR", logrus.TraceLevel: "TRACE",
	} {
		if got := jujuLevel(level); got != want {
			t.Errorf("%v: %s, want %s", level, got, want)
		}
	}
}

// T12: a message with line breaks makes no line of its own, neither for juju-log nor on stderr.
func TestLogHasNoInjectedLines(t *testing.T) {
	t.Parallel()
	const evil = "a\nERROR forged\r\nline\r"
	var stderr bytes.Buffer
	log, j := newLogger(&stderr, false, true)
	log.WithField("k", "v\nforged").Info(evil)
	if d := cmp.Diff([]string{"INFO: a ERROR forged line  k=v forged"}, sent(t, j)); d != "" {
		t.Error(d)
	}
	log, _ = newLogger(&stderr, true, false)
	log.Info(evil)
	if got, want := stderr.String(), "INFO a ERROR forged line\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Juju splits long records, so no call carries more than it takes, and no cut goes through a character.
func TestLogCallsAreShort(t *testing.T) {
	t.Parallel()
	log, j := newLogger(&bytes.Buffer{}, false, true)
	for range 50 {
		log.Info(strings.Repeat("x", 300))
	}
	log.Info("y" + strings.Repeat("\u00e9", 5000))
	calls := sent(t, j)
	if len(calls) < 4 || len(calls) > 6 {
		t.Errorf("%d calls", len(calls))
	}
	for _, call := range calls {
		if len(call) > 4096 || !utf8.ValidString(call) {
			t.Errorf("a call of %d bytes, valid %v", len(call), utf8.ValidString(call))
		}
	}
}

func TestLogFlushStopsAtAnError(t *testing.T) {
	t.Parallel()
	log, j := newLogger(&bytes.Buffer{}, false, true)
	log.Info("one")
	log.Warn("two")
	broken, calls := errors.New("broken"), 0
	err := j.flush(t.Context(), func(context.Context, string, string) error { calls++; return broken })
	if !errors.Is(err, broken) || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
}
