package engine

import (
	"slices"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Grants is this hook's knowledge of the readers that Juju accepts for a secret. Juju refuses a hook's whole commit for one
// grant to a unit, relation or application that is dying or gone, and the retry would repeat it.
type Grants struct {
	// Withheld is set after a commit with new grants was lost: this hook makes no new grant.
	Withheld bool
	// Owed is set in the first hook after one that withheld grants: it looks after all secrets.
	Owed bool
	// Dying names the units that goal-state calls dying; nil while goal-state was not asked. A unit that goal-state does
	// not name can be alive: goal-state leaves out the subordinate units of other principals and units of other models.
	Dying map[kubecontrol.Unit]bool
}

// Grant reports whether decisions lead to a new grant of a secret: then Evaluate must see Grants.Dying.
func Grant(decisions []Decision) bool {
	return slices.ContainsFunc(decisions, func(d Decision) bool {
		switch d.(type) {
		case AddSecret, GrantSecret:
			return true
		}
		return false
	})
}

// noGrant says why a unit, or with an empty one the remote application, can't be let read a secret in this hook, "" if it
// can. A nil secret is one that is yet to be made. A reader that has its grant already keeps it.
func (r *run) noGrant(own *OwnSecret, rel kubecontrol.RelationID, u kubecontrol.Unit) string {
	switch {
	case own != nil && slices.Contains(own.Targets, r.target(rel, u)):
		return ""
	case r.view.Grants.Withheld:
		return "Juju refused or lost what the last hook granted, so the next hook grants again"
	case u != "" && r.view.Grants.Dying[u]:
		return "it is being removed"
	case u == "" && !slices.ContainsFunc(r.joinedOn(rel), func(u kubecontrol.Unit) bool { return !r.view.Grants.Dying[u] }):
		return "all its units are being removed"
	}
	return ""
}

// target is how Juju names a reader: "unit-kw-0" or, for an empty unit, the remote application's "application-kw".
func (r *run) target(rel kubecontrol.RelationID, u kubecontrol.Unit) string {
	if u == "" {
		return "application-" + r.remoteApp(rel)
	}
	return unitTarget(u)
}
