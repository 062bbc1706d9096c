package engine

import (
	"maps"
	"slices"

	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Former is what a Python charm kept on this unit's disk before this program. The zero value is nothing.
type Former struct {
	// Creds are the credentials that it had signed.
	Creds kubecontrol.Creds
	// Departed lists by endpoint the units that had left it, in the order in which they left.
	Departed map[string][]kubecontrol.Unit
}

// adopt takes over existing data on the wire, once in the state's life: a Python peer's values, or our own after the state
// was lost. A value that all relations of an endpoint have in common becomes the endpoint's value.
func (r *run) adopt() {
	if r.state.Adopted {
		return
	}
	r.state.Adopted = true
	if r.state.IsNew() {
		r.adoptCreds()
		r.adoptDeparted()
	}
	for _, e := range r.view.Endpoints {
		for _, key := range kubecontrol.SingleKeys(e.Role) {
			r.adoptKey(e, key)
		}
		for _, rel := range r.view.RelationsOf(e.Name) {
			if id := rel.Local[kubecontrol.KeyCASecretID]; id != "" && e.Role == kubecontrol.Master {
				r.state.Certificates[e.Name] = kubecontrol.BareSecretID(id)
			}
		}
	}
}

func (r *run) adoptKey(e Endpoint, key string) {
	found := map[string]string{} // by relation
	distinct := flags.Set{}
	for _, rel := range r.view.RelationsOf(e.Name) {
		if value := rel.Local[key]; value != "" && kubecontrol.CheckValue(e.Role, key, value) == nil {
			found[string(rel.ID)] = value
			distinct.Put(value, true)
		}
	}
	for scope, value := range found {
		if len(distinct) == 1 {
			scope = e.Name
		}
		if r.state.Values[scope] == nil {
			r.state.Values[scope] = map[string]string{}
		}
		r.state.Values[scope][key] = value
	}
}

// adoptCreds publishes credentials that the leader signed before this program and that are not on the wire, for joined units,
// each on its unit's relation. A user that another unit holds now, or that is on the wire, stays unchanged.
func (r *run) adoptCreds() {
	if !r.view.Leader || r.state.Dying {
		return
	}
	holders := maps.Clone(r.requestFacts().holders)
	added := map[kubecontrol.RelationID]kubecontrol.Creds{}
	for _, user := range r.view.Former.Creds.Users() {
		c := r.view.Former.Creds[user]
		name := kubecontrol.NormalUser(user)
		if _, held := holders[name]; held || !c.Complete() || (kubecontrol.Request{User: user}).Check() != nil {
			continue
		}
		for _, rel := range r.relationsFor(user, c.Scope) {
			holders[name] = c.Scope
			if added[rel] == nil {
				added[rel] = kubecontrol.Creds{}
			}
			added[rel][user] = kubecontrol.Credential{Scope: c.Scope, Kubelet: c.Kubelet, Proxy: c.Proxy, Client: c.Client}
		}
	}
	for rel, creds := range added {
		entries := kubecontrol.Creds{}
		maps.Copy(entries, r.creds[rel])
		maps.Copy(entries, creds)
		r.publish(rel, entries, "signed by the charm before this one")
	}
}

// relationsFor lists the relations of a unit on which it asks for a user; all of its relations if it asks on none.
func (r *run) relationsFor(user string, u kubecontrol.Unit) []kubecontrol.RelationID {
	var joined, asking []kubecontrol.RelationID
	for _, rel := range r.masters() {
		if rel.has(u) {
			joined = append(joined, rel.ID)
			if kubecontrol.ReadRequest(rel.Remote[u]).User == user {
				asking = append(asking, rel.ID)
			}
		}
	}
	if len(asking) > 0 {
		return asking
	}
	return joined
}

// adoptDeparted lists the units that left before this program and were not cleaned up, unless they are back.
func (r *run) adoptDeparted() {
	for _, e := range r.view.Endpoints {
		if e.Role != kubecontrol.Master {
			continue
		}
		for _, u := range r.view.Former.Departed[e.Name] {
			back := slices.ContainsFunc(r.view.RelationsOf(e.Name), func(rel Relation) bool { return rel.has(u) })
			if !back && u.Number() >= 0 {
				r.state.recordDeparture(e.Name, u)
			}
		}
	}
}
