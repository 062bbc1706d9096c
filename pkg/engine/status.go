package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/pkg/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// The statuses that a charm may set, the most urgent first.
const (
	Blocked = "blocked"
	Waiting = "waiting"
	Active  = "active"
)

// status proposes the workload status from the flags; false if it stands already or is not ours to set. With several
// endpoints the most urgent wins, the first of equals. The texts are those that users of the Python charms know.
func (r *run) status() (SetStatus, bool) {
	if !r.view.SetStatus {
		return SetStatus{}, false
	}
	worst := Status{Status: Active}
	if urgency(r.view.Proposed) > urgency(worst) {
		worst = r.view.Proposed
	}
	for _, e := range r.view.Endpoints {
		s := r.masterStatus(e.Name)
		if e.Role == kubecontrol.Worker {
			s = r.workerStatus(e.Name)
		}
		if urgency(s) > urgency(worst) {
			worst = s
		}
	}
	if worst == r.view.Status {
		return SetStatus{}, false
	}
	return SetStatus(worst), true
}

// urgency orders statuses; a message makes an active one more urgent than none.
func urgency(s Status) int {
	n := 2 * slices.Index([]string{Active, Waiting, Blocked}, s.Status)
	if s.Message != "" {
		n++
	}
	return n
}

// masterStatus: a master without workers does what it was asked to do, so it is never blocked for want of them.
func (r *run) masterStatus(endpoint string) Status {
	set := func(flag string) bool { return r.state.Flags.Has(flags.Name(endpoint, flag)) }
	var conflicts []Conflict
	if r.view.Leader { // the wire of a follower does not say who holds a user
		_, conflicts = r.triage()
	}
	conflicts = slices.DeleteFunc(conflicts, func(c Conflict) bool { return c.Relation.Endpoint() != endpoint })
	var refused []string
	for _, c := range conflicts {
		refused = append(refused, conflictText(c))
	}
	for _, f := range r.view.Refused {
		if f.Relation.Endpoint() == endpoint {
			refused = append(refused, fmt.Sprintf("%s %s", f.Unit, f.Reason))
		}
	}
	switch {
	case !set(flags.Connected) && r.view.Planned[endpoint]:
		return Status{Waiting, "Waiting for workers"}
	case r.view.Leader && slices.ContainsFunc(r.requests(endpoint), r.unsigned):
		return Status{Waiting, "Waiting for Auth Tokens"}
	case len(refused) == 1:
		return Status{Active, short("1 request refused: " + refused[0])}
	case len(refused) > 1:
		return Status{Active, short(fmt.Sprintf("%d requests refused: %s", len(refused), refused[0]))}
	}
	return Status{Status: Active}
}

// unsigned reports whether a request waits to be signed and policy lets it.
func (r *run) unsigned(q Request) bool {
	return r.pending(q) && !slices.ContainsFunc(r.view.Refused, func(f Refusal) bool {
		return f.Relation == q.Relation && f.Unit == q.Unit
	})
}

// short cuts a message before the width that juju status shows of it.
func short(message string) string {
	const most = 99
	if len(message) <= most {
		return message
	}
	return strings.ToValidUTF8(message[:most-3], "") + "..."
}

// workerStatus: blocked only where a human must relate the charm.
func (r *run) workerStatus(endpoint string) Status {
	set := func(flag string) bool { return r.state.Flags.Has(flags.Name(endpoint, flag)) }
	asks := slices.ContainsFunc(r.view.relationsOf(endpoint), func(rel Relation) bool {
		return r.bags[rel.ID][kubecontrol.KeyKubeletUser] != ""
	})
	switch {
	case !set(flags.Connected) && !r.view.Planned[endpoint] && len(r.view.relationsOf(endpoint)) == 0:
		return Status{Blocked, fmt.Sprintf("Missing required %s relation", endpoint)}
	case !set(flags.Connected):
		return Status{Waiting, fmt.Sprintf("Waiting for %s relation", endpoint)}
	case !set(flags.DNSAvailable):
		return Status{Waiting, "Waiting for cluster DNS"}
	case asks && !set(flags.AuthReady):
		return Status{Waiting, "Waiting for cluster credentials"}
	}
	return Status{Status: Active}
}
