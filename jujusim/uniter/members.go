package uniter

import (
	"maps"
	"slices"

	"github.com/kube-control/kube-control/jujusim/model"
)

// news are the first unit, by name, of each kind that the remote side has to announce: one that has gone, one that is
// new, and one whose bag has changed; "" if there is none. Only units that have changed since the last time are looked
// at, and those that had news then: what a hook costs does not depend on how many others there are.
func (r *Relation) news(self string, remote *model.Side, sees func(*model.Member) bool) (gone, fresh, stale string) {
	if r.todo == nil {
		r.todo = map[string]bool{}
		for unit := range remote.Units {
			r.todo[unit] = true
		}
	} else {
		for _, unit := range remote.ChangedSince(r.seen) {
			r.todo[unit] = true
		}
	}
	r.seen = remote.Generation()
	for unit := range r.todo {
		version, known := r.Members[unit]
		m := remote.Units[unit]
		visible := m != nil && m.Scope == model.InScope && sees(m)
		switch {
		case known && !visible:
			gone = first(gone, unit)
		case !known && visible && unit != self:
			fresh = first(fresh, unit)
		case known && m.Version != version:
			stale = first(stale, unit)
		default:
			delete(r.todo, unit)
		}
	}
	return gone, fresh, stale
}

// first is the smaller of two names, where the first may be missing.
func first(a, b string) string {
	if a == "" || b < a {
		return b
	}
	return a
}

// members are the names of the members, sorted.
func (r *Relation) members() []string {
	if r.sorted == nil {
		r.sorted = slices.Sorted(maps.Keys(r.Members))
	}
	return r.sorted
}

// with are the members and one more, without one fewer, both sorted and apart from the members.
func (r *Relation) with(unit string) []string {
	members := r.members()
	at, found := slices.BinarySearch(members, unit)
	if found {
		return members
	}
	return slices.Insert(slices.Clone(members), at, unit)
}

func (r *Relation) without(unit string) []string {
	members := r.members()
	at, found := slices.BinarySearch(members, unit)
	if !found {
		return members
	}
	return slices.Delete(slices.Clone(members), at, at+1)
}

// membersShown are the members that a hook sees, sorted: with the unit that it lets join, without the one that it sees
// depart.
func (r *Relation) membersShown(current Hook, id int) []string {
	if current.Relation == id {
		switch current.Kind {
		case relationJoined:
			return r.with(current.RemoteUnit)
		case relationDeparted:
			return r.without(current.RemoteUnit)
		}
	}
	return r.members()
}
