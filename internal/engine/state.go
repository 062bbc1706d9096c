package engine

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// State is what this unit keeps between hooks, in the controller's charm state, which commits and fails with the hook.
// It never holds a token. All of it but Departed, the marks behind requests.changed, and Author is rebuilt from Juju
// when lost.
type State struct {
	// Seen holds what each remote unit said to a master, when its bag was last read.
	Seen map[kubecontrol.RelationID]map[kubecontrol.Unit]Record
	// Values are the plain values set by hand, by endpoint, or by relation where --relation limited the command.
	// An empty value means that the key is to be absent.
	Values map[string]map[string]string
	// Departed lists by endpoint the units that have left since the last flush, in the order in which they left.
	Departed map[string][]kubecontrol.Unit
	// Closed lists by endpoint the credentials that were taken from the wire since the last ClosedCreds, oldest first.
	Closed map[string][]Closed
	// Replaced lists by endpoint the credentials that were rotated away and are still accepted.
	Replaced map[string][]Replaced
	// Requests marks by endpoint the list of requests at the last clearing of requests.changed.
	Requests map[string]string
	// Certificates are by endpoint the IDs of the secrets with the CA certificate.
	Certificates map[string]string
	// Pruned names the revisions of secrets that were removed last, "ID/REVISION".
	Pruned []string
	// Flags are the computed flags as the last hook left them; Author are those that a charm author set.
	Flags, Author flags.Set
	// Dying is set once this unit is being removed: from then on nothing is revoked.
	Dying bool
	// Adopted is set once the values that were on the wire before us have been taken over.
	Adopted bool

	raw map[string]string // as it was decoded
}

// Closed is a credential that is no longer accepted: its unit left or asked for another user, it was revoked, or one of a
// later generation replaced it.
type Closed struct {
	User       string           `json:"user"`
	Scope      kubecontrol.Unit `json:"scope"`
	Generation int              `json:"generation"`
}

// Replaced is a credential of an earlier generation, and how many more update-status hooks it is accepted.
type Replaced struct {
	Closed
	Left int `json:"left"`
}

// Record is what one worker unit said that the master's flags need. It is at most 300 bytes.
type Record struct {
	User  string `json:"u,omitempty"`
	Group string `json:"g,omitempty"`
	GPU   bool   `json:"gpu,omitempty"`
	// Secrets is set where the unit reads its credentials from a Juju secret.
	Secrets bool `json:"v1,omitempty"`
	// Versioned is set where the unit names the schemas that it reads, as charms on the ops library do.
	Versioned bool `json:"v,omitempty"`
	// Signed marks the user and the group that the unit was last signed for, "" where that is not known.
	Signed string `json:"s,omitempty"`
	// Rotate is set where the request waits for new tokens; Revoked is the mark of a request that is refused.
	Rotate  bool   `json:"rot,omitempty"`
	Revoked string `json:"rv,omitempty"`
	// Bad says why the unit's request is not used, or with BadBag its whole bag: "is larger than 64 KiB".
	Bad    string `json:"bad,omitempty"`
	BadBag bool   `json:"bag,omitempty"`
}

const (
	statePrefix   = "kube-control/"
	stateVersion  = statePrefix + "1/"
	keyRecord     = stateVersion + "r/"
	keyValues     = stateVersion + "v/"
	keyDeparted   = stateVersion + "departed/"
	keyRequests   = stateVersion + "requests/"
	keyClosed     = stateVersion + "closed/"
	keyReplaced   = stateVersion + "replaced/"
	keyCA         = stateVersion + "ca/"
	keyPruned     = stateVersion + "pruned"
	keyFlags      = stateVersion + "flags"
	keyAuthor     = stateVersion + "author-flags"
	keyUnit       = stateVersion + "unit"
	maxRecord     = 300
	maxStateKey   = 256   // Juju's limit on a key
	maxStateValue = 60000 // below Juju's 65536 bytes of a value
)

// unitState is the value of keyUnit.
type unitState struct {
	Adopted bool `json:"adopted,omitempty"`
	Dying   bool `json:"dying,omitempty"`
}

// DecodeState reads the charm's whole state map. Keys of other owners are ignored; ours that can't be read, or are of
// another version, count as lost and are dropped by the next run.
func DecodeState(raw map[string]string) State {
	st := State{raw: map[string]string{}}
	st.init()
	for key, value := range raw {
		if !strings.HasPrefix(key, statePrefix) {
			continue
		}
		st.raw[key] = value
		st.decodeKey(key, value)
	}
	return st
}

