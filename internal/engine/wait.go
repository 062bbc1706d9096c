package engine

import (
	"slices"

	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// WaitCause is why a worker has no credentials.
type WaitCause string

// The causes of waits.
const (
	WaitNoRequest        WaitCause = "no-request"        // this unit asks for none
	WaitUnsigned         WaitCause = "unsigned"          // no master has an entry for the user
	WaitBadBag           WaitCause = "bad-bag"           // the same, and a master's databag is not used
	WaitBadCreds         WaitCause = "bad-creds"         // the same, and a master's creds cannot be read
	WaitNodeCase         WaitCause = "node-case"         // the entry has another spelling of the same node
	WaitEntryOfOther     WaitCause = "entry-of-other"    // the entry is for another unit
	WaitNoToken          WaitCause = "no-token"          // the entry, or its secret, has no token
	WaitBadSecretID      WaitCause = "bad-value"         // the entry has an invalid secret ID
	WaitNoSecrets        WaitCause = "no-secrets"        // the entry names a secret, and this Juju has none
	WaitSecretUnreadable WaitCause = "secret-unreadable" // the secret is not granted to this unit, or gone
)

// Wait is why a worker's endpoint has no credentials.
type Wait struct {
	Cause    WaitCause
	Relation kubecontrol.RelationID
	User     string                 // the one that this unit asks for; "" if none
	Master   kubecontrol.Unit       // the master of the entry or databag; "" for none
	Entry    kubecontrol.Credential // the entry for the user; zero without one
	// OtherUser is one that this unit is signed for instead; "" for none.
	OtherUser string
	Problem   string // what is wrong with a databag: "is larger than 16384 KiB"
}

// CredentialsWait finds what keeps the flag auth.ready of a worker's endpoint clear; nil if it is set, or no master is joined.
func (f Facts) CredentialsWait(endpoint string) *Wait {
	r := f.run
	if r.state.Flags.Has(flags.Name(endpoint, flags.AuthReady)) {
		return nil
	}
	var idle *Wait
	for _, rel := range r.view.RelationsOf(endpoint) {
		if len(rel.Members) == 0 {
			continue
		}
		if user := r.bags[rel.ID][kubecontrol.KeyKubeletUser]; user != "" {
			w := r.entryWait(rel, user)
			w.Relation, w.User = rel.ID, user
			return &w
		}
		if idle == nil {
			idle = &Wait{Cause: WaitNoRequest, Relation: rel.ID}
		}
	}
	return idle
}

// entryWait is the problem of the entry for the user that this unit asks for on a relation.
func (r *run) entryWait(rel Relation, user string) Wait {
	entry, found := r.onWire(rel)[user]
	if !found {
		return r.noEntry(rel, user)
	}
	w := Wait{Master: r.giver(rel, user, entry), Entry: entry}
	switch {
	case !r.isOurs(entry.Scope):
		w.Cause = WaitEntryOfOther
	case entry.SecretID == "":
		w.Cause = WaitNoToken
	case !kubecontrol.IsSecretID(entry.SecretID):
		w.Cause = WaitBadSecretID
	case !r.view.Secrets.Supported:
		w.Cause = WaitNoSecrets
	case r.view.Secrets.Read[entry.SecretID] == nil:
		w.Cause = WaitSecretUnreadable
	default:
		w.Cause = WaitNoToken
	}
	return w
}

// noEntry is why the masters have no entry for the user.
func (r *run) noEntry(rel Relation, user string) Wait {
	for _, u := range rel.Members {
		if problem := rel.Refused[u]; problem != "" {
			return Wait{Cause: WaitBadBag, Master: u, Problem: problem}
		}
		if _, err := r.view.Creds.Read(rel.Remote[u][kubecontrol.KeyCreds]); err != nil {
			return Wait{Cause: WaitBadCreds, Master: u, Problem: err.Error()}
		}
	}
	w, creds := Wait{Cause: WaitUnsigned}, r.onWire(rel)
	for _, other := range creds.Users() {
		switch {
		case kubecontrol.NormalUser(other) == kubecontrol.NormalUser(user):
			return Wait{Cause: WaitNodeCase, Master: r.giver(rel, other, creds[other]), OtherUser: other}
		case creds[other].Scope == r.view.Unit:
			w.OtherUser = other
		}
	}
	return w
}

// Giver is the master of a worker's relation whose entry counts.
func (f Facts) Giver(rel Relation, user string, entry kubecontrol.Credential) kubecontrol.Unit {
	return f.run.giver(rel, user, entry)
}

func (r *run) giver(rel Relation, user string, entry kubecontrol.Credential) kubecontrol.Unit {
	for _, u := range slices.Backward(rel.Members) {
		creds, _ := r.view.Creds.Read(rel.Remote[u][kubecontrol.KeyCreds])
		if other, ok := creds[user]; ok && other == entry {
			return u
		}
	}
	return rel.Members[0]
}

// Entries are the entries for the user that this unit asks for on a relation, and that are this unit's, by the master that
// publishes them.
func (f Facts) Entries(rel Relation) map[kubecontrol.Unit]kubecontrol.Credential {
	user, entries := f.Asked(rel.ID), map[kubecontrol.Unit]kubecontrol.Credential{}
	for _, u := range rel.Members {
		creds, _ := f.run.view.Creds.Read(rel.Remote[u][kubecontrol.KeyCreds]) // bad entries are noted elsewhere
		if c, ok := creds[user]; ok && f.run.isOurs(c.Scope) {
			entries[u] = c
		}
	}
	return entries
}
