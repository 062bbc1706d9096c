package model

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// Secret is a secret with all its revisions.
type Secret struct {
	ID          string               `json:"id"`
	Owner       string               `json:"owner"` // the application's name, or the unit's
	Label       string               `json:"label,omitempty"`
	Description string               `json:"description,omitempty"`
	Rotate      string               `json:"rotate"`
	NextRotate  int64                `json:"next-rotate,omitempty"` // in seconds since the epoch; 0: never
	Latest      int                  `json:"latest"`
	Revisions   []*Revision          `json:"revisions"` // ascending, without removed ones
	Grants      []Grant              `json:"grants,omitempty"`
	Consumers   map[string]*Consumer `json:"consumers,omitempty"` // by unit
}

// Revision is one content of a secret.
type Revision struct {
	Number  int                 `json:"number"`
	Content agent.SecretContent `json:"content"`
	Created int64               `json:"created,omitempty"` // in seconds since the epoch
	Expire  int64               `json:"expire,omitempty"`  // in seconds since the epoch; 0: never
	// RetryExpired is when secret-expired, which has run for this revision, runs again.
	RetryExpired int64 `json:"retry-expired,omitempty"`
	// Obsolete: secret-remove has run for this revision.
	Obsolete bool `json:"obsolete,omitempty"`
}

// Grant lets an application or a unit read a secret while the relation lives.
type Grant struct {
	Subject  string `json:"subject"`
	Relation int    `json:"relation"`
}

// Consumer is a unit that has read a secret. Units of the owning application follow the latest revision: they track
// none.
type Consumer struct {
	Label     string `json:"label,omitempty"`
	Tracked   int    `json:"tracked,omitempty"`
	Announced int    `json:"announced"` // the latest revision that the unit has heard of
	// Heard: a secret-changed hook has run for the unit.
	Heard bool `json:"heard,omitempty"`
}

func (s *Secret) revision(number int) *Revision {
	for _, r := range s.Revisions {
		if r.Number == number {
			return r
		}
	}
	return nil
}

// readable tells whether the unit or its application was granted the secret.
func (s *Secret) readable(unit string) bool {
	return slices.ContainsFunc(s.Grants, func(g Grant) bool { return g.Subject == unit || g.Subject == AppOf(unit) })
}

// manages tells whether the unit may change the secret now.
func (m *Model) manages(unit string, s *Secret) error {
	switch {
	case s.Owner == unit:
		return nil
	case s.Owner != AppOf(unit):
		return agent.SecretDenied(m.Version, unit, "manage")
	case !m.leads(unit):
		return notLeader(unit)
	}
	return nil
}

// missing says that there is no such secret, in the words of the model's Juju.
func (m *Model) missing(id string) error {
	if m.Major() < 4 {
		return fmt.Errorf("secret %q not found", "secret:"+id)
	}
	return errors.New("getting latest secret revision: secret not found")
}

func (m *Model) missingLabel(label string) error {
	if m.Major() < 4 {
		return fmt.Errorf("consumer label %q not found", label)
	}
	return fmt.Errorf("secret URI for consumer label %q not found", label)
}

func notLeader(unit string) error {
	return fmt.Errorf("%q is not leader of %q: %w", unit, AppOf(unit), agent.ErrNotLeader)
}

// ReserveSecret gives an id in the form of Juju's from the seeded generator.
func (m *Model) ReserveSecret() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	const digits = "0123456789abcdefghijklmnopqrstuv"
	var id strings.Builder
	for range 19 {
		id.WriteByte(digits[m.Intn(len(digits))])
	}
	id.WriteByte("0g"[m.Intn(2)]) // the last digit holds one bit
	return id.String()
}

// OwnedSecrets are the unit's own secrets and, for a leader, its application's.
func (m *Model) OwnedSecrets(unit string, leader bool) []agent.SecretInfo {
	m.mu.Lock()
	defer m.mu.Unlock()
	var infos []agent.SecretInfo
	for _, s := range m.owned(unit, leader) {
		infos = append(infos, m.info(s))
	}
	return infos
}

// ownersOf are the names under which the unit owns secrets now.
func (m *Model) ownersOf(unit string) []string {
	if m.leads(unit) {
		return []string{unit, AppOf(unit)}
	}
	return []string{unit}
}

// owned are the secrets of the unit and, if it leads, of its application, in the order of their making.
func (m *Model) owned(unit string, leader bool) []*Secret {
	owners := []string{unit}
	if leader {
		owners = []string{AppOf(unit), unit}
	}
	var secrets []*Secret
	for _, owner := range owners {
		for _, id := range m.secretsOf[owner] {
			if s := m.Secrets[id]; s.Owner == owner {
				secrets = append(secrets, s)
			}
		}
	}
	return secrets
}

func (m *Model) info(s *Secret) agent.SecretInfo {
	info := agent.SecretInfo{
		ID: s.ID, Owner: s.Owner, Label: s.Label, Description: s.Description, Rotate: s.Rotate,
		Revision: s.Latest, NextRotate: timeOf(s.NextRotate),
	}
	if latest := s.revision(s.Latest); latest != nil {
		info.Checksum, info.Expire = latest.Content.Checksum(), timeOf(latest.Expire)
	}
	for _, g := range s.Grants {
		info.Access = append(info.Access, agent.SecretAccess{
			Target: agent.SubjectTag(m.Relations[g.Relation].Seen(AppOf(s.Owner), g.Subject)),
			Scope:  agent.RelationTag(m.Relations[g.Relation].Key), Role: "view",
		})
	}
	return info
}

