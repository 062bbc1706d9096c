package session

import (
	"context"
	"strings"
)

// markPrefix begins the keys of the charm's state in which the ready policies remember what they did outside Juju. Lost
// work is done again.
const markPrefix = "kube-control-operator/1/"

// loadMarks takes the policies' marks from the charm's state.
func (s *Session) loadMarks(state map[string]string) {
	s.marks = map[string]string{}
	for key, value := range state {
		if name, ok := strings.CutPrefix(key, markPrefix); ok {
			s.marks[name] = value
		}
	}
}

// mark remembers a value, which must not have a token; "" forgets it. Nothing is written if it is remembered already.
func (s *Session) mark(ctx context.Context, name, value string) error {
	if s.marks[name] == value || s.dryRun {
		return nil
	}
	if value == "" {
		delete(s.marks, name)
		return s.dropState(ctx, markPrefix+name)
	}
	s.markAll(map[string]string{name: value})
	return nil
}

// markAll remembers several values, none of which is "".
func (s *Session) markAll(values map[string]string) {
	if s.dryRun {
		return
	}
	set := map[string]string{}
	for name, value := range values {
		s.marks[name] = value
		set[markPrefix+name] = value
	}
	s.setState(set)
}
