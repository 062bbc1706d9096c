package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/pkg/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// maxSecretValue is Juju's limit on one value of a secret.
const maxSecretValue = 8 << 10

// Secrets is what a view knows of Juju secrets (schema 1).
type Secrets struct {
	// Supported is false where this Juju has none; Reason says why.
	Supported bool
	Reason    string
	// Own are the secrets of our application that were looked up, by label; nil where there is none of that label.
	Own map[string]*OwnSecret
	// Read are the contents of masters' secrets, by their ID on the wire. One that is denied or gone is not there.
	Read map[string]kubecontrol.SecretContent
}

// OwnSecret is a secret that our application owns.
type OwnSecret struct {
	ID      string                    // without "secret:"
	Content kubecontrol.SecretContent // nil where it was not asked for
	Targets []string                  // who may read it: "unit-kw-0", "application-kw"
}

// SecretRead names a secret that Evaluate must see.
type SecretRead struct {
	ID      string // of a master's secret, as it stands on the wire
	Label   string // of one of our own, if ID is empty
	Content bool   // of our own: its content too
}

// NeedsSecrets lists the secrets that Evaluate must see; v has all that Needs asked for. Secrets cost a tool call each,
// so a leader looks after those of the event's unit in each hook, after 16 in an update-status, and after all when it
// has come to lead, after an upgrade and on refresh.
func NeedsSecrets(st State, ev Event, v View) []SecretRead {
	if !v.Secrets.Supported {
		return nil
	}
	r := newRun(st, ev, v)
	r.adopt()
	r.members()
	r.credentials()
	reads := r.mastersSecrets()
	if r.view.Leader && !r.state.Dying && !r.hook.Again {
		reads = append(reads, r.ownSecrets()...)
	}
	return reads
}

