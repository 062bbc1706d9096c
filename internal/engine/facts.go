package engine

import (
	"maps"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Request is one joined unit's request for credentials.
type Request struct {
	Relation kubecontrol.RelationID
	Unit     kubecontrol.Unit
	User     string
	Group    string // "" where the unit named none
	Pending  bool   // it waits to be signed
	Rotate   bool   // it waits for new tokens
}

// Standing is how a master sees a joined unit's request.
type Standing int

// The standings. The first that holds counts.
const (
	RequestInvalid   Standing = iota // the request, or the whole databag, can't be used
	RequestNone                      // the unit asks for nothing
	RequestRevoked                   // a person has revoked the request
	RequestRefused                   // the charm's policy does not sign it
	RequestConflict                  // another unit holds the user
	RequestUnsigned                  // there is no entry for it
	RequestRotating                  // it has an entry, and waits for new tokens
	RequestRegrouped                 // it was signed for another group
	RequestServed                    // it has what it asks for
)

// Verdict is the state of a joined unit's request. Flags, status, explain, getters and the
// policy read it.
type Verdict struct {
	Request
	Standing Standing
	Holder   kubecontrol.Unit // of the user; "" while no unit holds it
	Refusal  *Refusal         // the policy's
	Record   Record
}

// asks reports whether there is a request to be judged.
func (v Verdict) asks() bool {
	return v.Standing != RequestInvalid && v.Standing != RequestNone && v.Standing != RequestRevoked
}

// Contested reports whether another unit holds the user. The policy may refuse the request as well.
func (v Verdict) Contested() bool { return v.asks() && v.Holder != v.Unit }

// Waits reports whether the request waits to be signed.
func (v Verdict) Waits() bool {
	return v.Standing == RequestUnsigned || v.Standing == RequestRotating || v.Standing == RequestRegrouped
}

// requestFacts are the verdicts and holders that flags, decisions and facts read. They are computed once.
type requestFacts struct {
	holders  map[string]kubecontrol.Unit // by a user's normal name; see findHolders
	verdicts []Verdict                   // of all units of all master endpoints, by relation and unit number
}

// requestFacts returns those of the present records and entries.
func (r *run) requestFacts() *requestFacts {
	if r.known != nil {
		return r.known
	}
	refused := r.refusedRequests()
	r.known = &requestFacts{holders: r.findHolders(refused)}
	for _, rel := range r.masters() {
		for _, u := range rel.Members {
			r.known.verdicts = append(r.known.verdicts, r.judge(rel.ID, u, refused))
		}
	}
	return r.known
}

// judge computes the verdict of one unit's request.
func (r *run) judge(rel kubecontrol.RelationID, u kubecontrol.Unit, refused map[Read]*Refusal) Verdict {
	record := r.state.Seen[rel][u]
	published := r.published(rel, record.User, u)
	regrouped := record.Signed != "" && record.Signed != record.mark()
	v := Verdict{
		Request: Request{
			Relation: rel, Unit: u, User: record.User, Group: record.Group, Pending: !published || record.Rotate || regrouped, Rotate: record.Rotate,
		},
		Holder: r.known.holders[kubecontrol.NormalUser(record.User)], Record: record,
	}
	if f := refused[Read{rel, u}]; f.refuses(record) {
		v.Refusal = f
	}
	switch {
	case record.Bad != "":
		v.Standing = RequestInvalid
	case record.User == "":
		v.Standing = RequestNone
	case record.isRevoked():
		v.Standing = RequestRevoked
	case v.Refusal != nil:
		v.Standing = RequestRefused
	case v.Holder != u:
		v.Standing = RequestConflict
	case !published:
		v.Standing = RequestUnsigned
	case record.Rotate:
		v.Standing = RequestRotating
	case regrouped:
		v.Standing = RequestRegrouped
	default:
		v.Standing = RequestServed
	}
	return v
}

// judged lists the verdicts of one endpoint that are wanted, by relation and unit number.
func (r *run) judged(endpoint string, wanted func(Verdict) bool) []Verdict {
	var list []Verdict
	for _, v := range r.requestFacts().verdicts {
		if v.Relation.Endpoint() == endpoint && wanted(v) {
			list = append(list, v)
		}
	}
	return list
}

// standing lists the verdicts of one endpoint with one standing.
func (r *run) standing(endpoint string, s Standing) []Verdict {
	return r.judged(endpoint, func(v Verdict) bool { return v.Standing == s })
}

// verdict is that of a joined unit.
func (r *run) verdict(rel kubecontrol.RelationID, u kubecontrol.Unit) Verdict {
	verdicts := r.requestFacts().verdicts
	for i := range verdicts { // without a copy of each: explain asks for every unit
		if verdicts[i].Unit == u && verdicts[i].Relation == rel {
			return verdicts[i]
		}
	}
	return Verdict{}
}

// requests lists one endpoint's requests whose user no other unit holds, by relation and unit number: those that are
// signed, wait, or are refused.
func (r *run) requests(endpoint string) []Request {
	var list []Request
	for _, v := range r.judged(endpoint, func(v Verdict) bool { return v.asks() && !v.Contested() }) {
		list = append(list, v.Request)
	}
	return list
}

// refusedRequests are the requests that the policy does not sign.
func (r *run) refusedRequests() map[Read]*Refusal {
	refused := make(map[Read]*Refusal, len(r.policy.Refused))
	for i, f := range r.policy.Refused {
		refused[Read{f.Relation, f.Unit}] = &r.policy.Refused[i]
	}
	return refused
}

// refuses reports whether a refusal is of a record's present request.
func (f *Refusal) refuses(record Record) bool {
	return f != nil && f.User == record.User && f.Group == record.Group
}

// findHolders finds the unit that holds each user, by the user's normal name: the one in the charm's own record, else the scope
// on the wire. Without either the first unit that asks holds it, by relation and number. Refused requests come last.
func (r *run) findHolders(refused map[Read]*Refusal) map[string]kubecontrol.Unit {
	holders := r.boundHolders()
	bound := maps.Clone(holders)
	for _, rel := range r.masters() {
		for user, c := range r.creds[rel.ID] {
			name := kubecontrol.NormalUser(user)
			_, isBound := bound[name]
			h, held := holders[name]
			if !isBound && rel.has(c.Scope) && (!held || c.Scope.Compare(h) < 0) {
				holders[name] = c.Scope
			}
		}
	}
	r.addAsking(holders, refused, false)
	r.addAsking(holders, refused, true)
	return holders
}

// boundHolders are those that the charm's own record names, as far as they are joined.
func (r *run) boundHolders() map[string]kubecontrol.Unit {
	joined := map[kubecontrol.Unit]bool{}
	for _, rel := range r.masters() {
		maps.Copy(joined, rel.joined)
	}
	holders := map[string]kubecontrol.Unit{}
	for name, u := range r.policy.Holders {
		if joined[u] {
			holders[name] = u
		}
	}
	return holders
}

// addAsking lets the first unit that asks hold a user that no unit holds: of the refused requests, or of the others.
func (r *run) addAsking(holders map[string]kubecontrol.Unit, refusals map[Read]*Refusal, refused bool) {
	for _, rel := range r.masters() {
		for _, u := range rel.Members {
			record := r.state.Seen[rel.ID][u]
			name := kubecontrol.NormalUser(record.User)
			if _, held := holders[name]; !held && name != "" && !record.isRevoked() && refusals[Read{rel.ID, u}].refuses(record) == refused {
				holders[name] = u
			}
		}
	}
}
