package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// Scope says how a unit stands in a relation.
type Scope string

// The states of a unit in a relation that it has entered at some time.
const (
	InScope   Scope = "in"        // the other side may see it
	Departing Scope = "departing" // the other side must see it go; it has still hooks to run
	Left      Scope = "left"      // gone; its bag stays readable
)

// Relation is one relation, regular (two sides, the requirer first) or peer (one side).
type Relation struct {
	ID        int    `json:"id"`
	Key       string `json:"key"` // "kw:kube-control kcp:kube-control"; a peer's is "kcp:masters"
	Interface string `json:"interface"`
	Dying     bool   `json:"dying,omitempty"`
	Container bool   `json:"container,omitempty"` // each unit sees only the units of its own principal
	Suspended bool   `json:"suspended,omitempty"` // its units leave it, and it waits to be resumed
	// Status is what goal-state shows, as a leader's agent has said it last: "joined" or "suspended"; "" before the first.
	Status string `json:"status,omitempty"`
	Since  string `json:"since"` // when it was made
	// RemoteName is the requirer's name on the provider's side of a cross-model relation; "" within one model.
	RemoteName string  `json:"remote-name,omitempty"`
	Sides      []*Side `json:"sides"`
}

// Side is one application's end of a relation.
type Side struct {
	App      string             `json:"application"`
	Endpoint string             `json:"endpoint"`
	Role     string             `json:"role"`
	Bag      Bag                `json:"application-bag"`
	Units    map[string]*Member `json:"units"` // every unit that ever entered
	// changes holds, for each change that the agents on the other side could have to react to, the unit that it is
	// about, or "" for the side as a whole.
	changes []string
}

// Generation grows with each change that the agents on the other side could have to react to.
func (s *Side) Generation() int { return len(s.changes) }

// ChangedSince are the units that have changed since a generation, and "" for changes of the side as a whole; a unit
// may be among them more than once.
func (s *Side) ChangedSince(generation int) []string { return s.changes[generation:] }

// Member is one unit that has entered a relation, with its bag.
type Member struct {
	Bag
	Scope Scope `json:"scope"`
	// Container is the principal unit that the member belongs to, in a container-scoped relation.
	Container string `json:"container,omitempty"`
}

// Bag is a databag. A committed write that changes something replaces Settings (a map handed out earlier never
// changes) and bumps Version; an application bag that nobody has written has version 0.
type Bag struct {
	Settings agent.Settings `json:"settings"`
	Version  int            `json:"version"`
}

// write applies a hook's writes key by key ("" deletes) and tells whether anything changed.
func (b *Bag) write(changes agent.Settings) bool {
	next := maps.Clone(b.Settings)
	if next == nil {
		next = agent.Settings{}
	}
	for k, v := range changes {
		if v == "" {
			delete(next, k)
		} else {
			next[k] = v
		}
	}
	if maps.Equal(next, b.Settings) {
		return false
	}
	b.Settings = next
	b.Version++
	return true
}

// Side is the given application's end of the relation, or nil.
func (r *Relation) Side(app string) *Side {
	for _, s := range r.Sides {
		if s.App == app {
			return s
		}
	}
	return nil
}

// Remote is the end that units of the application look at: on a peer relation their own.
func (r *Relation) Remote(app string) *Side {
	for _, s := range r.Sides {
		if s.App != app {
			return s
		}
	}
	return r.Sides[0]
}

// Peer tells whether this is a peer relation.
func (r *Relation) Peer() bool { return len(r.Sides) == 1 }

// RelationsOf are the relations of an application, by id.
func (m *Model) RelationsOf(app string) []*Relation {
	ids := m.appRelations[app]
	relations := make([]*Relation, len(ids))
	for i, id := range ids {
		relations[i] = m.Relations[id]
	}
	return relations
}

// AddRelation puts a relation between two sides (peer: second nil) into the model as it is, without asking the
// charms. Its id is the next free one.
func (m *Model) addRelation(first, second *Side, iface string) *Relation {
	r := &Relation{ID: m.NextRelation, Interface: iface, Since: m.since(), Sides: []*Side{first}}
	m.NextRelation++
	r.Key = first.App + ":" + first.Endpoint
	if second != nil {
		r.Sides = append(r.Sides, second)
		r.Key += " " + second.App + ":" + second.Endpoint
	}
	for _, s := range r.Sides {
		s.Units = map[string]*Member{}
		s.Bag.Settings = agent.Settings{}
		m.appRelations[s.App] = append(m.appRelations[s.App], r.ID)
		m.wake(s.App)
	}
	m.Relations[r.ID] = r
	return r
}

