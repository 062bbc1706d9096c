package model

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
)

// check finds what a model cannot have, however its file was changed: names that lead nowhere, and parts that are missing.
func (m *Model) check() error {
	if err := CheckVersion(m.Version); err != nil {
		return err
	}
	switch {
	case m.Random.pcg == nil:
		return errors.New("the state of the random generator is missing")
	case m.Apps == nil || m.Units == nil || m.Relations == nil:
		return errors.New("applications, units or relations are missing")
	case m.Clock < 0 || m.NextRelation < 0 || m.NextMachine < 0 || m.NextTask < 0 || m.StateQuota < 0:
		return errors.New("a count is below 0")
	}
	// Each check relies on those before it.
	if err := eachOf(m.Apps, "application", m.checkApp); err != nil {
		return err
	}
	if err := eachOf(m.Units, "unit", m.checkUnit); err != nil {
		return err
	}
	if err := eachOf(m.Relations, "relation", m.checkRelation); err != nil {
		return err
	}
	if err := eachOf(m.Secrets, "secret", m.checkSecret); err != nil {
		return err
	}
	return m.checkSecretOrder()
}

// eachOf checks the entries of a map, none of which may be nil, up to the first that is wrong.
func eachOf[K int | string, V any](entries map[K]*V, kind string, check func(K, *V) error) error {
	for _, key := range sortedKeys(entries) {
		if entries[key] == nil {
			return fmt.Errorf("%s %v is missing", kind, key)
		}
		if err := check(key, entries[key]); err != nil {
			return fmt.Errorf("%s %v: %w", kind, key, err)
		}
	}
	return nil
}

func (m *Model) checkApp(name string, a *Application) error {
	switch {
	case a.Name != name || !appName.MatchString(name):
		return fmt.Errorf("its name is %q", a.Name)
	case a.Charm == nil || a.Charm.Endpoints == nil:
		return errors.New("its charm is missing")
	case a.Config == nil:
		return errors.New("its configuration is missing")
	case a.CharmDir != "" && !filepath.IsLocal(a.CharmDir):
		return fmt.Errorf("its charm cannot be in %q", a.CharmDir)
	case a.Leader != "" && !slices.Contains(a.Units, a.Leader):
		return fmt.Errorf("its leader %q is not one of its units", a.Leader)
	case a.CharmVersion < 0 || a.ConfigVersion < 0 || a.LeaderSettingsVersion < 0 || a.NextUnit < 0:
		return errors.New("a count is below 0")
	}
	for i, unit := range a.Units {
		if m.Units[unit] == nil || AppOf(unit) != name || slices.Index(a.Units, unit) != i {
			return fmt.Errorf("it cannot have the unit %q", unit)
		}
		if UnitNumber(unit) >= a.NextUnit {
			return fmt.Errorf("its next unit cannot have the number %d", a.NextUnit)
		}
	}
	return nil
}

func (m *Model) checkUnit(name string, u *Unit) error {
	app := m.Apps[AppOf(name)]
	switch {
	case u.Name != name || !unitName.MatchString(name):
		return fmt.Errorf("its name is %q", u.Name)
	case app == nil || !slices.Contains(app.Units, name):
		return errors.New("it belongs to no application")
	}
	return nil
}

func (m *Model) checkRelation(id int, r *Relation) error {
	if r.ID != id || id < 0 || id >= m.NextRelation {
		return fmt.Errorf("its ID is %d", r.ID)
	}
	if n := len(r.Sides); n < 1 || n > 2 {
		return fmt.Errorf("it has %d sides", n)
	}
	roles := []string{Peer}
	if len(r.Sides) == 2 {
		roles = []string{Requirer, Provider}
	}
	for i, s := range r.Sides {
		if s == nil || m.Apps[s.App] == nil || s.Units == nil {
			return errors.New("a side of it is missing")
		}
		if s.Role != roles[i] || m.Apps[s.App].Charm.Endpoints[s.Endpoint].Role != s.Role {
			return fmt.Errorf("%q cannot have the endpoint %q in it", s.App, s.Endpoint)
		}
		if err := m.checkMembers(s); err != nil {
			return err
		}
	}
	return nil
}

func (m *Model) checkMembers(s *Side) error {
	for unit, member := range s.Units {
		if member == nil || AppOf(unit) != s.App || !unitName.MatchString(unit) || !slices.Contains([]Scope{InScope, Departing, Left}, member.Scope) {
			return fmt.Errorf("it cannot have the member %q", unit)
		}
		if m.Units[unit] == nil && member.Scope == InScope {
			return fmt.Errorf("its member %q is no unit of the model", unit)
		}
	}
	return nil
}

func (m *Model) checkSecret(id string, s *Secret) error {
	switch {
	case s.ID != id:
		return fmt.Errorf("its ID is %q", s.ID)
	case m.Apps[s.Owner] == nil && m.Units[s.Owner] == nil && !s.IsUsers():
		return fmt.Errorf("its owner %q is not in the model", s.Owner)
	case s.Latest < 1:
		return fmt.Errorf("its latest revision is %d", s.Latest)
	}
	last := 0
	for _, r := range s.Revisions {
		if r == nil || r.Number <= last || r.Number > s.Latest {
			return errors.New("its revisions are damaged")
		}
		last = r.Number
	}
	for _, g := range s.Grants {
		if g.Relation == userGrant && s.IsUsers() && m.Apps[g.Subject] != nil {
			continue
		}
		if m.Relations[g.Relation] == nil || m.Relations[g.Relation].Side(AppOf(g.Subject)) == nil {
			return fmt.Errorf("%q cannot be granted it", g.Subject)
		}
	}
	for unit, c := range s.Consumers {
		if c == nil || !unitName.MatchString(unit) || c.Tracked < 0 || c.Tracked > s.Latest || c.Announced < 0 || c.Announced > s.Latest {
			return fmt.Errorf("its consumer %q is damaged", unit)
		}
	}
	return nil
}

func (m *Model) checkSecretOrder() error {
	order := slices.Sorted(slices.Values(m.SecretOrder))
	if !slices.Equal(order, sortedKeys(m.Secrets)) {
		return errors.New("the order of the secrets is not that of the secrets that there are")
	}
	return nil
}