// timeOf is nil for 0.
func timeOf(seconds int64) *time.Time {
	if seconds == 0 {
		return nil
	}
	at := time.Unix(seconds, 0).UTC()
	return &at
}

// ReadSecret gives what secret-get prints, and remembers who has read what. Units of the owning application find a
// secret by its id or the owner's label and see the latest revision; others see the one that they track, which is the
// latest at their first read, or when they ask to refresh.
func (m *Model) ReadSecret(unit string, r agent.SecretRead) (agent.SecretContent, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.secretChanges++
	if s := m.ownFamily(unit, r); s != nil {
		return m.readOwn(unit, s, r)
	}
	if r.ID == "" {
		for _, id := range m.secretsOf[unit] {
			if c := m.Secrets[id].Consumers[unit]; c != nil && c.Label == r.Label {
				r.ID = id
			}
		}
		if r.ID == "" {
			return nil, m.missingLabel(r.Label)
		}
	}
	s := m.Secrets[r.ID]
	if s == nil {
		return nil, m.missing(r.ID)
	}
	if !s.readable(unit) {
		return nil, agent.SecretDenied(m.Version, unit, "read")
	}
	return m.readGranted(unit, s, r)
}

// ownFamily finds a secret of the unit or its application.
func (m *Model) ownFamily(unit string, r agent.SecretRead) *Secret {
	for _, s := range m.owned(unit, true) {
		if s.ID == r.ID || r.Label != "" && s.Label == r.Label {
			return s
		}
	}
	return nil
}

func (m *Model) readOwn(unit string, s *Secret, r agent.SecretRead) (agent.SecretContent, error) {
	if r.ID == s.ID && r.Label != "" && r.Label != s.Label && m.manages(unit, s) == nil {
		if err := m.checkLabel(s.Owner, r.Label); err != nil {
			return nil, err
		}
		s.Label = r.Label
	}
	c := s.Consumers[unit]
	if c == nil && (s.Owner != unit || !r.Peek) {
		c = &Consumer{Announced: m.firstHeard(s)}
		m.consume(s, unit, c)
	}
	if r.Peek {
		return s.content(s.Latest)
	}
	// An owner that reads without a peek tracks the revision that it has read, as other units do.
	m.read(s, c, r)
	return s.content(c.Tracked)
}

func (m *Model) readGranted(unit string, s *Secret, r agent.SecretRead) (agent.SecretContent, error) {
	c := s.Consumers[unit]
	first := c == nil
	if first {
		c = &Consumer{Announced: m.firstHeard(s)}
	}
	if r.Label != "" && r.Label != c.Label {
		for _, id := range m.secretsOf[unit] {
			if other := m.Secrets[id].Consumers[unit]; other != nil && other.Label == r.Label {
				return nil, fmt.Errorf("secret label %q for consumer %q already exists", r.Label, Tag(unit))
			}
		}
		c.Label = r.Label
	}
	if first {
		m.consume(s, unit, c)
	}
	m.read(s, c, r)
	if r.Peek {
		return s.content(s.Latest)
	}
	return s.content(c.Tracked)
}

// content is that of a revision, which may have been removed.
func (s *Secret) content(number int) (agent.SecretContent, error) {
	if r := s.revision(number); r != nil {
		return r.Content, nil
	}
	return nil, fmt.Errorf("secret revision %q not found", fmt.Sprintf("%s/%d", s.ID, number))
}

// firstHeard is the revision of which a new consumer counts as told. On 3.x that is the first one, so that a first read of
// a later one is followed by secret-changed.
func (m *Model) firstHeard(s *Secret) int {
	if m.Major() < 4 {
		return 1
	}
	return s.Latest
}

// read fixes the revision that a consumer tracks at its first read, and moves it when the consumer asks for that.
func (m *Model) read(s *Secret, c *Consumer, r agent.SecretRead) {
	switch {
	case c.Tracked == 0:
		c.Tracked = s.Latest
		m.wake(AppOf(s.Owner))
	case r.Refresh:
		m.track(s, c)
	}
}

// track moves a consumer to the latest revision. What nobody tracks any longer is the owner's to remove.
func (m *Model) track(s *Secret, c *Consumer) {
	c.Tracked, c.Announced = s.Latest, s.Latest
	m.wake(AppOf(s.Owner))
}

func (m *Model) consume(s *Secret, unit string, c *Consumer) {
	if s.Consumers == nil {
		s.Consumers = map[string]*Consumer{}
	}
	s.Consumers[unit] = c
	m.indexSecret(unit, s.ID)
}

// indexSecret notes that the owner or consumer has to do with the secret.
func (m *Model) indexSecret(name, id string) {
	if !slices.Contains(m.secretsOf[name], id) {
		m.secretsOf[name] = append(m.secretsOf[name], id)
	}
}

// reindexSecrets rebuilds the lists by owner and consumer, in the order of SecretOrder.
func (m *Model) reindexSecrets() {
	m.secretsOf, m.secretsQuiet = map[string][]string{}, map[string]secretsQuiet{}
	for _, id := range m.SecretOrder {
		m.indexSecret(m.Secrets[id].Owner, id)
		for unit := range m.Secrets[id].Consumers {
			m.indexSecret(unit, id)
		}
	}
}
