package engine

import (
	"strings"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// isOurs reports whether a master gives an entry, for a user that we ask for, to this unit. A master in another model
// knows this unit by a name that Juju makes up, "remote-ID/N", and that this unit cannot know.
func (r *run) isOurs(scope kubecontrol.Unit) bool {
	return scope == r.view.Unit || strings.HasPrefix(string(scope), "remote-")
}

// Disagreeing lists the masters of a worker's relation whose entries for a user and this unit differ from one another, by
// unit number; none if at most one master publishes such an entry, or all publish the same one. After a change of leader
// two may, until the former one has removed its own.
func (a Answers) Disagreeing(relation kubecontrol.RelationID, user string) []kubecontrol.Unit {
	var givers []kubecontrol.Unit
	var first kubecontrol.Credential
	differ := false
	for _, rel := range a.run.view.Relations {
		for _, u := range rel.Members {
			creds, _ := a.run.view.Creds.Read(rel.Remote[u][kubecontrol.KeyCreds]) // bad entries are noted elsewhere
			c, ok := creds[user]
			if rel.ID != relation || !ok || !a.run.isOurs(c.Scope) {
				continue
			}
			if len(givers) == 0 {
				first = c
			}
			differ = differ || c.Kubelet != first.Kubelet || c.Proxy != first.Proxy || c.Client != first.Client ||
				kubecontrol.BareSecretID(c.SecretID) != kubecontrol.BareSecretID(first.SecretID)
			givers = append(givers, u)
		}
	}
	if !differ {
		return nil
	}
	return givers
}

// Asked is the user that this unit asks for on a relation, "" if for none.
func (a Answers) Asked(relation kubecontrol.RelationID) string {
	return a.run.bags[relation][kubecontrol.KeyKubeletUser]
}

// Serving is the relation whose masters a worker's endpoint listens to: prefer, while it is there, so that a second
// cluster never mixes with the first; else the one with the lowest id that has a joined master; "" if there is none.
func (a Answers) Serving(endpoint string, prefer kubecontrol.RelationID) kubecontrol.RelationID {
	for _, rel := range a.run.view.relationsOf(endpoint) {
		if rel.ID == prefer {
			return prefer
		}
	}
	rel, _ := a.run.first(endpoint, "")
	return rel.ID
}

// Related reports whether an endpoint has any relation, with or without members.
func (a Answers) Related(endpoint string) bool { return len(a.run.view.relationsOf(endpoint)) > 0 }

// Given are the credentials that a relation's masters give this unit for the user that it asks for; false if there are
// none with a token.
func (a Answers) Given(endpoint string, relation kubecontrol.RelationID) (kubecontrol.Credential, bool) {
	c, ok := a.Credential(endpoint, relation, a.Asked(relation))
	return c, ok && a.run.isOurs(c.Scope)
}

// Named reports whether a master of a relation has an entry for a user and this unit, with or without tokens that this unit
// can read.
func (a Answers) Named(relation kubecontrol.RelationID, user string) bool {
	for _, rel := range a.run.view.Relations {
		if c, ok := a.run.onWire(rel)[user]; rel.ID == relation && ok && a.run.isOurs(c.Scope) {
			return true
		}
	}
	return false
}
