package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// The statuses that a charm may set, the most urgent first.
const (
	Blocked = "blocked"
	Waiting = "waiting"
	Active  = "active"
)

// status proposes the workload status from the flags; false if it stands already or is not ours to set. With several
// endpoints the most urgent wins, of equals the first, unless a later one says the same and why; who is not served comes
// before what a policy has to say of its own work. The texts are those that users of the Python charms know.
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
		tellsMore := urgency(s) == urgency(worst) && (strings.HasPrefix(s.Message, worst.Message+": ") || worst.Status == Active && worst == r.view.Proposed)
		switch {
		case tellsMore && worst.Message != "" && worst == r.view.Proposed && s.Status == Active:
			worst.Message = s.Message + "; " + worst.Message
		case urgency(s) > urgency(worst) || tellsMore:
			worst = s
		}
	}
	worst.Message = CutMessage(worst.Message)
	if worst == r.view.Status {
		return SetStatus{}, false
	}
	return SetStatus(worst), true
}

// Urgency orders the statuses that a charm may set, from 0; -1 for any other.
func Urgency(status string) int { return slices.Index([]string{Active, Waiting, Blocked}, status) }

// urgency orders statuses; a message makes an active one more urgent than none.
func urgency(s Status) int {
	n := 2 * Urgency(s.Status)
	if s.Message != "" {
		n++
	}
	return n
}

// masterStatus: a master without workers does what it was asked to do, unless the operator requires some. What it does
// not serve stands in the message of the leader, for the others serve nobody.
func (r *run) masterStatus(endpoint string) Status {
	connected := r.state.Flags.Has(flags.Name(endpoint, flags.Connected))
	planned := r.view.Planned[endpoint]
	switch {
	case !connected && r.view.RequireWorkers && !planned && len(r.view.relationsOf(endpoint)) == 0:
		return Status{Blocked, fmt.Sprintf("Missing required %s relation", endpoint)}
	case !connected && (r.view.RequireWorkers || planned):
		return Status{Waiting, "Waiting for workers"}
	case !r.view.Leader:
		return Status{Status: Active}
	case len(r.judged(endpoint, verdict.waits)) > 0:
		return Status{Waiting, "Waiting for Auth Tokens"}
	}
	var refused []string
	for _, f := range r.refusals(endpoint) {
		refused = append(refused, fmt.Sprintf("%s %s", f.Unit, f.Reason))
	}
	if message := count(refused, "request refused", "requests refused"); message != "" {
		return Status{Active, message}
	}
	var unserved []string
	for _, v := range r.standing(endpoint, requestInvalid) {
		unserved = append(unserved, v.record.badText(v.Unit))
	}
	return Status{Active, count(unserved, "unit not served", "units not served")}
}

// count is a message that says how many there are of something and which is the first, "" for none.
func count(list []string, one, more string) string {
	switch len(list) {
	case 0:
		return ""
	case 1:
		return CutMessage(fmt.Sprintf("1 %s: %s", one, list[0]))
	}
	return CutMessage(fmt.Sprintf("%d %s: %s", len(list), more, list[0]))
}

// refusals are the requests that are not signed, each once: those that the policy refuses, then the conflicts, then those
// that a person has revoked.
func (r *run) refusals(endpoint string) []Refusal {
	var all []Refusal
	for _, v := range r.standing(endpoint, requestRefused) {
		all = append(all, *v.refusal)
	}
	for _, v := range r.standing(endpoint, requestConflict) {
		all = append(all, Refusal{v.Request, RefusedConflict, fmt.Sprintf("asks for the user of %s", v.Holder)})
	}
	for _, v := range r.standing(endpoint, requestRevoked) {
		all = append(all, Refusal{Request{Relation: v.Relation, Unit: v.Unit, User: v.User, Group: v.Group}, RefusedRevoked, "was revoked"})
	}
	return all
}

// badText says why the data of a unit with that record is not used.
func (r Record) badText(u kubecontrol.Unit) string {
	if r.BadBag {
		return fmt.Sprintf("the databag of %s %s", u, r.Bad)
	}
	return fmt.Sprintf("the request of %s: %s", u, r.Bad)
}

// MaxMessage is how many bytes a status message has at most: below the width that juju status shows.
const MaxMessage = 99

// CutMessage cuts a status message before the width that juju status shows of it.
func CutMessage(message string) string { return kubecontrol.Cut(message, MaxMessage) }

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
		message := "Waiting for cluster DNS"
		if first, _ := r.first(endpoint, ""); len(first.Refused) > 0 {
			message += ": a master's databag can't be used"
		}
		return Status{Waiting, message}
	case asks && !set(flags.AuthReady):
		message := "Waiting for cluster credentials"
		if w := r.credentialsWait(endpoint); w != nil && w.Short != "" {
			message += ": " + w.Short
		}
		return Status{Waiting, message}
	}
	return Status{Status: Active}
}
