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

// standing is how a master sees a joined unit's request.
type standing int

// The standings. The first that holds counts.
const (
	requestInvalid   standing = iota // the request, or the whole databag, can't be used
	requestNone                      // the unit asks for nothing
	requestRevoked                   // a person has revoked the request
	requestRefused                   // the charm's policy does not sign it
	requestConflict                  // another unit holds the user
	requestUnsigned                  // there is no entry for it
	requestRotating                  // it has an entry, and is to have new tokens
	requestRegrouped                 // it was signed for another group
	requestServed                    // it has what it asks for
)

// verdict is the one answer to the question how a joined unit's request stands. Flags, status, explain, getters and the
// policy read it.
type verdict struct {
	Request
	Standing standing
	Holder   kubecontrol.Unit // of the user; "" while nobody holds it
	refusal  *Refusal         // the policy's
	record   Record
}

// asks reports whether there is a request to be judged.
func (v verdict) asks() bool {
	return v.Standing != requestInvalid && v.Standing != requestNone && v.Standing != requestRevoked
}

// contested reports whether another unit holds the user. The policy may refuse the request besides.
func (v verdict) contested() bool { return v.asks() && v.Holder != v.Unit }

// waits reports whether the request is to be signed.
func (v verdict) waits() bool {
	return v.Standing == requestUnsigned || v.Standing == requestRotating || v.Standing == requestRegrouped
}

// facts is what flags, decisions and answers ask of the requests, worked out once for all of them.
type facts struct {
	holders  map[string]kubecontrol.Unit // by a user's normal name; see findHolders
	verdicts []verdict                   // of all units of all master endpoints, by relation and unit number
}

// facts are those of the records and entries as they are now.
func (r *run) facts() *facts {
	if r.known != nil {
		return r.known
	}
	refused := r.refusedRequests()
	r.known = &facts{holders: r.findHolders(refused)}
	for _, rel := range r.masters() {
		for _, u := range rel.Members {
			r.known.verdicts = append(r.known.verdicts, r.judge(rel.ID, u, refused))
		}
	}
	return r.known
}

// judge gives the verdict of one unit's request.
func (r *run) judge(rel kubecontrol.RelationID, u kubecontrol.Unit, refused map[Read]*Refusal) verdict {
	record := r.state.Seen[rel][u]
	published := r.published(rel, record.User, u)
	regrouped := record.Signed != "" && record.Signed != record.mark()
	v := verdict{
		Request: Request{
			Relation: rel, Unit: u, User: record.User, Group: record.Group, Pending: !published || record.Rotate || regrouped, Rotate: record.Rotate,
		},
		Holder: r.known.holders[kubecontrol.NormalUser(record.User)], record: record,
	}
	if f := refused[Read{rel, u}]; f.refuses(record) {
		v.refusal = f
	}
	switch {
	case record.Bad != "":
		v.Standing = requestInvalid
	case record.User == "":
		v.Standing = requestNone
	case record.isRevoked():
		v.Standing = requestRevoked
	case v.refusal != nil:
		v.Standing = requestRefused
	case v.Holder != u:
		v.Standing = requestConflict
	case !published:
		v.Standing = requestUnsigned
	case record.Rotate:
		v.Standing = requestRotating
	case regrouped:
		v.Standing = requestRegrouped
	default:
		v.Standing = requestServed
	}
	return v
}

// judged lists the verdicts of one endpoint that are wanted, by relation and unit number.
func (r *run) judged(endpoint string, wanted func(verdict) bool) []verdict {
	var list []verdict
	for _, v := range r.facts().verdicts {
		if v.Relation.Endpoint() == endpoint && wanted(v) {
			list = append(list, v)
		}
	}
	return list
}

// standing lists the verdicts of one endpoint with one standing.
func (r *run) standing(endpoint string, s standing) []verdict {
	return r.judged(endpoint, func(v verdict) bool { return v.Standing == s })
}

// verdict is that of a joined unit.
func (r *run) verdict(rel kubecontrol.RelationID, u kubecontrol.Unit) verdict {
	verdicts := r.facts().verdicts
	for i := range verdicts { // without a copy of each: explain asks for every unit
		if verdicts[i].Unit == u && verdicts[i].Relation == rel {
			return verdicts[i]
		}
	}
	return verdict{}
}

// requests lists one endpoint's requests whose user no other unit holds, by relation and unit number: those that are
// signed, may be, or are refused.
func (r *run) requests(endpoint string) []Request {
	var list []Request
	for _, v := range r.judged(endpoint, func(v verdict) bool { return v.asks() && !v.contested() }) {
		list = append(list, v.Request)
	}
	return list
}

// refusedRequests are what the policy does not sign.
func (r *run) refusedRequests() map[Read]*Refusal {
	refused := make(map[Read]*Refusal, len(r.view.Refused))
	for i, f := range r.view.Refused {
		refused[Read{f.Relation, f.Unit}] = &r.view.Refused[i]
	}
	return refused
}

// refuses reports whether a refusal is of what a record asks for.
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
	for name, u := range r.view.Bound {
		if joined[u] {
			holders[name] = u
		}
	}
	return holders
}

// addAsking lets the first unit that asks hold a user that nobody holds: of the refused requests, or of the others.
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
