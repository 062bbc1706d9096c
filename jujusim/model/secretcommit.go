package model

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// commitSecrets applies one kind of change after the other. Of each kind it tries all, and stops behind the first kind
// of which it had to refuse one.
func (m *Model) commitSecrets(unit string, c agent.SecretChanges) error {
	if c.Empty() {
		return nil
	}
	m.secretChanges++
	kinds := []func() error{
		func() error {
			return each("creating secrets", c.Create, func(s agent.SecretCreate) error { return m.createSecret(unit, s) })
		},
		func() error {
			return each("updating secrets", c.Update, func(s agent.SecretChange) error { return m.updateSecret(unit, s) })
		},
		func() error {
			return each("tracking latest secrets", c.TrackLatest, func(id string) error { return m.trackLatest(unit, id) })
		},
		func() error {
			return each("granting secrets access", c.Grant, func(g agent.SecretGrant) error { return m.grantSecret(unit, g) })
		},
		func() error {
			return each("revoking secrets access", c.Revoke, func(r agent.SecretRevoke) error { return m.revokeSecret(unit, r) })
		},
		func() error {
			return each("removing secrets", c.Delete, func(d agent.SecretDelete) error { return m.deleteSecret(unit, d) })
		},
	}
	for _, apply := range kinds {
		if err := apply(); err != nil {
			return err
		}
	}
	return nil
}

// each tries all changes of one kind and puts their errors on lines of their own.
func each[T any](doing string, changes []T, apply func(T) error) error {
	var errs []error
	for _, c := range changes {
		if err := apply(c); err != nil {
			errs = append(errs, err)
		}
	}
	if errs == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, errors.Join(errs...))
}

func (m *Model) createSecret(unit string, c agent.SecretCreate) error {
	if err := m.manages(unit, &Secret{Owner: c.Owner}); err != nil {
		return err
	}
	s := &Secret{ID: c.ID, Owner: c.Owner, Rotate: "never"}
	if c.Label != nil {
		if err := m.checkLabel(s.Owner, *c.Label); err != nil {
			return err
		}
	}
	m.Secrets[s.ID] = s
	m.SecretOrder = append(m.SecretOrder, s.ID)
	m.indexSecret(s.Owner, s.ID)
	m.apply(s, c.SecretUpdate)
	return nil
}

func (m *Model) updateSecret(unit string, c agent.SecretChange) error {
	s, err := m.managed(unit, c.ID)
	if err != nil {
		return err
	}
	if c.Label != nil && *c.Label != s.Label {
		if err := m.checkLabel(s.Owner, *c.Label); err != nil {
			return err
		}
	}
	m.apply(s, c.SecretUpdate)
	return nil
}

// managed finds a secret that the unit may change.
func (m *Model) managed(unit, id string) (*Secret, error) {
	s := m.Secrets[id]
	if s == nil {
		return nil, fmt.Errorf("secret %q not found", "secret:"+id)
	}
	return s, m.manages(unit, s)
}

// checkLabel refuses a label that another secret of the owner has. An application and its units share their labels.
func (m *Model) checkLabel(owner, label string) error {
	for _, s := range m.Secrets {
		if s.Label == label && AppOf(s.Owner) == AppOf(owner) && (s.Owner == owner || !isUnit(s.Owner) || !isUnit(owner)) {
			return fmt.Errorf("secret label %q for %s already exists", label, ownerWords(owner))
		}
	}
	return nil
}

func isUnit(name string) bool { return strings.Contains(name, "/") }

func ownerWords(owner string) string { return fmt.Sprintf("owner %q", agent.SubjectTag(owner)) }

// apply changes what the update gives. New content is a new revision, which all consumers hear of.
func (m *Model) apply(s *Secret, u agent.SecretUpdate) {
	if u.Label != nil {
		s.Label = *u.Label
	}
	if u.Description != nil {
		s.Description = *u.Description
	}
	if u.Rotate != nil && *u.Rotate != s.Rotate {
		s.Rotate = *u.Rotate
		s.NextRotate = nextRotation(s.Rotate, m.Now())
	}
	if len(u.Content) > 0 {
		s.Latest++
		s.Revisions = append(s.Revisions, &Revision{Number: s.Latest, Content: u.Content, Created: m.Clock})
		for unit := range s.Consumers {
			m.wake(AppOf(unit))
		}
	}
	if latest := s.revision(s.Latest); u.Expire != nil && latest != nil {
		latest.Expire, latest.RetryExpired = u.Expire.Unix(), 0
	}
	m.wake(AppOf(s.Owner))
}

// nextRotation is when a secret of that policy is to be rotated next, 0 for never.
func nextRotation(policy string, from time.Time) int64 {
	switch policy {
	case "hourly":
		return from.Add(time.Hour).Unix()
	case "daily":
		return from.AddDate(0, 0, 1).Unix()
	case "weekly":
		return from.AddDate(0, 0, 7).Unix()
	case "monthly":
		return from.AddDate(0, 1, 0).Unix()
	case "quarterly":
		return from.AddDate(0, 3, 0).Unix()
	case "yearly":
		return from.AddDate(1, 0, 0).Unix()
	}
	return 0
}

