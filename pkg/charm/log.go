package charm

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/sirupsen/logrus"
)

// maxLogLine bounds what one juju-log call carries: Juju splits records at 4096 bytes.
const maxLogLine = 4000

// NewLogger makes the logger of one process: to juju-log while a hook runs, to stderr by hand.
// Close must be called before the process ends, or the last lines for juju-log are lost.
func NewLogger(stderr io.Writer, verbose bool) *logrus.Logger {
	log := logrus.New()
	log.SetOutput(stderr)
	log.SetFormatter(lineFormatter{})
	if verbose {
		log.SetLevel(logrus.DebugLevel)
	}
	return log
}

// lineFormatter writes "LEVEL message key=value ...", the level only where it is not info.
type lineFormatter struct{}

func (lineFormatter) Format(e *logrus.Entry) ([]byte, error) {
	line := text(e) + "\n"
	if e.Level != logrus.InfoLevel {
		line = strings.ToUpper(e.Level.String()) + " " + line
	}
	return []byte(line), nil
}

// text is an entry's message with its fields behind it, as one line.
func text(e *logrus.Entry) string {
	var b strings.Builder
	b.WriteString(e.Message)
	for _, key := range slices.Sorted(maps.Keys(e.Data)) {
		fmt.Fprintf(&b, " %s=%v", key, e.Data[key])
	}
	return strings.Join(strings.FieldsFunc(b.String(), func(r rune) bool { return r == '\n' || r == '\r' }), " ")
}

// juju is a logrus hook that collects entries for juju-log: each call of the tool is a process, so entries of one
// level in a row go together.
type juju struct {
	mu      sync.Mutex
	pending []*record
}

type record struct {
	level string
	lines []string
	size  int
}

// Levels are all: the logger's own level decides.
func (j *juju) Levels() []logrus.Level { return logrus.AllLevels }

// Fire keeps an entry for flush.
func (j *juju) Fire(e *logrus.Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	level, line := jujuLevel(e.Level), text(e)
	line = line[:min(len(line), maxLogLine)]
	last := len(j.pending) - 1
	if last < 0 || j.pending[last].level != level || j.pending[last].size+len(line) > maxLogLine {
		j.pending = append(j.pending, &record{level: level})
		last++
	}
	r := j.pending[last]
	r.lines = append(r.lines, line)
	r.size += len(line) + 1
	return nil
}

// flush sends what was collected.
func (j *juju) flush(ctx context.Context, send func(ctx context.Context, level, message string) error) error {
	j.mu.Lock()
	pending := j.pending
	j.pending = nil
	j.mu.Unlock()
	for _, r := range pending {
		if err := send(ctx, r.level, strings.Join(r.lines, "\n")); err != nil {
			return err
		}
	}
	return nil
}

// jujuLevel names a level as juju-log does.
func jujuLevel(l logrus.Level) string {
	switch l {
	case logrus.PanicLevel, logrus.FatalLevel:
		return "CRITICAL"
	case logrus.ErrorLevel:
		return "ERROR"
	case logrus.WarnLevel:
		return "WARNING"
	case logrus.InfoLevel:
		return "INFO"
	case logrus.DebugLevel:
		return "DEBUG"
	}
	return "TRACE"
}
