package model

import (
	"math"
	"slices"
	"time"
)

// Kinds of secret events, named as their hooks.
const (
	SecretExpired = "secret-expired"
	SecretRotate  = "secret-rotate"
	SecretChanged = "secret-changed"
	SecretRemove  = "secret-remove"
)

// secretRetry is when an owner is told again of a secret that it has neither rotated nor let go.
const secretRetry = 5 * time.Minute

// SecretEvent is something about a secret that a unit's charm has yet to hear.
type SecretEvent struct {
	Kind     string `json:"kind"`
	ID       string `json:"id"`
	Label    string `json:"label,omitempty"` // the owner's, or for secret-changed the consumer's
	Revision int    `json:"revision"`        // for secret-rotate and secret-changed the latest
}

// NextSecretEvent is what the unit's agent announces next, if anything. In this order: expired revisions, due
// rotations, new revisions of what the unit has read, and older revisions that nobody tracks. All but the third go
// to the owner, which for an application is its leader.
//
// A no is remembered until some secret is read or written, the leadership moves, or the next date comes.
func (m *Model) NextSecretEvent(unit string) (SecretEvent, bool) {
	now, leads := m.Now().Unix(), m.leads(unit)
	if q, known := m.secretsQuiet[unit]; known && q.changes == m.secretChanges && q.leads == leads && now < q.until {
		return SecretEvent{}, false
	}
	e, found := m.secretEvent(unit, now)
	if !found {
		m.secretsQuiet[unit] = secretsQuiet{m.secretChanges, leads, m.nextSecretDate(unit)}
	}
	return e, found
}

// secretsQuiet says that a unit has no secret event before a date, unless there are more changes or the leadership moves.
type secretsQuiet struct {
	changes int
	leads   bool
	until   int64
}

// nextSecretDate is when the first secret of the unit expires or is to be rotated.
func (m *Model) nextSecretDate(unit string) int64 {
	next := int64(math.MaxInt64)
	for _, s := range m.owned(unit, m.leads(unit)) {
		if s.NextRotate != 0 {
			next = min(next, s.NextRotate)
		}
		for _, r := range s.Revisions {
			if r.Expire != 0 {
				next = min(next, max(r.Expire, r.RetryExpired))
			}
		}
	}
	return next
}

func (m *Model) secretEvent(unit string, now int64) (SecretEvent, bool) {
	owned := m.owned(unit, m.leads(unit))
	for _, s := range owned {
		isDue := func(r *Revision) bool { return r.Expire != 0 && max(r.Expire, r.RetryExpired) <= now }
		if i := slices.IndexFunc(s.Revisions, isDue); i >= 0 {
			return SecretEvent{SecretExpired, s.ID, s.Label, s.Revisions[i].Number}, true
		}
	}
	for _, s := range owned {
		if s.NextRotate != 0 && s.NextRotate <= now {
			return SecretEvent{SecretRotate, s.ID, s.Label, s.Latest}, true
		}
	}
	for _, id := range m.secretsOf[unit] {
		s := m.Secrets[id]
		if c := s.Consumers[unit]; c != nil && c.Announced != s.Latest && m.hearsOf(unit, s) {
			return SecretEvent{SecretChanged, s.ID, m.consumerLabel(unit, s), s.Latest}, true
		}
	}
	for _, s := range owned {
		isOver := func(r *Revision) bool { return r.Number < s.Latest && !r.Obsolete && !s.tracked(r.Number) }
		if i := slices.IndexFunc(s.Revisions, isOver); i >= 0 {
			return SecretEvent{SecretRemove, s.ID, s.Label, s.Revisions[i].Number}, true
		}
	}
	for _, owner := range m.ownersOf(unit) {
		if again := m.RemovedSecrets[owner]; len(again) > 0 {
			return again[0], true
		}
	}
	return SecretEvent{}, false
}

// hearsOf tells whether a consumer is told of new revisions: on 3.x not once its grant is revoked.
func (m *Model) hearsOf(unit string, s *Secret) bool {
	return m.Major() >= 4 || AppOf(s.Owner) == AppOf(unit) || s.readable(unit)
}

// consumerLabel is the label in secret-changed: the consumer's, or the owner's if an owner has read its own secret.
func (m *Model) consumerLabel(unit string, s *Secret) string {
	if label := s.Consumers[unit].Label; label != "" || AppOf(s.Owner) != AppOf(unit) {
		return label
	}
	return s.Label
}

func (s *Secret) tracked(number int) bool {
	for _, c := range s.Consumers {
		if c.Tracked == number {
			return true
		}
	}
	return false
}

// AnnounceSecret notes that the hook of an event is done.
func (m *Model) AnnounceSecret(unit string, e SecretEvent) {
	m.secretChanges++
	s := m.Secrets[e.ID]
	if s == nil {
		for owner, events := range m.RemovedSecrets {
			m.RemovedSecrets[owner] = slices.DeleteFunc(events, func(again SecretEvent) bool { return again == e })
		}
		return
	}
	switch e.Kind {
	case SecretChanged:
		if c := s.Consumers[unit]; c != nil {
			c.Announced, c.Heard = e.Revision, true
		}
	case SecretRotate:
		s.rotated(e.Revision, m.Now())
	case SecretExpired:
		if r := s.revision(e.Revision); r != nil {
			r.RetryExpired = m.Now().Add(secretRetry).Unix()
		}
	case SecretRemove:
		if r := s.revision(e.Revision); r != nil {
			r.Obsolete = true
		}
	}
}

// RestartSecrets is what the start of a unit's agent changes. It takes the latest revision of a secret of which it has
// heard before as known. On 4.x, secret-remove runs again for all that the unit owns.
func (m *Model) RestartSecrets(unit string) {
	m.secretChanges++
	for _, id := range m.secretsOf[unit] {
		if c := m.Secrets[id].Consumers[unit]; c != nil && c.Heard {
			c.Announced = m.Secrets[id].Latest
		}
	}
	if m.Major() < 4 {
		return
	}
	for _, s := range m.owned(unit, m.leads(unit)) {
		for _, r := range s.Revisions {
			r.Obsolete = false
		}
	}
}

// rotated plans the next rotation: after the policy's time, or soon if the hook has left the revision as it was.
func (s *Secret) rotated(before int, now time.Time) {
	last := time.Unix(s.NextRotate, 0).UTC()
	s.NextRotate = nextRotation(s.Rotate, last)
	if s.Latest == before && s.NextRotate != 0 {
		s.NextRotate = now.Add(secretRetry).Unix()
	}
	if s.NextRotate != 0 && s.NextRotate <= now.Unix() {
		s.NextRotate = nextRotation(s.Rotate, now)
	}
}

// OwnsSecret tells whether events about the secret go to the unit now.
func (m *Model) OwnsSecret(unit, id string) bool {
	for _, owner := range m.ownersOf(unit) {
		if slices.ContainsFunc(m.RemovedSecrets[owner], func(e SecretEvent) bool { return e.ID == id }) {
			return true
		}
	}
	return slices.ContainsFunc(m.owned(unit, m.leads(unit)), func(s *Secret) bool { return s.ID == id })
}