// Integrate relates two endpoints, each given as "app" or "app:endpoint".
func (m *Model) Integrate(a, b string) (*Relation, error) {
	pairs, err := m.pairs(a, b)
	if err != nil {
		return nil, err
	}
	if len(pairs) > 1 {
		return nil, ambiguous(a, b, pairs)
	}
	requirer, provider := pairs[0][0], pairs[0][1]
	container, err := m.checkScopes(requirer, provider)
	key := requirer.App + ":" + requirer.Endpoint + " " + provider.App + ":" + provider.Endpoint
	if err != nil {
		return nil, fmt.Errorf("cannot add relation %q: %w", key, err)
	}
	for _, side := range pairs[0] {
		app := m.Apps[side.App]
		if app.Dying {
			return nil, fmt.Errorf("cannot add relation %q: application %q is not alive", key, app.Name)
		}
		e := app.Charm.Endpoints[side.Endpoint]
		taken := 0
		for _, r := range m.RelationsOf(side.App) {
			if r.Key == key {
				return nil, fmt.Errorf("cannot add relation %q: relation %s already exists", key, key)
			}
			if r.Side(side.App).Endpoint == side.Endpoint {
				taken++
			}
		}
		if e.Limit > 0 && taken >= e.Limit {
			return nil, fmt.Errorf("cannot add relation %q: establishing a new relation for %s:%s would exceed its maximum relation limit of %d",
				key, side.App, side.Endpoint, e.Limit)
		}
	}
	r := m.addRelation(requirer, provider, m.Apps[provider.App].Charm.Endpoints[provider.Endpoint].Interface)
	r.Container = container
	return r, nil
}

// RemoveRelation marks the relation between two applications as dying; it goes when the last unit has left it.
func (m *Model) RemoveRelation(a, b string) error {
	pairs, err := m.pairs(a, b)
	if err != nil {
		return err
	}
	var found []*Relation
	for _, p := range pairs {
		for _, r := range m.RelationsOf(p[0].App) {
			if len(r.Sides) == 2 && r.Sides[0].App == p[0].App && r.Sides[0].Endpoint == p[0].Endpoint &&
				r.Sides[1].App == p[1].App && r.Sides[1].Endpoint == p[1].Endpoint {
				found = append(found, r)
			}
		}
	}
	switch len(found) {
	case 0:
		return fmt.Errorf("relation %q not found", a+" "+b)
	case 1:
		m.killRelation(found[0])
		return nil
	}
	return ambiguous(a, b, pairs)
}

// pairs are the ways to relate two endpoints, requirer first; at least one, or an error.
func (m *Model) pairs(a, b string) ([][2]*Side, error) {
	as, err := m.candidates(a)
	if err != nil {
		return nil, err
	}
	bs, err := m.candidates(b)
	if err != nil {
		return nil, err
	}
	var pairs [][2]*Side
	for _, x := range as {
		for _, y := range bs {
			ex, ey := m.Apps[x.App].Charm.Endpoints[x.Endpoint], m.Apps[y.App].Charm.Endpoints[y.Endpoint]
			if x.App == y.App || ex.Interface != ey.Interface {
				continue
			}
			side := func(s Side) *Side { return &s }
			switch {
			case x.Role == Requirer && y.Role == Provider:
				pairs = append(pairs, [2]*Side{side(x), side(y)})
			case x.Role == Provider && y.Role == Requirer:
				pairs = append(pairs, [2]*Side{side(y), side(x)})
			}
		}
	}
	if len(pairs) == 0 {
		return nil, fmt.Errorf("no relations found")
	}
	return explicit(pairs), nil
}

// candidates are the endpoints that "app" or "app:endpoint" may mean.
func (m *Model) candidates(text string) ([]Side, error) {
	app, endpoint, named := strings.Cut(text, ":")
	a, err := m.App(app)
	if err != nil {
		return nil, err
	}
	if named {
		e, found := a.Charm.Endpoints[endpoint]
		if !found {
			return nil, fmt.Errorf("application %q has no %q relation", app, endpoint)
		}
		return []Side{{App: app, Endpoint: endpoint, Role: e.Role}}, nil
	}
	var sides []Side
	for _, name := range sortedKeys(a.Charm.Endpoints) {
		sides = append(sides, Side{App: app, Endpoint: name, Role: a.Charm.Endpoints[name].Role})
	}
	return sides, nil
}

