package session

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/sirupsen/logrus"

	"github.com/kube-control/kube-control/internal/printable"
)

// maxLogLine bounds what one juju-log call carries: Juju splits records at 4096 bytes.
const maxLogLine = 4000

// newLogger makes the logger of one process. In a hook it collects lines for juju-log, from info on. By hand it writes
// to stderr, from warnings on, because juju exec shows that together with the answer. Verbose is from debug on, either way.
func newLogger(stderr io.Writer, verbose, inHook bool) (*logrus.Logger, *juju) {
	log := logrus.New()
	log.SetLevel(logrus.WarnLevel)
	log.SetOutput(stderr)
	log.SetFormatter(lineFormatter{})
	var j *juju
	if inHook {
		j = &juju{}
		log.SetLevel(logrus.InfoLevel)
		log.SetOutput(io.Discard)
		log.AddHook(j)
	}
	if verbose {
		log.SetLevel(logrus.DebugLevel)
	}
	return log, j
}

// lineFormatter writes "LEVEL message key=value ...".
type lineFormatter struct{}

func (lineFormatter) Format(e *logrus.Entry) ([]byte, error) {
	return []byte(jujuLevel(e.Level) + " " + text(e) + "\n"), nil
}

// text is an entry's message with its fields behind it, as one line.
func text(e *logrus.Entry) string {
	var b strings.Builder
	b.WriteString(e.Message)
	for _, key := range slices.Sorted(maps.Keys(e.Data)) {
		fmt.Fprintf(&b, " %s=%v", key, e.Data[key])
	}
	return printable.Visible(strings.Join(strings.FieldsFunc(b.String(), func(r rune) bool { return r == '\n' || r == '\r' }), " "))
}

// juju is a logrus hook that collects entries for juju-log: each call of the tool is a process, so entries of one
// level in a row go together, as one line.
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
	line = strings.ToValidUTF8(line[:min(len(line), maxLogLine)], "")
	last := len(j.pending) - 1
	if last < 0 || j.pending[last].level != level || j.pending[last].size+len(line) > maxLogLine {
		j.pending = append(j.pending, &record{level: level})
		last++
	}
	r := j.pending[last]
	r.lines = append(r.lines, line)
	r.size += len(line) + 2
	return nil
}

// flush sends what was collected.
func (j *juju) flush(ctx context.Context, send func(ctx context.Context, level, message string) error) error {
	j.mu.Lock()
	pending := j.pending
	j.pending = nil
	j.mu.Unlock()
	for _, r := range pending {
		if err := send(ctx, r.level, strings.Join(r.lines, "; ")); err != nil {
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
