package session

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/ready"
)

// Planned is what a dry run would do, a line each, in order.
func (s *Session) Planned() []string { return s.planned }

// would adds a line to the plan of a dry run, unless the plan has it already.
func (s *Session) would(format string, args ...any) {
	if line := fmt.Sprintf(format, args...); !slices.Contains(s.planned, line) {
		s.planned = append(s.planned, line)
	}
}

// foresee adds a decision to the plan of a dry run. The keys of the charm's state are this program's own affair.
func (s *Session) foresee(d engine.Decision) {
	switch d := d.(type) {
	case engine.Keep:
		s.would("remember this in the charm's state")
	case engine.Note:
		s.would("%s", d.Text)
	case engine.AddSecret:
		s.would("%s", d)
		s.view = s.view.WithSecret(d, newSecret)
	default:
		s.would("%s", d)
	}
}

// newSecret stands in a dry run for the ID of a secret that Juju has not made.
const newSecret = "new-secret"

// foreseeTokens adds to the plan of a dry run what the token file would become.
func (s *Session) foreseeTokens(f tokenFile, text []byte) {
	if f.parsed.Rejected() != "" {
		s.would("move the lines of %s that kube-apiserver would not read to %s.rejected", f.path, f.path)
	}
	if !bytes.Equal(f.text, text) {
		s.would("write %s: %d lines instead of %d", f.path, bytes.Count(text, []byte("\n")), bytes.Count(f.text, []byte("\n")))
	}
}

// foreseeFiles adds to the plan of a dry run the files of a ready worker.
func (s *Session) foreseeFiles(plan *ready.WorkerPlan) {
	for _, f := range plan.Write {
		s.would("write %s", f.Path)
	}
	for _, path := range plan.Remove {
		s.would("remove %s", path)
	}
}

// foreseeHandlers adds to the plan of a dry run the handlers that the flags allow.
func (s *Session) foreseeHandlers() {
	set := s.state.Flags.Union(s.state.Author)
	for _, h := range s.handlers {
		if set.Allow(h.When, h.WhenNot) {
			s.would("run handler %s", h.Name)
		}
	}
}
