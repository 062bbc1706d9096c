package agent

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// secretRecord is what a hook has read and asked for of secrets. Requests are kept in the order of the first one for
// each secret.
type secretRecord struct {
	ledAtFirst bool         // the unit led when the hook began: only then does its agent know the application's secrets
	owned      []SecretInfo // as committed; read at the first use
	read       bool
	pending    SecretChanges
}

// changes are the requests, with slices of their own.
func (s *secretRecord) changes() SecretChanges {
	p := s.pending
	return SecretChanges{
		Create: copied(p.Create), Update: copied(p.Update), TrackLatest: copied(p.TrackLatest),
		Grant: copied(p.Grant), Revoke: copied(p.Revoke), Delete: copied(p.Delete),
	}
}

// copied is nil for an empty list.
func copied[T any](list []T) []T { return append([]T(nil), list...) }

func (s *secretRecord) created(id string) *SecretCreate {
	i := slices.IndexFunc(s.pending.Create, func(c SecretCreate) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return &s.pending.Create[i]
}

func (s *secretRecord) updated(id string) *SecretChange {
	i := slices.IndexFunc(s.pending.Update, func(c SecretChange) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return &s.pending.Update[i]
}

// undelete takes back the removal of a secret that is changed after all.
func (s *secretRecord) undelete(id string) {
	s.pending.Delete = slices.DeleteFunc(s.pending.Delete, func(d SecretDelete) bool { return d.ID == id })
}

// merge adds to a pending update what a later one gives.
func merge(into *SecretUpdate, u SecretUpdate) {
	if u.Label != nil {
		into.Label = u.Label
	}
	if u.Description != nil {
		into.Description = u.Description
	}
	if u.Rotate != nil {
		into.Rotate = u.Rotate
	}
	if u.Expire != nil {
		into.Expire = u.Expire
	}
	if len(u.Content) > 0 {
		into.Content = u.Content
	}
}

func (h hookTools) Now() time.Time { return h.controller.Now() }

// committed are the secrets that the agent knew of when the hook began.
func (h hookTools) committed() []SecretInfo {
	if !h.secrets.read {
		h.secrets.owned = h.controller.OwnedSecrets(h.info.Unit, h.secrets.ledAtFirst)
		h.secrets.read = true
	}
	return h.secrets.owned
}

// known finds a secret among the committed ones. The error is that of a deposed leader who wants to change it.
func (h hookTools) known(id string) (SecretInfo, bool, error) {
	for _, info := range h.committed() {
		if info.ID == id {
			return info, true, h.mayManage(info)
		}
	}
	return SecretInfo{}, false, nil
}

func (h hookTools) mayManage(info SecretInfo) error {
	if !info.UnitOwned() && !h.IsLeader() {
		return ErrNotLeader
	}
	return nil
}

func (h hookTools) AddSecret(unit bool, u SecretUpdate) (string, error) {
	owner := h.info.Unit
	if !unit {
		owner = h.app()
		if !h.IsLeader() {
			return "", ErrNotLeader
		}
	}
	id := h.controller.ReserveSecret()
	for _, c := range h.secrets.pending.Create {
		if u.Label != nil && c.Label != nil && *c.Label == *u.Label {
			return "", fmt.Errorf("secret with label %q already exists", *u.Label)
		}
	}
	h.secrets.pending.Create = append(h.secrets.pending.Create, SecretCreate{ID: id, Owner: owner, SecretUpdate: u})
	return id, nil
}

// UpdateSecret passes on a change to a secret that the agent does not know: the controller will judge.
func (h hookTools) UpdateSecret(id string, u SecretUpdate) error {
	info, known, err := h.known(id)
	if err != nil {
		return err
	}
	if known && len(u.Content) > 0 && u.Content.Checksum() == info.Checksum {
		u.Content = nil
	}
	if u.Empty() {
		return nil
	}
	s := &h.secrets
	s.undelete(id)
	if c := s.created(id); c != nil {
		merge(&c.SecretUpdate, u)
		return nil
	}
	if c := s.updated(id); c != nil {
		merge(&c.SecretUpdate, u)
		return nil
	}
	s.pending.Update = append(s.pending.Update, SecretChange{ID: id, SecretUpdate: u})
	return nil
}

// RemoveSecret drops all that the hook has asked for of the secret, also when only one revision is to go.
func (h hookTools) RemoveSecret(id string, revision int) error {
	if _, _, err := h.known(id); err != nil {
		return err
	}
	p := &h.secrets.pending
	p.Create = slices.DeleteFunc(p.Create, func(c SecretCreate) bool { return c.ID == id })
	p.Update = slices.DeleteFunc(p.Update, func(c SecretChange) bool { return c.ID == id })
	p.TrackLatest = slices.DeleteFunc(p.TrackLatest, func(tracked string) bool { return tracked == id })
	p.Grant = slices.DeleteFunc(p.Grant, func(g SecretGrant) bool { return g.ID == id })
	p.Revoke = slices.DeleteFunc(p.Revoke, func(r SecretRevoke) bool { return r.ID == id })
	h.secrets.undelete(id)
	p.Delete = append(p.Delete, SecretDelete{ID: id, Revision: revision})
	return nil
}

func (h hookTools) OwnedSecrets() []SecretInfo {
	var all []SecretInfo
	for _, info := range h.committed() {
		if slices.ContainsFunc(h.secrets.pending.Delete, func(d SecretDelete) bool { return d.ID == info.ID }) {
			continue
		}
		if u := h.secrets.updated(info.ID); u != nil {
			info = shown(info, u.SecretUpdate)
		}
		all = append(all, info)
	}
	for _, c := range h.secrets.pending.Create {
		all = append(all, shown(SecretInfo{ID: c.ID, Owner: c.Owner, Revision: 1}, c.SecretUpdate))
	}
	return all
}

// shown is what a hook sees of a secret that it has changed: the properties, but neither revision nor grants.
func shown(info SecretInfo, u SecretUpdate) SecretInfo {
	for _, property := range []struct{ into, from *string }{
		{&info.Label, u.Label}, {&info.Description, u.Description}, {&info.Rotate, u.Rotate},
	} {
		if property.from != nil {
			*property.into = *property.from
		}
	}
	if u.Expire != nil {
		info.Expire = u.Expire
	}
	return info
}

// ReadSecret shows what this hook has added at once, and what it has changed only on request.
func (h hookTools) ReadSecret(r SecretRead) (SecretContent, error) {
	if content := h.pendingContent(r); content != nil {
		return content, nil
	}
	if r.ID == "" {
		for _, info := range h.OwnedSecrets() {
			if info.Label == r.Label {
				r.ID, r.Label = info.ID, ""
				break
			}
		}
	}
	return h.controller.ReadSecret(h.info.Unit, r)
}

// pendingContent finds a secret by its id or its label. A label beside an id becomes the pending one.
func (h hookTools) pendingContent(r SecretRead) SecretContent {
	found := func(id string, label *string) bool {
		return id == r.ID || r.Label != "" && label != nil && *label == r.Label
	}
	p := &h.secrets.pending
	for i, c := range p.Create {
		if found(c.ID, c.Label) {
			if c.ID == r.ID && r.Label != "" {
				p.Create[i].Label = &r.Label
			}
			return c.Content
		}
	}
	if !r.Peek && !r.Refresh {
		return nil
	}
	i := slices.IndexFunc(p.Update, func(u SecretChange) bool { return found(u.ID, u.Label) })
	if i < 0 {
		return nil
	}
	u := p.Update[i]
	if u.ID == r.ID && r.Label != "" {
		p.Update[i].Label = &r.Label
	}
	if r.Refresh && !slices.Contains(p.TrackLatest, u.ID) {
		p.TrackLatest = append(p.TrackLatest, u.ID)
	}
	if len(u.Content) == 0 {
		return nil
	}
	return u.Content
}

// GrantSecret keeps one grant for each secret and relation, the last. It compares with committed grants only.
func (h hookTools) GrantSecret(id string, relation int, unit string) error {
	owned := h.OwnedSecrets()
	i := slices.IndexFunc(owned, func(info SecretInfo) bool { return info.ID == id })
	if i < 0 {
		return fmt.Errorf("secret %q not found", id)
	}
	if err := h.mayManage(owned[i]); err != nil {
		return err
	}
	grant := SecretGrant{ID: id, Relation: relation, Subject: unit}
	for _, r := range h.info.Relations {
		if r.ID != relation {
			continue
		}
		if unit == "" {
			grant.Subject = r.RemoteApp
		}
		done, err := granted(owned[i].Access, RelationTag(r.Key), SubjectTag(grant.Subject))
		if done || err != nil {
			return err
		}
	}
	p := &h.secrets.pending
	p.Grant = slices.DeleteFunc(p.Grant, func(g SecretGrant) bool { return g.ID == id && g.Relation == relation })
	p.Grant = append(p.Grant, grant)
	return nil
}

// granted tells whether committed grants hold this one already, and refuses one to an application above its units.
func granted(access []SecretAccess, scope, subject string) (bool, error) {
	for _, a := range access {
		switch {
		case a.Scope != scope:
		case a.Target == subject || strings.HasPrefix(a.Target, "application-"):
			return true, nil
		case strings.HasPrefix(subject, "application-"):
			return false, errors.New("any unit level grants need to be revoked before granting access to the corresponding application")
		}
	}
	return false, nil
}

// RevokeSecret passes on a request about a secret that the agent does not know: the controller will judge.
func (h hookTools) RevokeSecret(id, subject string) error {
	if _, _, err := h.known(id); err != nil {
		return err
	}
	app, _, _ := strings.Cut(subject, "/")
	p := &h.secrets.pending
	for _, r := range p.Revoke {
		if r.ID == id && (r.Subject == subject || r.Subject == app) {
			return nil
		}
	}
	p.Revoke = append(p.Revoke, SecretRevoke{ID: id, Subject: subject})
	return nil
}

// RelationTag is Juju's tag of a relation with the given key.
func RelationTag(key string) string {
	return "relation-" + strings.NewReplacer(":", ".", " ", "#").Replace(key)
}

// SubjectTag is Juju's tag of an application or a unit.
func SubjectTag(name string) string {
	if strings.Contains(name, "/") {
		return "unit-" + strings.ReplaceAll(name, "/", "-")
	}
	return "application-" + name
}
