package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Secrets is what a view knows of Juju secrets (schema 1).
type Secrets struct {
	// Supported is false where this Juju has none; Reason says why.
	Supported bool
	Reason    string
	MaxValue  int // how many bytes this Juju keeps under one key of a secret
	// Own are the secrets of our application that were looked up, by label; nil where there is none of that label.
	Own map[string]*OwnSecret
	// Removed are the labels of those that this process has removed. Juju makes no other of that label in the same hook.
	Removed map[string]bool
	// Read are the contents of masters' secrets, by their ID on the wire; nil for one that is denied or gone.
	Read map[string]kubecontrol.SecretContent
}

// OwnSecret is a secret that our application owns.
type OwnSecret struct {
	ID      string                    // without "secret:"
	Content kubecontrol.SecretContent // nil where it was not asked for
	Targets []string                  // its readers: "unit-kw-0", "application-kw"
}

// inSecret puts a credential for a unit that reads secrets into one: the entry for the wire, false while the secret is
// yet to be made.
func (r *run) inSecret(rel kubecontrol.RelationID, user string, c kubecontrol.Credential) (kubecontrol.Credential, bool) {
	if !r.view.Secrets.Supported || !r.state.Seen[rel][c.Scope].Secrets {
		return c, true
	}
	label, content := kubecontrol.CredsLabel(user), c.Content(rel.Endpoint())
	own := r.view.Secrets.Own[label]
	if reason := r.noGrant(own, rel, c.Scope); reason != "" {
		r.note(Warning, "%s is not signed in this hook: %s", c.Scope, reason)
		return c, false
	}
	if own == nil && r.state.Dying { // Juju makes no secret for an owner that is not alive
		r.note(Warning, "%s is not signed: this unit is being removed and can make no secret", c.Scope)
		return c, false
	}
	if own == nil && r.view.Secrets.Removed[label] {
		r.note(Info, "%s is signed in a later hook: the secret for that user has just been removed from another unit", c.Scope)
		return c, false
	}
	r.filled[label] = AddSecret{Label: label, Description: "Credentials for " + user, Content: content}
	if own == nil {
		return c, false
	}
	r.grant(own, rel, c.Scope)
	return c.InSecret(r.secretID(rel, user, own.ID)), true
}

// fill makes the secrets that a Sign command fills, or gives them their content.
func (r *run) fill() {
	for _, label := range slices.Sorted(maps.Keys(r.filled)) {
		if own := r.view.Secrets.Own[label]; own != nil {
			r.revise(own, label, r.filled[label].Content)
		} else {
			r.added = append(r.added, r.filled[label])
		}
	}
}

// revise gives a secret of ours other content. The new content differs from every earlier one by a count: Juju drops a
// change within a hook that only undoes another of the same hook.
func (r *run) revise(own *OwnSecret, label string, content kubecontrol.SecretContent) {
	if own.Content.Same(content) {
		return
	}
	content = own.Content.Next(content)
	r.secrets = append(r.secrets, SetSecret{ID: own.ID, Label: label, Content: content})
	r.view.Secrets.change(own.ID, func(own *OwnSecret) { own.Content = content })
}

// secretStep is a decision's place among those about secrets.
func secretStep(d Decision) int {
	switch d.(type) {
	case SetSecret:
		return 0
	case GrantSecret:
		return 1
	case RevokeSecret:
		return 2
	}
	return 3
}

// secretID is how a secret's ID is written: as it stands on the wire if it is there, for both forms say the same.
func (r *run) secretID(rel kubecontrol.RelationID, user, id string) string {
	if old := r.creds[rel][user].SecretID; kubecontrol.BareSecretID(old) == id {
		return old
	}
	return "secret:" + id
}

// grant lets a unit, or with an empty one the remote application, read a secret of ours. One grant is enough for a
// reader with several relations, and all that Juju allows.
func (r *run) grant(own *OwnSecret, rel kubecontrol.RelationID, u kubecontrol.Unit) {
	target := r.target(rel, u)
	decided := slices.ContainsFunc(r.secrets, func(d Decision) bool {
		g, ok := d.(GrantSecret)
		return ok && g.ID == own.ID && g.Target == target
	})
	if !decided && !slices.Contains(own.Targets, target) && r.noGrant(own, rel, u) == "" {
		r.secrets = append(r.secrets, GrantSecret{ID: own.ID, Relation: rel, Unit: u, Target: target})
	}
	if u != "" {
		r.revoke(own, target)
	}
}