// mastersSecrets are the secrets of masters that a worker reads: its credentials and the CA certificate.
func (r *run) mastersSecrets() []SecretRead {
	ids := flags.Set{}
	for _, e := range r.view.Endpoints {
		if e.Role != kubecontrol.Worker {
			continue
		}
		for _, rel := range r.view.relationsOf(e.Name) {
			for _, c := range r.onWire(rel) {
				if c.SecretID != "" && c.Scope == r.view.Unit {
					ids.Put(c.SecretID, true)
				}
			}
		}
		first, _ := r.first(e.Name, "")
		if id, _ := first.value(kubecontrol.KeyCASecretID); id != "" {
			ids.Put(id, true)
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
		for _, u := range r.attended(rel) {
			record := r.state.Seen[rel.ID][u]
			if record.Secrets && record.User != "" && !r.published(rel.ID, record.User, u) {
				content[kubecontrol.CredsLabel(record.User)] = true
			}
			for user, c := range r.creds[rel.ID] {
				if label := kubecontrol.CredsLabel(user); c.Scope == u && c.SecretID != "" && !content[label] {
					content[label] = false
				}
			}
		}
	}
	switch ev := r.ev.(type) {
	case Sign:
		for label := range r.labelsOf(ev) {
			content[label] = true
		}
	case SetCertificate:
		content[kubecontrol.CALabel] = true
	case Hook:
		if ev.SecretLabel != "" {
			content[ev.SecretLabel] = true
		}
	}
	if _, asked := content[kubecontrol.CALabel]; !asked && r.attendsCertificate() {
		content[kubecontrol.CALabel] = true
	}
	var reads []SecretRead
	for _, label := range slices.Sorted(maps.Keys(content)) {
		reads = append(reads, SecretRead{Label: label, Content: content[label]})
	}
	return reads
}

// attended are the units of a relation whose secrets this run looks after.
func (r *run) attended(rel Relation) []kubecontrol.Unit {
	switch {
	case r.all():
		return rel.Members
	case r.hook.Kind == UpdateStatus:
		var reads []Read
		for _, u := range rel.Members {
			reads = append(reads, Read{Unit: u})
		}
		var units []kubecontrol.Unit
		for _, read := range window(reads, r.hook.Turn) {
			units = append(units, read.Unit)
		}
		return units
	case rel.ID == r.hook.Relation && rel.has(r.hook.Unit):
		return []kubecontrol.Unit{r.hook.Unit}
	}
	return nil
}

// all reports whether this run looks after everything, whatever it costs.
func (r *run) all() bool {
	_, refresh := r.ev.(Refresh)
	return refresh || r.hook.Kind == UpgradeCharm || r.hook.Kind == LeaderElected
}

// attendsCertificate reports whether this run looks after the CA certificate: its grants, or whether there is one.
func (r *run) attendsCertificate() bool {
	if r.all() {
		return len(r.masters()) > 0
	}
	arrives := r.hook.Kind == Created || r.hook.Kind == Joined || r.hook.Kind == UpdateStatus
	return arrives && len(r.state.Certificates) > 0
}

// labelsOf are the labels of the secrets that a Sign command fills.
func (r *run) labelsOf(ev Sign) flags.Set {
	labels := flags.Set{}
	for _, sig := range ev.Signatures {
		joined := r.joined(ev, sig.Scope)
		user, err := r.userOf(sig, joined)
		if err == nil && slices.ContainsFunc(joined, func(rel kubecontrol.RelationID) bool { return r.state.Seen[rel][sig.Scope].Secrets }) {
			labels.Put(kubecontrol.CredsLabel(user), true)
		}
	}
	return labels
}

// inSecret puts a credential for a unit that reads secrets into one: the entry for the wire, false while the secret is
// yet to be made.
func (r *run) inSecret(rel kubecontrol.RelationID, user string, c kubecontrol.Credential) (kubecontrol.Credential, bool) {
	if !r.view.Secrets.Supported || !r.state.Seen[rel][c.Scope].Secrets {
		return c, true
	}
	label, content := kubecontrol.CredsLabel(user), c.Content(rel.Endpoint())
	own := r.view.Secrets.Own[label]
	if own == nil {
		if r.state.Dying { // Juju makes no secret for an owner that is not alive
			return c, false
		}
		if !slices.ContainsFunc(r.added, func(a AddSecret) bool { return a.Label == label }) {
			r.added = append(r.added, AddSecret{Label: label, Description: "Credentials for " + user, Content: content})
		}
		return c, false
	}
	if !maps.Equal(own.Content, content) {
		r.secrets = append(r.secrets, SetSecret{ID: own.ID, Label: label, Content: content})
	}
	r.grant(own, rel, c.Scope)
	return c.InSecret(r.secretID(rel, user, own.ID)), true
}

// secretID is how a secret's ID is written: as it stands on the wire if it is there, for both forms say the same.
func (r *run) secretID(rel kubecontrol.RelationID, user, id string) string {
	if old := r.creds[rel][user].SecretID; kubecontrol.BareSecretID(old) == id {
		return old
	}
	return "secret:" + id
}

// grant lets a unit, or with an empty one the remote application, read a secret of ours.
func (r *run) grant(own *OwnSecret, rel kubecontrol.RelationID, u kubecontrol.Unit) {
	d := GrantSecret{ID: own.ID, Relation: rel, Unit: u, Target: unitTarget(u)}
	if u == "" {
		d.Target = "application-" + r.remoteApp(rel)
	}
	granted := slices.Contains(own.Targets, d.Target)
	if !granted && !slices.Contains(r.secrets, Decision(d)) {
		r.secrets = append(r.secrets, d)
	}
}

func unitTarget(u kubecontrol.Unit) string {
	i := strings.LastIndexByte(string(u), '/')
	if i < 0 {
		return ""
	}
	return "unit-" + string(u[:i]) + "-" + string(u[i+1:])
}

// lookAfter serves the secrets that this run looked up: a request whose secret is there already is published again,
// whoever made it; a grant that is missing is given; an entry whose secret is gone is dropped, and so asked for anew.
func (r *run) lookAfter() {
	if !r.view.Leader || r.state.Dying || r.hook.Again {
		return
	}
	for _, rel := range r.masters() {
		entries := maps.Clone(r.creds[rel.ID])
		if entries == nil {
			entries = kubecontrol.Creds{}
		}
		for _, u := range r.attended(rel) {
			r.again(rel, u, entries)
			for user, c := range entries {
				own, looked := r.view.Secrets.Own[kubecontrol.CredsLabel(user)]
				switch {
				case c.Scope != u || c.SecretID == "" || !looked:
				case own == nil || own.ID != kubecontrol.BareSecretID(c.SecretID):
					delete(entries, user)
				default:
					r.grant(own, rel.ID, u)
				}
			}
		}
		r.publish(rel.ID, entries, "as the secrets are")
	}
}

// again publishes the entry of a request whose secret is there: a new leader's, or after creds were cleared.
func (r *run) again(rel Relation, u kubecontrol.Unit, entries kubecontrol.Creds) {
	record := r.state.Seen[rel.ID][u]
	own := r.view.Secrets.Own[kubecontrol.CredsLabel(record.User)]
	_, published := entries[record.User]
	if !record.Secrets || record.User == "" || own == nil || published || r.holders()[kubecontrol.NormalUser(record.User)] != u {
		return
	}
	c := kubecontrol.Credential{Scope: u}
	if own.isFor(u) && c.With(own.Content).Complete() {
		entries[record.User] = c.InSecret("secret:" + own.ID)
		r.grant(own, rel.ID, u)
	}
}

// isFor reports whether a secret was made for a unit: it says so itself, or, as one of ops-interface-kube-control, is
// granted to no other unit.
func (own *OwnSecret) isFor(u kubecontrol.Unit) bool {
	if scope := own.Content[kubecontrol.SecretScope].Reveal(); scope != "" {
		return scope == string(u)
	}
	return !slices.ContainsFunc(own.Targets, func(target string) bool { return target != unitTarget(u) })
}

// dropSecrets removes the secrets of entries that leave the wire because their unit has left.
func (r *run) dropSecrets(dropped kubecontrol.Creds) {
	for _, user := range dropped.Users() {
		if id := dropped[user].SecretID; id != "" && r.view.Secrets.Supported {
			r.secrets = append(r.secrets, RemoveSecret{ID: kubecontrol.BareSecretID(id)})
		}
	}
}

// prune removes an obsolete revision of a secret of ours, when Juju says in a secret-remove hook that nobody holds it.
func (r *run) prune() {
	own := r.view.Secrets.Own[r.hook.SecretLabel]
	if r.hook.Kind != SecretRemove || own == nil || own.ID != kubecontrol.BareSecretID(r.hook.SecretID) || r.hook.Again {
		return
	}
	if _, ours := r.view.endpoint(own.Content[kubecontrol.SecretEndpoint].Reveal()); ours && r.hook.SecretRevision > 0 {
		r.secrets = append(r.secrets, RemoveSecret{ID: own.ID, Revision: r.hook.SecretRevision})
	}
}

// setCertificate puts the CA certificate into its secret.
func (r *run) setCertificate(ev SetCertificate) error {
	switch {
	case !r.view.Leader:
		return ErrNotLeader
	case !r.view.Secrets.Supported:
		return fmt.Errorf("cannot publish a CA certificate: %s", r.view.Secrets.Reason)
	case r.state.Dying:
		return errors.New("cannot publish a CA certificate: this unit is being removed")
	case ev.Certificate == "":
		return Usagef("the certificate is empty")
	case len(ev.Certificate) > maxSecretValue:
		return Usagef("the certificate is longer than %d bytes, which is as much as a Juju secret holds", maxSecretValue)
	}
	content := kubecontrol.SecretContent{
		kubecontrol.SecretCertificate: kubecontrol.NewToken(ev.Certificate),
		kubecontrol.SecretEndpoint:    kubecontrol.NewToken(ev.Endpoint),
	}
	own := r.view.Secrets.Own[kubecontrol.CALabel]
	if own == nil {
		r.added = append(r.added, AddSecret{Label: kubecontrol.CALabel, Description: "CA certificate", Content: content})
		return nil
	}
	if !maps.Equal(own.Content, content) {
		r.secrets = append(r.secrets, SetSecret{ID: own.ID, Label: kubecontrol.CALabel, Content: content})
	}
	r.view.Secrets.change(own.ID, func(own *OwnSecret) { own.Content = content })
	return nil
}

// certificate publishes and grants the CA certificate on every relation, whether its secret is new or was there before.
func (r *run) certificate() {
	own, looked := r.view.Secrets.Own[kubecontrol.CALabel]
	for _, e := range r.view.Endpoints {
		if e.Role != kubecontrol.Master {
			continue
		}
		if looked && r.view.Leader {
			if delete(r.state.Certificates, e.Name); own != nil && own.Content[kubecontrol.SecretEndpoint].Reveal() == e.Name {
				r.state.Certificates[e.Name] = own.ID
			}
		}
		id, known := r.state.Certificates[e.Name]
		for _, rel := range r.view.relationsOf(e.Name) {
			if !r.view.Leader || !known {
				continue
			}
			if kubecontrol.BareSecretID(r.bags[rel.ID][kubecontrol.KeyCASecretID]) != id {
				r.put(rel.ID, kubecontrol.KeyCASecretID, "secret:"+id, "CA certificate")
			}
			if own != nil && own.ID == id && len(rel.Members) > 0 {
				r.grant(own, rel.ID, "")
			}
		}
	}
}

// caCertificate is the CA certificate that the masters of a relation give, nil if there is none to be read.
func (r *run) caCertificate(rel Relation) *string {
	id, _ := rel.value(kubecontrol.KeyCASecretID)
	token, ok := r.view.Secrets.Read[id][kubecontrol.SecretCertificate]
	if id == "" || !ok || token.IsEmpty() {
		return nil
	}
	text := token.Reveal()
	return &text
}

func (r *run) remoteApp(id kubecontrol.RelationID) string {
	for _, rel := range r.view.Relations {
		if rel.ID == id && len(rel.Members) > 0 {
			return rel.Members[0].App()
		}
	}
	return ""
}