// decodeKey reads one key of ours.
func (st *State) decodeKey(key, value string) {
	if name, isRecord := strings.CutPrefix(key, keyRecord); isRecord {
		st.decodeRecord(name, value)
		return
	}
	for _, t := range st.tables() {
		if t.decode(key, value) {
			return
		}
	}
	switch key {
	case keyPruned:
		var revisions []string
		if json.Unmarshal([]byte(value), &revisions) == nil {
			st.Pruned = revisions
		}
	case keyFlags:
		st.Flags = decodeFlags(value)
	case keyAuthor:
		st.Author = decodeFlags(value)
	case keyUnit:
		var u unitState
		if json.Unmarshal([]byte(value), &u) == nil {
			st.Adopted, st.Dying = u.Adopted, u.Dying
		}
	}
}

// IsNew reports whether this unit has kept nothing yet: it is the first run in our life, not one after a loss.
func (st State) IsNew() bool { return len(st.raw) == 0 }

// init makes the maps.
func (st *State) init() {
	st.Seen = map[kubecontrol.RelationID]map[kubecontrol.Unit]Record{}
	for _, t := range st.tables() {
		t.init()
	}
	st.Flags, st.Author = flags.Set{}, flags.Set{}
}

func (st *State) decodeRecord(name, value string) {
	relation, unit, ok := strings.Cut(name, "/")
	var r Record
	if !ok || json.Unmarshal([]byte(value), &r) != nil {
		return
	}
	st.record(kubecontrol.RelationID(relation), kubecontrol.Unit(unit), r)
}

func decodeFlags(value string) flags.Set {
	var names []string
	if json.Unmarshal([]byte(value), &names) != nil {
		return flags.Set{}
	}
	return flags.NewSet(names...)
}

// record puts one record.
func (st *State) record(rel kubecontrol.RelationID, u kubecontrol.Unit, r Record) {
	if st.Seen[rel] == nil {
		st.Seen[rel] = map[kubecontrol.Unit]Record{}
	}
	st.Seen[rel][u] = r
}

// Encode writes the state as a state map. Nothing is written for what is empty.
func (st State) Encode() map[string]string {
	m := map[string]string{}
	put := func(key string, v any, n int) { // n is how much v holds
		text, err := json.Marshal(v)
		if err == nil && n > 0 && len(key) <= maxStateKey {
			m[key] = string(text)
		}
	}
	for rel, units := range st.Seen {
		for unit, r := range units {
			put(keyRecord+string(rel)+"/"+string(unit), r, 1)
		}
	}
	for _, t := range st.tables() {
		t.encode(func(key, text string) {
			if len(key) <= maxStateKey {
				m[key] = text
			}
		})
	}
	put(keyPruned, st.Pruned, len(st.Pruned))
	put(keyFlags, st.Flags.Sorted(), len(st.Flags))
	put(keyAuthor, st.Author.Sorted(), len(st.Author))
	put(keyUnit, unitState{Adopted: st.Adopted, Dying: st.Dying}, 1)
	return m
}

// Apply folds decisions into the state: what a second run in the same hook begins with.
func (st State) Apply(decisions []Decision) State {
	if !slices.ContainsFunc(decisions, func(d Decision) bool { _, keep := d.(Keep); return keep }) {
		return st
	}
	raw := maps.Clone(st.raw)
	if raw == nil {
		raw = map[string]string{}
	}
	for _, d := range decisions {
		if k, ok := d.(Keep); ok {
			maps.Copy(raw, k.Set)
			for _, key := range k.Drop {
				delete(raw, key)
			}
		}
	}
	return DecodeState(raw)
}

// clone copies the state deeply enough for a run to change it.
func (st State) clone() State {
	next := State{raw: st.raw, Dying: st.Dying, Adopted: st.Adopted, Pruned: slices.Clone(st.Pruned)}
	next.init()
	for rel, units := range st.Seen {
		next.Seen[rel] = maps.Clone(units)
	}
	tables := next.tables()
	for i, t := range st.tables() {
		t.copyTo(tables[i])
	}
	next.Flags, next.Author = st.Flags.Clone(), st.Author.Clone()
	return next
}

// diff is the decision that turns what is kept into this state; false if nothing differs.
func (st State) diff() (Keep, bool) {
	want := st.Encode()
	k := Keep{Set: map[string]string{}}
	for key, value := range want {
		if old, ok := st.raw[key]; !ok || old != value {
			k.Set[key] = value
		}
	}
	for key := range st.raw {
		if _, ok := want[key]; !ok {
			k.Drop = append(k.Drop, key)
		}
	}
	slices.Sort(k.Drop)
	return k, len(k.Set)+len(k.Drop) > 0
}
