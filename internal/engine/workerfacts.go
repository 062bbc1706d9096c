package engine

import (
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// isOurs reports whether a master gives an entry, for a user that we ask for, to this unit. A master in another model
// knows this unit by a name that Juju makes up, "remote-ID/N", and that this unit cannot know.
func (r *run) isOurs(scope kubecontrol.Unit) bool {
	return scope == r.view.Unit || strings.HasPrefix(string(scope), "remote-")
}

// Disagreeing lists the masters of a worker's relation whose entries for the user that this unit asks for differ from one another, by
// unit number; none if at most one master publishes such an entry, or all publish the same one. After a change of leader
// two may, until the former one has removed its own.
func (f Facts) Disagreeing(relation kubecontrol.RelationID) []kubecontrol.Unit {
	for _, rel := range f.run.view.Relations {
		if rel.ID != relation {
			continue
		}
		entries := f.Entries(rel)
		givers := slices.SortedFunc(maps.Keys(entries), kubecontrol.Unit.Compare)
		for _, u := range givers {
			if !entries[u].GivesSame(entries[givers[0]]) {
				return givers
			}
		}
	}
	return nil
}

// Asked is the user that this unit asks for on a relation, "" if for none.
func (f Facts) Asked(relation kubecontrol.RelationID) string {
	return f.run.bags[relation][kubecontrol.KeyKubeletUser]
}

// Serving is the relation whose masters a worker's endpoint listens to: prefer, while it is there, so that a second
// cluster never mixes with the first; else the one with the lowest id that has a joined master; "" if there is none.
func (f Facts) Serving(endpoint string, prefer kubecontrol.RelationID) kubecontrol.RelationID {
	for _, rel := range f.run.view.RelationsOf(endpoint) {
		if rel.ID == prefer {
			return prefer
		}
	}
	rel, _ := f.run.first(endpoint, "")
	return rel.ID
}

// Related reports whether an endpoint has any relation, with or without members.
func (f Facts) Related(endpoint string) bool { return len(f.run.view.RelationsOf(endpoint)) > 0 }

// Given are the credentials that a relation's masters give this unit for a user; false if there are none with a token.
func (f Facts) Given(endpoint string, relation kubecontrol.RelationID, user string) (kubecontrol.Credential, bool) {
	c, ok := f.Credential(endpoint, relation, user)
	return c, ok && f.run.isOurs(c.Scope)
}

// Named reports whether a master of a relation has an entry for a user and this unit, with or without tokens that this unit
// can read.
func (f Facts) Named(relation kubecontrol.RelationID, user string) bool {
	for _, rel := range f.run.view.Relations {
		if c, ok := f.run.onWire(rel)[user]; rel.ID == relation && ok && f.run.isOurs(c.Scope) {
			return true
		}
	}
	return false
}