// revoke takes credentials from all joined units but the one with that tag: a former leader's secret for a user may have
// been another unit's.
func (r *run) revoke(own *OwnSecret, target string) {
	if len(own.Targets) == 0 || slices.Equal(own.Targets, []string{target}) {
		return
	}
	for _, rel := range r.masters() {
		for _, u := range rel.Members {
			d := RevokeSecret{ID: own.ID, Unit: u, Target: unitTarget(u)}
			if d.Target != target && slices.Contains(own.Targets, d.Target) && !slices.Contains(r.secrets, Decision(d)) {
				r.secrets = append(r.secrets, d)
			}
		}
	}
}

func unitTarget(u kubecontrol.Unit) string {
	i := strings.LastIndexByte(string(u), '/')
	if i < 0 {
		return ""
	}
	return "unit-" + string(u[:i]) + "-" + string(u[i+1:])
}

// maintainAllSecrets serves the secrets that this run looked up: a request whose secret is there already is published again,
// by any program; credentials in clear move into a secret once the unit reads one; a grant that is missing is given; an
// entry whose secret is gone is dropped, and so asked for again.
func (r *run) maintainAllSecrets() {
	if !r.view.Leader || r.state.Dying || r.hook.Again {
		return
	}
	holders := r.requestFacts().holders
	for _, rel := range r.masters() {
		r.maintainSecrets(rel, holders)
	}
	r.fill()
}

func (r *run) maintainSecrets(rel Relation, holders map[string]kubecontrol.Unit) {
	entries, attended := kubecontrol.Creds{}, r.attended(rel)
	for user, c := range r.creds[rel.ID] {
		own, looked := r.view.Secrets.Own[kubecontrol.CredsLabel(user)]
		gone := attended[c.Scope] && c.SecretID != "" && looked && !own.is(c.SecretID)
		if !gone {
			entries[user] = c
		}
	}
	for _, u := range rel.Members {
		record := r.state.Seen[rel.ID][u]
		switch {
		case attended[u] && record.isRevoked():
			r.abandonOrphan(u, record.User)
		case attended[u] && holders[kubecontrol.NormalUser(record.User)] == u:
			r.republish(rel, u, entries)
			r.moveIntoSecret(rel, u, entries)
		}
	}
	for _, user := range entries.Users() {
		c := entries[user]
		if own := r.view.Secrets.Own[kubecontrol.CredsLabel(user)]; attended[c.Scope] && own.is(c.SecretID) {
			r.grant(own, rel.ID, c.Scope)
		}
	}
	r.publish(rel.ID, entries, "as the secrets are")
}

// is reports whether a secret is there and has an ID, as it stands on the wire.
func (own *OwnSecret) is(id string) bool { return own != nil && own.ID == kubecontrol.BareSecretID(id) }

// moveIntoSecret moves the credentials that this unit has signed in clear into a secret, the same tokens: the model was upgraded
// to a Juju that has secrets, or the worker has come to read them. Those of another charm stay as they are.
func (r *run) moveIntoSecret(rel Relation, u kubecontrol.Unit, entries kubecontrol.Creds) {
	user := r.state.Seen[rel.ID][u].User
	if !r.inClear(rel.ID, u, entries) {
		return
	}
	if entry, made := r.inSecret(rel.ID, user, entries[user]); made {
		entries[user] = entry
	}
}

// inClear reports whether a unit that reads secrets has credentials in clear that were signed here.
func (r *run) inClear(rel kubecontrol.RelationID, u kubecontrol.Unit, entries kubecontrol.Creds) bool {
	record := r.state.Seen[rel][u]
	c := entries[record.User]
	return record.Secrets && record.Signed != "" && c.Scope == u && c.SecretID == "" && c.Complete()
}