func (m *Model) trackLatest(unit, id string) error {
	s := m.Secrets[id]
	if s == nil {
		return fmt.Errorf("secret %q not found", "secret:"+id)
	}
	if c := s.Consumers[unit]; c != nil {
		c.Announced = s.Latest
		if c.Tracked > 0 {
			m.track(s, c)
		}
	}
	return nil
}

// grantSecret needs a living relation and a living application or unit.
func (m *Model) grantSecret(unit string, g agent.SecretGrant) error {
	s, err := m.managed(unit, g.ID)
	if err != nil {
		return err
	}
	g.Subject = m.plain(g.Subject)
	r := m.Relations[g.Relation]
	if r == nil {
		return fmt.Errorf("invalid scope reference: relation %d not found", g.Relation)
	}
	if r.Dying {
		return fmt.Errorf("cannot grant access to secret in scope of %q which is not alive", agent.RelationTag(r.Key))
	}
	app, u := m.Apps[AppOf(g.Subject)], m.Units[g.Subject]
	switch {
	case app == nil:
		return fmt.Errorf("invalid subject reference: application %q not found", AppOf(g.Subject))
	case isUnit(g.Subject) && u == nil:
		return fmt.Errorf("invalid subject reference: unit %q not found", g.Subject)
	case app.Dying || u != nil && u.Dying:
		return fmt.Errorf("cannot grant dying %q access to secret", agent.SubjectTag(g.Subject))
	}
	for _, known := range s.Grants {
		if known.Subject == g.Subject && known.Relation != g.Relation {
			return errors.New("cannot change secret permission scope")
		}
	}
	grant := Grant{Subject: g.Subject, Relation: g.Relation}
	if !slices.Contains(s.Grants, grant) {
		s.Grants = append(s.Grants, grant)
	}
	return nil
}

func (m *Model) revokeSecret(unit string, r agent.SecretRevoke) error {
	s, err := m.managed(unit, r.ID)
	if err != nil {
		return err
	}
	subject := m.plain(r.Subject)
	s.Grants = slices.DeleteFunc(s.Grants, func(g Grant) bool { return g.Subject == subject })
	return nil
}

// deleteSecret removes a revision, and the secret with its last one. A secret that the same hook has added and removed
// never was there.
func (m *Model) deleteSecret(unit string, d agent.SecretDelete) error {
	if m.Secrets[d.ID] == nil {
		return nil
	}
	s, err := m.managed(unit, d.ID)
	if err != nil {
		return err
	}
	if d.Revision == 0 && m.Major() < 4 {
		m.removeAgain(s)
	}
	s.Revisions = slices.DeleteFunc(s.Revisions, func(r *Revision) bool { return d.Revision == 0 || r.Number == d.Revision })
	if len(s.Revisions) == 0 {
		m.dropSecret(s)
	}
	return nil
}

// removeAgain plans secret-remove once more for each revision of a secret that is removed and for which it has run.
func (m *Model) removeAgain(s *Secret) {
	for _, r := range s.Revisions {
		if r.Obsolete {
			m.announceRemoved(s.Owner, SecretEvent{Kind: SecretRemove, ID: s.ID, Revision: r.Number})
		}
	}
}

// announceRemoved plans a hook about a secret that is gone, for its owner or a unit that has read it.
func (m *Model) announceRemoved(name string, e SecretEvent) {
	if m.RemovedSecrets == nil {
		m.RemovedSecrets = map[string][]SecretEvent{}
	}
	m.RemovedSecrets[name] = append(m.RemovedSecrets[name], e)
	m.wake(AppOf(name))
}

func (m *Model) dropSecret(s *Secret) {
	delete(m.Secrets, s.ID)
	same := func(id string) bool { return id == s.ID }
	m.SecretOrder = slices.DeleteFunc(m.SecretOrder, same)
	m.secretsOf[s.Owner] = slices.DeleteFunc(m.secretsOf[s.Owner], same)
	for unit, c := range s.Consumers {
		m.secretsOf[unit] = slices.DeleteFunc(m.secretsOf[unit], same)
		if m.Major() >= 4 && c.Announced != s.Latest { // its agent has been told already
			m.announceRemoved(unit, SecretEvent{Kind: SecretChanged, ID: s.ID, Label: c.Label, Revision: s.Latest})
		}
	}
}

// dropGrants ends what was granted for a relation that is gone.
func (m *Model) dropGrants(relation int) {
	for _, s := range m.Secrets {
		s.Grants = slices.DeleteFunc(s.Grants, func(g Grant) bool { return g.Relation == relation })
	}
}

// forgetSecretsOf drops the secrets that a unit or application which is gone has owned, and what it has read.
func (m *Model) forgetSecretsOf(name string) {
	m.secretChanges++
	for _, id := range slices.Clone(m.secretsOf[name]) {
		s := m.Secrets[id]
		if s.Owner == name {
			m.dropSecret(s)
			continue
		}
		delete(s.Consumers, name)
		m.wake(AppOf(s.Owner))
	}
	delete(m.secretsOf, name)
	delete(m.RemovedSecrets, name)
}
