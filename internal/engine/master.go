package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// masters lists the relations in which this unit is a master.
func (r *run) masters() []Relation {
	var rs []Relation
	for _, rel := range r.view.Relations {
		if e, ok := r.view.FindEndpoint(rel.ID.Endpoint()); ok && e.Role == kubecontrol.Master {
			rs = append(rs, rel)
		}
	}
	return rs
}

// updateRecords updates the records of the joined units, and records departures.
func (r *run) updateRecords() {
	seen := map[kubecontrol.RelationID]map[kubecontrol.Unit]Record{}
	for _, rel := range r.masters() {
		for _, u := range rel.Members {
			record, ok := r.state.Seen[rel.ID][u]
			if bag, read := rel.Remote[u]; read {
				record, ok = r.read(rel, u, record, bag), true
			} else if reason := rel.Refused[u]; reason != "" {
				record, ok = Record{Bad: reason, BadBag: true, Signed: record.Signed}, true
				r.noteFor(rel.ID, u, "the bag of %s on %s is not used: it %s", u, rel.ID, reason)
			}
			if ok {
				if seen[rel.ID] == nil {
					seen[rel.ID] = map[kubecontrol.Unit]Record{}
				}
				seen[rel.ID][u] = record
			}
		}
	}
	r.recordDepartures(seen)
	r.state.Seen, r.known = seen, nil
}

// read makes a unit's record from its bag.
func (r *run) read(rel Relation, u kubecontrol.Unit, old Record, bag kubecontrol.Bag) Record {
	req := kubecontrol.ReadRequest(bag)
	record := Record{User: req.User, Group: req.Group, GPU: req.GPU, Secrets: req.Secrets, Versioned: req.Versioned}
	reason := ""
	if err := req.Check(); err != nil {
		reason = err.Error()
	} else if !record.fits() {
		reason = "user and group are too long"
	}
	if reason != "" {
		r.noteFor(rel.ID, u, "the request of %s on %s is not used: %s", u, rel.ID, reason)
		return Record{GPU: req.GPU, Versioned: req.Versioned, Bad: reason, Signed: old.Signed, Revoked: old.Revoked}
	}
	record.Rotate, record.Revoked = old.Rotate && old.User == record.User, old.Revoked
	signed := old.Signed
	if signed == "" && r.published(rel.ID, record.User, u) {
		signed = record.mark()
		if old.User == record.User {
			signed = old.mark()
		}
	}
	return record.withSigned(signed)
}

// mark is a short text for what a unit asks for.
func (r Record) mark() string { return mark([]Request{{User: r.User, Group: r.Group}})[:16] }

// withSigned is the record with the mark of what was signed, where that leaves room for it.
func (r Record) withSigned(mark string) Record {
	without := r
	without.Signed, r.Signed = "", mark
	if !r.fits() {
		return without
	}
	return r
}

func (r Record) fits() bool {
	text, err := json.Marshal(r)
	return err == nil && len(text) <= maxRecord
}

// published reports whether our own bag has an entry for a user with that unit as scope.
func (r *run) published(rel kubecontrol.RelationID, user string, scope kubecontrol.Unit) bool {
	c, ok := r.creds[rel][user]
	return ok && c.Scope == scope
}

// recordDepartures puts the units that have records and are joined no more on the list of the departed, unless it is this unit
// that leaves: then a departed hook comes for every worker that lives on.
func (r *run) recordDepartures(seen map[kubecontrol.RelationID]map[kubecontrol.Unit]Record) {
	if r.state.Dying {
		return
	}
	for _, rel := range slices.SortedFunc(maps.Keys(r.state.Seen), kubecontrol.RelationID.Compare) {
		var gone []kubecontrol.Unit
		for u := range r.state.Seen[rel] {
			if _, joined := seen[rel][u]; !joined {
				gone = append(gone, u)
			}
		}
		slices.SortFunc(gone, kubecontrol.Unit.Compare)
		for _, u := range gone {
			r.state.recordDeparture(rel.Endpoint(), u)
		}
	}
	// A unit that leaves before its record was ever made has left all the same.
	endpoint := r.hook.Relation.Endpoint()
	if e, ok := r.view.FindEndpoint(endpoint); !ok || e.Role != kubecontrol.Master || r.hook.Kind != DepartedHook || r.hook.Again {
		return
	}
	if !slices.Contains(r.state.Departed[endpoint], r.hook.Unit) {
		r.state.recordDeparture(endpoint, r.hook.Unit)
	}
}

