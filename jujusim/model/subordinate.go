package model

import (
	"fmt"
	"slices"
)

// Principal is the unit beside which a subordinate unit stands, and of any other unit "".
func (m *Model) Principal(unit string) string {
	if u := m.Units[unit]; u != nil {
		return u.Principal
	}
	return ""
}

// Principals are the application's units that are not subordinate.
func (a *Application) Principals(m *Model) []string {
	return slices.DeleteFunc(slices.Clone(a.Units), func(unit string) bool { return m.Principal(unit) != "" })
}

// container is the principal unit that a unit belongs to: its own, or itself.
func (m *Model) container(unit string) string {
	if principal := m.Principal(unit); principal != "" {
		return principal
	}
	return unit
}

// TakesPart reports whether a unit belongs to a relation of its application. A subordinate unit takes part only in the
// container-scoped relations with the application of its principal, and with other subordinate applications.
func (m *Model) TakesPart(r *Relation, unit string) bool {
	if m.Principal(unit) == "" || !r.Container {
		return true
	}
	other := m.Apps[r.Remote(AppOf(unit)).App]
	return m.holds(r, unit) || other != nil && other.Charm.Subordinate
}

// holds reports whether a relation is one that a subordinate unit has with the application of its principal.
func (m *Model) holds(r *Relation, unit string) bool {
	return r.Container && r.Remote(AppOf(unit)).App == AppOf(m.Principal(unit))
}

// Sees reports whether a member of the other side is visible to a unit: in a container-scoped relation only the members of
// the same principal are.
func (m *Model) Sees(r *Relation, unit string, other *Member) bool {
	return !r.Container || other.Container == m.container(unit)
}

// EnsureSubordinate makes the subordinate unit that a principal unit needs in a container-scoped relation that it has
// entered. It gives the name of the new unit, "" if none is needed.
func (m *Model) EnsureSubordinate(r *Relation, principal string) string {
	other := m.Apps[r.Remote(AppOf(principal)).App]
	u := m.Units[principal]
	if !r.Container || u.Principal != "" || !other.Charm.Subordinate || other.Dying || len(m.subordinatesOf(other, principal)) > 0 {
		return ""
	}
	name := fmt.Sprintf("%s/%d", other.Name, other.NextUnit)
	other.NextUnit++
	sub := m.newUnit(name)
	m.NextMachine-- // it has its principal's machine
	sub.Principal, sub.Machine, sub.PublicAddress, sub.PrivateAddress = principal, u.Machine, u.PublicAddress, u.PrivateAddress
	other.Units = append(other.Units, name)
	if other.Leader == "" {
		other.Leader = name
	}
	m.wake(other.Name)
	return name
}

// Subordinates are the names of the subordinate units of a principal unit, sorted by application.
func (m *Model) Subordinates(principal string) []string {
	var names []string
	for _, app := range sortedKeys(m.Apps) {
		names = append(names, m.subordinatesOf(m.Apps[app], principal)...)
	}
	return names
}

func (m *Model) subordinatesOf(app *Application, principal string) []string {
	return slices.DeleteFunc(slices.Clone(app.Units), func(name string) bool { return m.Units[name].Principal != principal })
}

// RemoveSubordinates marks the living subordinate units of a principal unit as dying.
func (m *Model) RemoveSubordinates(principal string) {
	for _, name := range m.Subordinates(principal) {
		if !m.Units[name].Dying {
			_ = m.RemoveUnit(name) // it exists
		}
	}
}

// IsOrphan reports whether a subordinate unit has no living container-scoped relation with its principal's application any
// more. Juju removes such a unit.
func (m *Model) IsOrphan(unit string) bool {
	u := m.Units[unit]
	if u == nil || u.Principal == "" || u.Dying {
		return false
	}
	return !slices.ContainsFunc(m.RelationsOf(AppOf(unit)), func(r *Relation) bool { return !r.Dying && m.holds(r, unit) })
}

// checkScopes says why two endpoints cannot have a container-scoped relation.
func (m *Model) checkScopes(requirer, provider *Side) (container bool, err error) {
	subordinate := false
	for _, side := range []*Side{requirer, provider} {
		charm := m.Apps[side.App].Charm
		container = container || charm.Endpoints[side.Endpoint].Container
		subordinate = subordinate || charm.Subordinate
	}
	if container && !subordinate {
		return false, fmt.Errorf("container scoped relation requires at least one subordinate application")
	}
	return container, nil
}

// explicit leaves out the relations by the implicit endpoint juju-info, if there are others.
func explicit(pairs [][2]*Side) [][2]*Side {
	named := slices.DeleteFunc(slices.Clone(pairs), func(p [2]*Side) bool { return p[1].Endpoint == "juju-info" })
	if len(named) == 0 {
		return pairs
	}
	return named
}
