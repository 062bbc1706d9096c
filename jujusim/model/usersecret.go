package model

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// userOwner owns the secrets that the model's user has made. No application or unit has this name.
const userOwner = "<model>"

// userGrant is the relation of a grant by the user.
const userGrant = -1

// UserSecret finds a secret of the user by its name or ID, with or without "secret:".
func (m *Model) UserSecret(nameOrID string) (*Secret, error) {
	for _, s := range m.Secrets {
		if s.Owner == userOwner && (s.Label == nameOrID || s.ID == nameOrID || "secret:"+s.ID == nameOrID) {
			return s, nil
		}
	}
	return nil, fmt.Errorf("secret %q not found", nameOrID)
}

// UserSecrets are the user's, in the order of their making.
func (m *Model) UserSecrets() []*Secret {
	var secrets []*Secret
	for _, id := range m.SecretOrder {
		if s := m.Secrets[id]; s.IsUsers() {
			secrets = append(secrets, s)
		}
	}
	return secrets
}

// IsUsers reports whether the user owns the secret.
func (s *Secret) IsUsers() bool { return s.Owner == userOwner }

// AddUserSecret makes a secret of the user.
func (m *Model) AddUserSecret(name string, u agent.SecretUpdate) (*Secret, error) {
	if _, err := m.UserSecret(name); err == nil {
		return nil, fmt.Errorf("secret with name %q already exists", name)
	}
	if len(u.Content) == 0 {
		return nil, errors.New("empty secret")
	}
	s := &Secret{ID: m.ReserveSecret(), Owner: userOwner, Label: name, Rotate: "never"}
	if m.Secrets == nil {
		m.Secrets = map[string]*Secret{}
	}
	m.Secrets[s.ID] = s
	m.SecretOrder = append(m.SecretOrder, s.ID)
	m.indexSecret(s.Owner, s.ID)
	m.apply(s, u)
	return s, nil
}

// UpdateUserSecret changes a secret of the user. With prune, revisions that no unit reads any more are removed.
func (m *Model) UpdateUserSecret(s *Secret, u agent.SecretUpdate, prune bool) {
	m.secretChanges++
	m.apply(s, u)
	if prune {
		s.Revisions = slices.DeleteFunc(s.Revisions, func(r *Revision) bool { return r.Number < s.Latest && !s.tracked(r.Number) })
	}
}

// GrantUserSecret lets the units of an application read a secret of the user.
func (m *Model) GrantUserSecret(s *Secret, app string) error {
	if _, err := m.App(app); err != nil {
		return err
	}
	m.secretChanges++
	g := Grant{Subject: app, Relation: userGrant}
	if !slices.Contains(s.Grants, g) {
		s.Grants = append(s.Grants, g)
	}
	m.wake(app)
	return nil
}

// RevokeUserSecret is the reverse of GrantUserSecret.
func (m *Model) RevokeUserSecret(s *Secret, app string) error {
	if _, err := m.App(app); err != nil {
		return err
	}
	m.secretChanges++
	s.Grants = slices.DeleteFunc(s.Grants, func(g Grant) bool { return g == Grant{Subject: app, Relation: userGrant} })
	return nil
}

// RemoveUserSecret removes a secret of the user, or with a revision that one. The latest of several cannot be removed alone.
func (m *Model) RemoveUserSecret(s *Secret, revision int) error {
	m.secretChanges++
	if revision == 0 || len(s.Revisions) == 1 && s.revision(revision) != nil {
		m.dropSecret(s)
		return nil
	}
	if s.revision(revision) == nil {
		return fmt.Errorf("secret revision %d not found", revision)
	}
	s.Revisions = slices.DeleteFunc(s.Revisions, func(r *Revision) bool { return r.Number == revision })
	return nil
}

// Reveal is the content of a revision, the latest for 0, with its checksum.
func (s *Secret) Reveal(revision int) (map[string]string, string, error) {
	if revision == 0 {
		revision = s.Latest
	}
	content, err := s.content(revision)
	if err != nil {
		return nil, "", err
	}
	plain := map[string]string{}
	for key, value := range content {
		text, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return nil, "", fmt.Errorf("cannot decode key %q: %w", key, err)
		}
		plain[key] = string(text)
	}
	return plain, content.Checksum(), nil
}
