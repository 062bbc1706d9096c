package engine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kube-control/kube-control/internal/printable"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Grace is how many update-status hooks a replaced credential stays accepted: workers have read the new one by then.
const Grace = 2

// rotate marks requests as waiting for new tokens, or ends the time in which the old ones are still accepted.
func (r *run) rotate(ev Rotate) error {
	if !r.view.Leader {
		return fmt.Errorf("cannot rotate credentials: %w", ErrNotLeader)
	}
	if ev.Finish {
		r.closeReplaced(ev.Endpoint, func(*Replaced) bool { return true })
		return nil
	}
	found := false
	for _, rel := range r.view.RelationsOf(ev.Endpoint) {
		for _, u := range rel.Members {
			record := r.state.Seen[rel.ID][u]
			if (ev.Unit == "" || u == ev.Unit) && record.User != "" && r.published(rel.ID, record.User, u) {
				record.Rotate, found = true, true
				r.record(rel.ID, u, record)
			}
		}
	}
	if !found && ev.Unit != "" {
		return fmt.Errorf("cannot rotate the credentials of %s: it has none on %s", printable.Quoted(string(ev.Unit)), ev.Endpoint)
	}
	return nil
}

// renew gives the credential of a rotated request its new generation and remembers the one that it replaces. Signing
// with the old tokens is not a rotation, and the request still waits.
func (r *run) renew(rel kubecontrol.RelationID, user string, c kubecontrol.Credential) kubecontrol.Credential {
	old, endpoint, counted := r.creds[rel][user], rel.Endpoint(), c.Generation
	c.Generation = max(old.Generation, counted)
	record := r.state.Seen[rel][c.Scope]
	switch {
	case !record.Rotate || record.User != user:
	case r.sameTokens(old, c, user, endpoint):
		r.note(Warning, "%s is to have new tokens, and was signed with the old ones", c.Scope)
	default:
		c.Generation = max(old.Generation+1, counted)
		record.Rotate = false
		r.record(rel, c.Scope, record)
		if !r.policy.KeepsLedger {
			r.state.Replaced[endpoint] = newest(append(r.state.Replaced[endpoint], Replaced{
				Closed: Closed{User: user, Scope: c.Scope, Generation: old.Generation}, Left: Grace,
			}))
		}
	}
	return c
}

// sameTokens reports whether a credential has the tokens that its user has on the wire, or in the secret.
func (r *run) sameTokens(old, c kubecontrol.Credential, user, endpoint string) bool {
	if own := r.view.Secrets.Own[kubecontrol.CredsLabel(user)]; old.SecretID != "" && own != nil {
		return maps.Equal(own.Content, c.Content(endpoint))
	}
	return old.Kubelet == c.Kubelet && old.Proxy == c.Proxy && old.Client == c.Client
}

// expireReplaced counts the update-status hooks of replaced credentials, and closes those whose time is over.
func (r *run) expireReplaced() {
	if r.hook.Kind != UpdateStatus || r.hook.Again {
		return
	}
	for endpoint := range r.state.Replaced {
		r.closeReplaced(endpoint, func(old *Replaced) bool { old.Left--; return old.Left <= 0 })
	}
}

// closeReplaced closes those replaced credentials of an endpoint whose time is over.
func (r *run) closeReplaced(endpoint string, over func(*Replaced) bool) {
	var left []Replaced
	for _, old := range r.state.Replaced[endpoint] {
		if over(&old) {
			r.state.Closed[endpoint] = newest(append(r.state.Closed[endpoint], old.Closed))
		} else {
			left = append(left, old)
		}
	}
	r.state.Replaced[endpoint] = left
}

// revokeUnit takes a unit's credentials from the wire at once, and refuses the request that it has now from then on.
func (r *run) revokeUnit(ev Revoke) error {
	if !r.view.Leader {
		return fmt.Errorf("cannot revoke credentials: %w", ErrNotLeader)
	}
	if ev.Undo {
		return r.undoRevoke(ev)
	}
	found := false
	for _, rel := range r.view.RelationsOf(ev.Endpoint) {
		if !rel.has(ev.Unit) {
			continue
		}
		found = true
		entries, taken := maps.Clone(r.creds[rel.ID]), kubecontrol.Creds{}
		maps.DeleteFunc(entries, func(user string, c kubecontrol.Credential) bool {
			if c.Scope == ev.Unit {
				taken[user] = c
			}
			return c.Scope == ev.Unit
		})
		if entries == nil {
			entries = kubecontrol.Creds{}
		}
		record := r.state.Seen[rel.ID][ev.Unit]
		if record.User != "" {
			record.Revoked = record.mark()
		}
		r.record(rel.ID, ev.Unit, record.withSigned(record.Signed))
		r.abandon(taken)
		r.close(ev.Endpoint, taken)
		r.publish(rel.ID, entries, "revoked")
	}
	if !found {
		return fmt.Errorf("cannot revoke the credentials of %s: no such unit is joined on %s", printable.Quoted(string(ev.Unit)), ev.Endpoint)
	}
	return nil
}

// undoRevoke lets a unit's revoked request be signed again.
func (r *run) undoRevoke(ev Revoke) error {
	found := false
	for _, rel := range r.view.RelationsOf(ev.Endpoint) {
		if record := r.state.Seen[rel.ID][ev.Unit]; rel.has(ev.Unit) && record.Revoked != "" {
			record.Revoked, found = "", true
			r.record(rel.ID, ev.Unit, record)
		}
	}
	if !found {
		return fmt.Errorf("cannot undo the revocation of %s: no request of it on %s is revoked", printable.Quoted(string(ev.Unit)), ev.Endpoint)
	}
	return nil
}

// isRevoked reports whether a unit's present request was revoked. Another request is another matter.
func (r Record) isRevoked() bool { return r.Revoked != "" && r.Revoked == r.mark() }

// Rotating lists the units whose requests wait for new tokens, not merely for their signature.
func (f Facts) Rotating(endpoint string) []kubecontrol.Unit {
	var units []kubecontrol.Unit
	for _, q := range f.run.requests(endpoint) {
		if q.Rotate && !slices.Contains(units, q.Unit) {
			units = append(units, q.Unit)
		}
	}
	return units
}