// republish publishes the entry of a request whose secret is there: a new leader's, or after creds were cleared.
func (r *run) republish(rel Relation, u kubecontrol.Unit, entries kubecontrol.Creds) {
	record := r.state.Seen[rel.ID][u]
	own := r.view.Secrets.Own[kubecontrol.CredsLabel(record.User)]
	if _, published := entries[record.User]; published || !record.Secrets || own == nil || !own.isFor(u) {
		return
	}
	c := kubecontrol.Credential{Scope: u}
	if !c.With(own.Content).Complete() || r.noGrant(own, rel.ID, u) != "" {
		return
	}
	entries[record.User] = c.InSecret("secret:" + own.ID)
	if record.Signed == "" {
		r.record(rel.ID, u, record.withSigned(record.mark()))
	}
}

// isFor reports whether a secret was made for a unit: it says so itself, or, as one of ops-interface-kube-control, is
// granted to that unit alone.
func (own *OwnSecret) isFor(u kubecontrol.Unit) bool {
	if scope := own.Content[kubecontrol.SecretScope].Reveal(); scope != "" {
		return scope == string(u)
	}
	return slices.Equal(own.Targets, []string{unitTarget(u)})
}

// IsGrantedTo reports whether a unit may read the secret.
func (own *OwnSecret) IsGrantedTo(u kubecontrol.Unit) bool {
	return slices.Contains(own.Targets, unitTarget(u))
}

// endpoint is the master's endpoint that a secret was made for.
func (own *OwnSecret) endpoint() string { return own.Content[kubecontrol.SecretEndpoint].Reveal() }

// abandon notes the secrets of entries that leave the wire for good.
func (r *run) abandon(dropped kubecontrol.Creds) {
	for user, c := range dropped {
		if c.SecretID != "" && r.view.Secrets.Supported {
			r.abandoned[kubecontrol.CredsLabel(user)] = kubecontrol.BareSecretID(c.SecretID)
		}
	}
}

// abandonOrphan abandons a unit's secret that no entry names: a revocation had to leave it, or the unit has left unseen.
func (r *run) abandonOrphan(u kubecontrol.Unit, user string) {
	label := kubecontrol.CredsLabel(user)
	_, gone := r.ev.(RemoveOrphanSecrets)
	if own := r.view.Secrets.Own[label]; own != nil && (gone || len(own.Targets) > 0) && own.isFor(u) {
		r.abandoned[label] = own.ID
	}
}

// removeAbandoned removes the abandoned secrets that no entry on any relation names any more, and that are still there.
// A revoked one without readers may have been made in this hook, and Juju refuses to make and remove a secret in one hook:
// a later hook removes it.
func (r *run) removeAbandoned() {
	_, revoked := r.ev.(Revoke)
	named := flags.Set{}
	for _, creds := range r.creds {
		for _, c := range creds {
			named.Put(kubecontrol.BareSecretID(c.SecretID), true)
		}
	}
	for _, label := range slices.Sorted(maps.Keys(r.abandoned)) {
		id := r.abandoned[label]
		own, looked := r.view.Secrets.Own[label]
		there := !looked || own != nil && own.ID == id
		if there && !named.Has(id) && (!revoked || !looked || len(own.Targets) > 0) {
			r.secrets = append(r.secrets, RemoveSecret{ID: id})
		}
	}
}

// removeObsolete removes an obsolete revision of a secret of ours, when Juju says in a secret-remove hook that it has no reader.
// Juju may say so twice, and would refuse to remove it again.
func (r *run) removeObsolete() {
	own := r.view.Secrets.Own[r.hook.SecretLabel]
	if r.hook.Kind != SecretRemove || r.hook.Again || !r.view.Leader || r.hook.SecretRevision <= 0 || own == nil ||
		own.ID != kubecontrol.BareSecretID(r.hook.SecretID) || !r.isMaster(own.endpoint()) {
		return
	}
	revision := fmt.Sprintf("%s/%d", own.ID, r.hook.SecretRevision)
	if slices.Contains(r.state.Pruned, revision) {
		return
	}
	r.state.Pruned = append(r.state.Pruned, revision)
	r.state.Pruned = r.state.Pruned[max(0, len(r.state.Pruned)-mostPruned):]
	r.secrets = append(r.secrets, RemoveSecret{ID: own.ID, Revision: r.hook.SecretRevision})
}

// mostPruned is how many removed revisions are remembered.
const mostPruned = 64

func (r *run) isMaster(endpoint string) bool {
	e, ok := r.view.FindEndpoint(endpoint)
	return ok && e.Role == kubecontrol.Master
}
