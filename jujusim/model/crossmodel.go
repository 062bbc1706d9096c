package model

import "strings"

// IntegrateAcrossModels relates two endpoints as if each application lived in a model of its own: the provider's side
// knows the requirer, and its units, by a made-up name "remote-" and 32 hexadecimal digits. The requirer sees plain
// names.
func (m *Model) IntegrateAcrossModels(a, b string) (*Relation, error) {
	r, err := m.Integrate(a, b)
	if err != nil {
		return nil, err
	}
	requirer := m.Apps[r.Sides[0].App]
	if requirer.RemoteName == "" {
		requirer.RemoteName = "remote-" + m.Hex(32)
	}
	r.RemoteName = requirer.RemoteName
	return r, nil
}

// Seen is how the relation shows an application's or a unit's name to units of an application: as it is, unless that
// application provides the endpoint in a cross-model relation and looks at the other side.
func (r *Relation) Seen(by, name string) string {
	if r == nil || r.RemoteName == "" || by == r.Sides[0].App || AppOf(name) != r.Sides[0].App {
		return name
	}
	return r.RemoteName + strings.TrimPrefix(name, AppOf(name))
}

// SeenAll is Seen of each name.
func (r *Relation) SeenAll(by string, names []string) []string {
	if r.RemoteName == "" || by == r.Sides[0].App {
		return names
	}
	seen := make([]string, len(names))
	for i, name := range names {
		seen[i] = r.Seen(by, name)
	}
	return seen
}

// plain is the model's own name of an application or a unit that a cross-model relation has shown.
func (m *Model) plain(name string) string {
	if !strings.HasPrefix(name, "remote-") {
		return name
	}
	for _, a := range m.Apps {
		if a.RemoteName != "" && a.RemoteName == AppOf(name) {
			return a.Name + strings.TrimPrefix(name, a.RemoteName)
		}
	}
	return name
}
