package explain

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/internal/printable"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Workload is what the workload status depends on besides the facts.
type Workload struct {
	// Current is the status that Juju has now.
	Current engine.Status
	// Own is the status that the policy of a ready charm asks for; zero for none. AwaitsCredentials is set if the reason is only
	// that it waits for credentials.
	Own               engine.Status
	AwaitsCredentials bool
	// RequireWorkers is set where a master without workers has to say that it is not complete.
	RequireWorkers bool
	// Planned names the endpoints for which goal-state knows a unit of a related application, joined or still to come.
	Planned map[string]bool
}

// Status is the workload status. With several endpoints the most urgent one counts, and of equals the first. Requests that are
// not served come before a policy's own status. Users of the Python charms know these texts.
func Status(f engine.Facts, w Workload) engine.Status {
	worst, own := engine.Status{Status: engine.Active}, false
	if w.Own.IsMoreUrgentThan(worst) {
		worst, own = w.Own, true
	}
	for _, e := range f.View().Endpoints {
		s := w.of(f, e)
		status := s.status()
		switch {
		case status.IsMoreUrgentThan(worst):
			worst, own = status, false
		case !own || worst.IsMoreUrgentThan(status):
		case s.level == engine.Active && worst.Message != "":
			worst.Message, own = status.Message+"; "+worst.Message, false
		case s.level == engine.Active, s.cause == awaitsCredentials && w.AwaitsCredentials && s.detail != "":
			worst, own = status, false
		}
	}
	worst.Message = engine.CutMessage(worst.Message)
	return worst
}

// statusCause is why an endpoint asks for its status.
type statusCause int

const (
	allIsWell statusCause = iota
	missesRelation
	awaitsWorkers
	awaitsSignature
	hasRefusals
	hasInvalidData
	awaitsRelation
	awaitsDNS
	awaitsCredentials
)

// endpointStatus is the status that one endpoint asks for.
type endpointStatus struct {
	level  string
	cause  statusCause
	detail string // "" for none
	text   string
}

// status is the same in words.
func (s endpointStatus) status() engine.Status {
	message := s.text
	if s.detail != "" {
		message += ": " + s.detail
	}
	return engine.Status{Status: s.level, Message: message}
}

// of is the status that an endpoint asks for.
func (w Workload) of(f engine.Facts, e engine.Endpoint) endpointStatus {
	if e.Role == kubecontrol.Worker {
		return w.ofWorker(f, e.Name)
	}
	return w.ofMaster(f, e.Name)
}

// ofMaster: a master without workers does what it was asked to do, unless the operator requires some. The leader's message
// has what it does not serve, because the other units serve nothing.
func (w Workload) ofMaster(f engine.Facts, endpoint string) endpointStatus {
	connected, planned := f.State().Flags.Has(flags.Name(endpoint, flags.Connected)), w.Planned[endpoint]
	switch {
	case !connected && w.RequireWorkers && !planned && len(f.View().RelationsOf(endpoint)) == 0:
		return endpointStatus{level: engine.Blocked, cause: missesRelation, text: fmt.Sprintf("Missing required %s relation", endpoint)}
	case !connected && (w.RequireWorkers || planned):
		return endpointStatus{level: engine.Waiting, cause: awaitsWorkers, text: "Waiting for workers"}
	case !f.View().Leader:
		return endpointStatus{level: engine.Active}
	case len(f.Verdicts(endpoint, engine.Verdict.Waits)) > 0:
		return endpointStatus{level: engine.Waiting, cause: awaitsSignature, text: "Waiting for Auth Tokens"}
	}
	if refused := f.Refused(endpoint, ""); len(refused) > 0 {
		first := fmt.Sprintf("%s %s", refused[0].Unit, Reason(refused[0]))
		return endpointStatus{level: engine.Active, cause: hasRefusals, text: count(len(refused), "request refused", "requests refused"), detail: first}
	}
	invalid := f.Verdicts(endpoint, func(v engine.Verdict) bool { return v.Standing == engine.RequestInvalid })
	if len(invalid) > 0 {
		return endpointStatus{level: engine.Active, cause: hasInvalidData, text: count(len(invalid), "unit not served", "units not served"), detail: invalidData(invalid[0].Unit, invalid[0].Record)}
	}
	return endpointStatus{level: engine.Active}
}

// count is a number of things.
func count(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// invalidData says why the data of a unit with that record is not used.
func invalidData(u kubecontrol.Unit, r engine.Record) string {
	if r.BadBag {
		return fmt.Sprintf("the databag of %s %s", u, r.Bad)
	}
	return fmt.Sprintf("the request of %s: %s", u, r.Bad)
}

// ofWorker: blocked only where a person must relate the charm.
func (w Workload) ofWorker(f engine.Facts, endpoint string) endpointStatus {
	isSet := func(flag string) bool { return f.State().Flags.Has(flags.Name(endpoint, flag)) }
	relations := f.View().RelationsOf(endpoint)
	asks := slices.ContainsFunc(relations, func(rel engine.Relation) bool { return f.Asked(rel.ID) != "" })
	switch {
	case !isSet(flags.Connected) && !w.Planned[endpoint] && len(relations) == 0:
		return endpointStatus{level: engine.Blocked, cause: missesRelation, text: fmt.Sprintf("Missing required %s relation", endpoint)}
	case !isSet(flags.Connected):
		return endpointStatus{level: engine.Waiting, cause: awaitsRelation, text: fmt.Sprintf("Waiting for %s relation", endpoint)}
	case !isSet(flags.DNSAvailable):
		s := endpointStatus{level: engine.Waiting, cause: awaitsDNS, text: "Waiting for cluster DNS"}
		if first, _ := f.First(endpoint); len(first.Refused) > 0 {
			s.detail = "a master's databag can't be used"
		}
		return s
	case asks && !isSet(flags.AuthReady):
		s := endpointStatus{level: engine.Waiting, cause: awaitsCredentials, text: "Waiting for cluster credentials"}
		if wait := f.CredentialsWait(endpoint); wait != nil {
			s.detail = waitInShort(*wait)
		}
		return s
	}
	return endpointStatus{level: engine.Active}
}

// Readiness says what a worker's endpoint waits for, in the words of the status; "" for nothing: DNS is settled, and the
// credentials that this unit asked for, if it did, are there.
func Readiness(f engine.Facts, endpoint string) string {
	return Workload{}.ofWorker(f, endpoint).status().Message
}

// Reason says why a request is refused: "asks for group system:masters". Names that no token file takes are quoted.
func Reason(r engine.Refusal) string {
	group := cmp.Or(r.Group, kubecontrol.DefaultGroup)
	switch r.Cause {
	case engine.RefusedConflict:
		return fmt.Sprintf("asks for the user of %s", r.Holder)
	case engine.RefusedRevoked:
		return "was revoked"
	case engine.RefusedGroup:
		return "asks for group " + printable.Cut(group, mostName)
	case engine.RefusedInvalidGroup:
		return fmt.Sprintf("asks for group %s, which %v", printable.Brief(group), kubecontrol.CheckName(group))
	case engine.RefusedInvalidUser:
		return fmt.Sprintf("asks for user %s, which %v", printable.Brief(r.User), kubecontrol.CheckName(r.User))
	case engine.RefusedNoNode:
		return fmt.Sprintf("asks for user %s, which is not a node name", printable.Brief(r.User))
	}
	return "asks for user " + printable.Cut(r.User, mostName)
}

// mostName is how many bytes of a valid name a status shows.
const mostName = 48