// recordDeparture adds a unit to the list; the oldest make room when the list would outgrow a state value.
func (st *State) recordDeparture(endpoint string, u kubecontrol.Unit) {
	list := append(slices.DeleteFunc(st.Departed[endpoint], func(v kubecontrol.Unit) bool { return v == u }), u)
	st.Departed[endpoint] = newest(list)
}

// close lists credentials that leave the wire, in order of users, unless a policy has its own record of them.
func (r *run) close(endpoint string, creds kubecontrol.Creds) {
	if r.policy.KeepsLedger {
		return
	}
	list := r.state.Closed[endpoint]
	for _, user := range creds.Users() {
		list = append(list, Closed{User: user, Scope: creds[user].Scope, Generation: creds[user].Generation})
	}
	r.state.Closed[endpoint] = newest(list)
}

// newest is the end of a list, as much of it as a state value holds.
func newest[T any](list []T) []T {
	size := 2
	for i := len(list) - 1; i >= 0; i-- {
		text, err := json.Marshal(list[i])
		if size += len(text) + 1; err != nil || size > maxStateValue {
			return list[i+1:]
		}
	}
	return list
}

// updateCreds brings creds of every relation to what this unit may publish: nothing but as leader, and nothing for a
// unit that has left.
func (r *run) updateCreds() {
	for _, rel := range r.masters() {
		if r.state.Dying {
			continue
		}
		if err := r.damaged[rel.ID]; err != nil {
			r.note(Warning, "our own creds on %s are repaired: %v", rel.ID, err)
		}
		kept, left, dropped := kubecontrol.Creds{}, map[string]bool{}, kubecontrol.Creds{}
		for user, c := range r.creds[rel.ID] {
			if rel.has(c.Scope) {
				kept[user] = c
			} else {
				left[string(c.Scope)] = true
				dropped[user] = c
			}
		}
		why := "entries that can't be read are dropped"
		if r.view.Leader {
			r.abandon(dropped)
			r.close(rel.ID.Endpoint(), dropped)
		}
		if !r.view.Leader {
			kept, why = kubecontrol.Creds{}, "only the leader publishes creds"
		} else if clear, ok := r.ev.(ClearCreds); ok && clear.covers(rel.ID) {
			kept, why = kubecontrol.Creds{}, "cleared"
		} else if len(left) > 0 {
			why = strings.Join(slices.Sorted(maps.Keys(left)), ", ") + " left"
		}
		r.publish(rel.ID, kept, why)
	}
}

// publish writes creds where their value differs, so that another peer's spelling of the same entries stays as it is.
func (r *run) publish(rel kubecontrol.RelationID, creds kubecontrol.Creds, why string) {
	unchanged := r.damaged[rel] == nil && maps.Equal(r.creds[rel], creds)
	r.creds[rel], r.known = creds, nil
	if !unchanged {
		r.put(rel, kubecontrol.KeyCreds, kubecontrol.EncodeCreds(creds), why)
	}
}

// updateEmptyCreds writes creds of a relation without an entry: {} while a unit that names its schemas is joined, because charms
// on the ops library read nothing without the key, and else no key, because charms on charms.reactive take {} for
// credentials.
func (r *run) updateEmptyCreds() {
	for _, rel := range r.masters() {
		if r.state.Dying || len(r.creds[rel.ID]) > 0 {
			continue
		}
		clear, _ := r.ev.(ClearCreds)
		versioned := slices.ContainsFunc(rel.Members, func(u kubecontrol.Unit) bool { return r.state.Seen[rel.ID][u].Versioned })
		if r.view.Leader && versioned && !clear.covers(rel.ID) {
			r.put(rel.ID, kubecontrol.KeyCreds, "{}", "no unit is signed")
		} else {
			r.put(rel.ID, kubecontrol.KeyCreds, "", "no unit is signed")
		}
	}
}

// record puts one record. What was worked out from the records is worked out again.
func (r *run) record(rel kubecontrol.RelationID, u kubecontrol.Unit, record Record) {
	r.known = nil
	r.state.record(rel, u, record)
}

// mark is a short text that differs when the list of requests does; "" for no request.
func mark(requests []Request) string {
	if len(requests) == 0 {
		return ""
	}
	var list [][3]string
	for _, q := range requests {
		list = append(list, [3]string{string(q.Unit), q.User, q.Group})
	}
	slices.SortFunc(list, func(a, b [3]string) int { return slices.Compare(a[:], b[:]) })
	text, _ := json.Marshal(list) // strings always encode
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
