package cli

import (
	"fmt"
	"os"
	"time"

	"github.com/kube-control/kube-control/jujusim/uniter"
)

// showProgress shows on standard error what runs: with verbose a line for each hook, action or exec, else on a terminal a
// counter in one line, and elsewhere nothing. The function that it returns ends it.
func (s *session) showProgress(verbose bool) (end func()) {
	n := 0
	switch {
	case verbose:
		s.uniter.Trace = func(t uniter.Trace) {
			s.trace(t)
			result := "ok"
			if t.Failure != "" {
				result = t.Failure
			}
			fmt.Fprintf(s.stderr, "%s %s %s: %s\n", t.Unit, t.Name, t.Took.Round(time.Millisecond), result)
		}
	case isTerminal(s.stderr):
		s.uniter.Trace = func(t uniter.Trace) {
			s.trace(t)
			n++
			fmt.Fprintf(s.stderr, "\r\033[K%d hooks, the last: %s %s", n, t.Unit, t.Name)
		}
	default:
		return func() {}
	}
	return func() {
		s.uniter.Trace = s.trace
		if n > 0 {
			fmt.Fprint(s.stderr, "\r\033[K")
		}
	}
}

// isTerminal reports whether a writer is a character device, as a terminal is.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
