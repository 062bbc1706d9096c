package engine

import (
	"maps"
	"slices"

	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// SecretRead names a secret that an evaluation must see.
type SecretRead struct {
	ID      string // of a master's secret, as it stands on the wire
	Label   string // of one of our own, if ID is empty
	Content bool   // of our own: its content too
}

// missingSecrets lists the secrets that the evaluation must see and that the view has not. Secrets cost a tool call each, so a
// leader looks after those of the event's unit in each hook, after 16 in an update-status, and after all when it has come to
// lead, after an upgrade and on refresh.
func (r *run) missingSecrets() []SecretRead {
	if !r.view.Secrets.Supported {
		return nil
	}
	reads := r.mastersSecrets()
	if r.view.Leader && !r.state.Dying && !r.hook.Again {
		reads = append(reads, r.ownSecrets()...)
	}
	return slices.DeleteFunc(reads, func(read SecretRead) bool {
		_, own := r.view.Secrets.Own[read.Label]
		_, masters := r.view.Secrets.Read[read.ID]
		return read.ID == "" && own || read.ID != "" && masters
	})
}

// mastersSecrets are the secrets of masters that a worker reads: its credentials and the CA certificate.
func (r *run) mastersSecrets() []SecretRead {
	ids := flags.Set{}
	for _, e := range r.view.Endpoints {
		if e.Role != kubecontrol.Worker {
			continue
		}
		for _, rel := range r.view.RelationsOf(e.Name) {
			asked := r.bags[rel.ID][kubecontrol.KeyKubeletUser]
			for user, c := range r.onWire(rel) {
				mine := c.Scope == r.view.Unit || user == asked && r.isOurs(c.Scope)
				if kubecontrol.IsSecretID(c.SecretID) && mine {
					ids.Put(c.SecretID, true)
				}
			}
			if id, _ := rel.Value(kubecontrol.KeyCASecretID); kubecontrol.IsSecretID(id) {
				ids.Put(id, true)
			}
		}
	}
	var reads []SecretRead
	for _, id := range ids.Sorted() {
		reads = append(reads, SecretRead{ID: id})
	}
	return reads
}

// ownSecrets are the leader's own secrets that the event is about.
func (r *run) ownSecrets() []SecretRead {
	content := map[string]bool{} // label: content too
	for _, rel := range r.masters() {
		r.attendedSecrets(rel, content)
	}
	for label := range r.abandoned {
		if _, known := content[label]; !known {
			content[label] = false
		}
	}
	r.namedSecrets(content)
	if _, asked := content[kubecontrol.CALabel]; !asked && r.attendsCertificate() {
		content[kubecontrol.CALabel] = true
	}
	var reads []SecretRead
	for _, label := range slices.Sorted(maps.Keys(content)) {
		reads = append(reads, SecretRead{Label: label, Content: content[label]})
	}
	return reads
}

// attendedSecrets adds those of the units of a relation that this run looks after.
func (r *run) attendedSecrets(rel Relation, content map[string]bool) {
	attended := r.attended(rel)
	for u := range attended {
		record := r.state.Seen[rel.ID][u]
		if r.inClear(rel.ID, u, r.creds[rel.ID]) || record.Secrets && record.User != "" && !r.published(rel.ID, record.User, u) {
			content[kubecontrol.CredsLabel(record.User)] = true
		}
	}
	for user, c := range r.creds[rel.ID] {
		if label := kubecontrol.CredsLabel(user); attended[c.Scope] && c.SecretID != "" && !content[label] {
			content[label] = r.unrecorded(user, c.Scope)
		}
	}
}

// namedSecrets adds those that the event itself names.
func (r *run) namedSecrets(content map[string]bool) {
	held := func(unit kubecontrol.Unit) {
		for label := range r.labelsHeld(func(u kubecontrol.Unit) bool { return u == unit }) {
			content[label] = false
		}
	}
	switch ev := r.ev.(type) {
	case Sign:
		for label := range r.labelsOf(ev) {
			content[label] = true
		}
	case Revoke:
		held(ev.Unit)
	case LookAt:
		held(ev.Unit)
	case RemoveOrphanSecrets:
		for user := range ev.Holders {
			content[kubecontrol.CredsLabel(user)] = true
		}
	case SetCertificate, WithdrawCertificate:
		content[kubecontrol.CALabel] = true
	case Hook:
		if ev.Kind == SecretRemove && kubecontrol.IsSecretLabel(ev.SecretLabel) {
			content[ev.SecretLabel] = true
		}
	}
}

// unrecorded reports whether the charm keeps a record of which unit holds a user, and has none of this unit: then it must see
// what the unit was given.
func (r *run) unrecorded(user string, scope kubecontrol.Unit) bool {
	return r.policy.KeepsLedger && r.policy.Holders[kubecontrol.NormalUser(user)] != scope
}

// attended are the units of a relation whose secrets this run looks after.
func (r *run) attended(rel Relation) map[kubecontrol.Unit]bool {
	attended := map[kubecontrol.Unit]bool{}
	switch {
	case r.all():
		for _, u := range rel.Members {
			attended[u] = true
		}
	case r.hook.Kind == UpdateStatus:
		var all []Read
		for _, other := range r.masters() {
			for _, u := range other.Members {
				all = append(all, Read{Relation: other.ID, Unit: u})
			}
		}
		for _, read := range window(all, r.hook.Turn) {
			if read.Relation == rel.ID {
				attended[read.Unit] = true
			}
		}
	case rel.ID == r.hook.Relation && rel.has(r.hook.Unit):
		attended[r.hook.Unit] = true
	}
	return attended
}

// all reports whether this run looks after everything, whatever it costs.
func (r *run) all() bool {
	_, refresh := r.ev.(Refresh)
	return refresh || r.hook.Kind == UpgradeCharm || r.hook.Kind == LeaderElected || r.view.Grants.Owed
}

// labelsOf are the labels of the secrets that a Sign command fills, and of those that its units have already.
func (r *run) labelsOf(ev Sign) flags.Set {
	labels, scopes := flags.Set{}, flags.Set{}
	for _, sig := range ev.Signatures {
		joined := r.joined(ev, sig.Scope)
		user, err := r.userOf(sig, joined)
		if err == nil && slices.ContainsFunc(joined, func(rel kubecontrol.RelationID) bool { return r.state.Seen[rel][sig.Scope].Secrets }) {
			labels.Put(kubecontrol.CredsLabel(user), true)
		}
		scopes.Put(string(sig.Scope), true)
	}
	maps.Copy(labels, r.labelsHeld(func(u kubecontrol.Unit) bool { return scopes.Has(string(u)) }))
	return labels
}

// labelsHeld are the labels of the secrets that entries of some units name.
func (r *run) labelsHeld(by func(kubecontrol.Unit) bool) flags.Set {
	labels := flags.Set{}
	for _, creds := range r.creds {
		for user, c := range creds {
			if c.SecretID != "" && by(c.Scope) {
				labels.Put(kubecontrol.CredsLabel(user), true)
			}
		}
	}
	return labels
}