func ambiguous(a, b string, pairs [][2]*Side) error {
	var could []string
	for _, p := range pairs {
		could = append(could, fmt.Sprintf("%q", p[0].App+":"+p[0].Endpoint+" "+p[1].App+":"+p[1].Endpoint))
	}
	slices.Sort(could)
	return fmt.Errorf("ambiguous relation: %q could refer to %s", a+" "+b, strings.Join(could, "; "))
}

// Suspend suspends or resumes a relation between models, by its id; Juju suspends no others.
func (m *Model) Suspend(id int, suspended bool) error {
	r := m.Relations[id]
	switch {
	case r == nil:
		return fmt.Errorf("relation %d not found", id)
	case r.RemoteName == "":
		return fmt.Errorf("relation %d is not between models", id)
	}
	m.SetSuspended(r, suspended)
	return nil
}

// SetSuspended suspends or resumes any relation.
func (m *Model) SetSuspended(r *Relation, suspended bool) {
	r.Suspended = suspended
	for _, s := range r.Sides {
		m.touch(r, s, "")
		m.wake(s.App)
	}
}

// Empty tells whether the other side looks empty to units that are alive.
func (r *Relation) Empty() bool { return r.Dying || r.Suspended }

// killRelation marks a relation as dying, and drops it at once if no unit is in it.
func (m *Model) killRelation(r *Relation) {
	r.Dying = true
	for _, s := range r.Sides {
		m.touch(r, s, "")
	}
	m.reapRelation(r)
}

// reapRelation drops a dying relation that every unit has left.
func (m *Model) reapRelation(r *Relation) {
	if !r.Dying {
		return
	}
	for _, s := range r.Sides {
		for _, member := range s.Units {
			if member.Scope != Left {
				return
			}
		}
	}
	m.dropRelation(r)
}

func (m *Model) dropRelation(r *Relation) {
	delete(m.Relations, r.ID)
	m.dropGrants(r.ID)
	for _, s := range r.Sides {
		m.appRelations[s.App] = slices.DeleteFunc(m.appRelations[s.App], func(id int) bool { return id == r.ID })
	}
	if !r.Peer() {
		for _, s := range r.Sides {
			m.reapApplication(m.Apps[s.App])
		}
	}
}

// EnterScope makes a unit visible to the other side, with the address keys that Juju puts into its bag. What the
// bag held before is replaced.
func (m *Model) EnterScope(relation int, unit string) {
	r := m.Relations[relation]
	side := r.Side(AppOf(unit))
	member := side.Units[unit]
	if member == nil {
		member = &Member{}
		side.Units[unit] = member
	}
	member.Scope = InScope
	if r.Container {
		member.Container = m.container(unit)
	}
	member.Settings = m.addressKeys(unit)
	member.Version++
	if m.leads(unit) {
		r.Status = "joined"
	}
	m.touch(r, side, unit)
}

// addressKeys are the keys that Juju itself writes into a unit's bag. 4.x no longer has private-address.
func (m *Model) addressKeys(unit string) agent.Settings {
	address := m.Units[unit].PrivateAddress
	keys := agent.Settings{"ingress-address": address, "egress-subnets": address + "/32"}
	if m.Major() < 4 {
		keys["private-address"] = address
	}
	return keys
}

// LeaveScope takes a unit out of a relation; the last unit to leave a dying relation ends it.
func (m *Model) LeaveScope(relation int, unit string) {
	r := m.Relations[relation]
	if r == nil {
		return
	}
	side := r.Side(AppOf(unit))
	if member := side.Units[unit]; member != nil && member.Scope != Left {
		member.Scope = Left
		if r.Suspended && m.leads(unit) {
			r.Status = "suspended"
		}
		m.touch(r, side, unit)
	}
	m.reapRelation(r)
}

// touch notes a change on one side, of a unit or with "" of the side as a whole, that the other side's agents could have
// to react to.
func (m *Model) touch(r *Relation, side *Side, unit string) {
	side.changes = append(side.changes, unit)
	m.wake(r.Remote(side.App).App)
}

func (m *Model) wake(app string) { m.dirty[app] = true }
