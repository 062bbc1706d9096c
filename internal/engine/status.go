package engine

import (
	"slices"

	"github.com/kube-control/kube-control/internal/printable"
)

// Status is a workload status.
type Status struct{ Status, Message string }

// The workload statuses that a charm may set, the most urgent first.
const (
	Blocked = "blocked"
	Waiting = "waiting"
	Active  = "active"
)

// IsMoreUrgentThan reports whether a status comes before another one. A message makes an active status more urgent.
func (s Status) IsMoreUrgentThan(other Status) bool { return s.urgency() > other.urgency() }

func (s Status) urgency() int {
	n := 2 * slices.Index([]string{Active, Waiting, Blocked}, s.Status) // negative for any other
	if s.Message != "" {
		n++
	}
	return n
}

// MaxMessage is how many bytes a status message has at most: below the width that juju status shows.
const MaxMessage = 99

// CutMessage cuts a status message before the width that juju status shows of it.
func CutMessage(message string) string { return printable.Cut(message, MaxMessage) }
