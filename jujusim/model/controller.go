package model

import (
	"cmp"
	"errors"
	"fmt"
	"maps"

	"github.com/kube-control/kube-control/jujusim/agent"
)

var _ agent.Controller = (*Model)(nil)

// ErrRefused is the answer to a commit that Unit.RefuseCommit asked to refuse.
var ErrRefused = errors.New("the controller refused the transaction")

// JujuVersion is the version that the model imitates.
func (m *Model) JujuVersion() string { return m.Version }

// UnitSettings reads a unit's bag. The map is shared and never changes.
func (m *Model) UnitSettings(relation int, unit string) (agent.Settings, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.Relations[relation]
	if r == nil {
		return nil, agent.ErrPermission
	}
	plain := m.plain(unit)
	side := r.Side(AppOf(plain))
	if side == nil {
		return nil, agent.ErrPermission
	}
	member := side.Units[plain]
	if member == nil {
		return nil, fmt.Errorf("cannot read settings for unit %q in relation %q: unit %q: settings not found", unit, r.Key, unit)
	}
	return member.Settings, nil
}

// AppSettings reads an application's bag. The map is shared and never changes.
func (m *Model) AppSettings(relation int, app string) (agent.Settings, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, app := m.Relations[relation], m.plain(app)
	if r == nil || r.Side(app) == nil {
		return nil, agent.ErrPermission
	}
	return r.Side(app).Bag.Settings, nil
}

// IsLeader tells whether the unit leads its application now.
func (m *Model) IsLeader(unit string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.leads(unit)
}

func (m *Model) leads(unit string) bool {
	a := m.Apps[AppOf(unit)]
	return a != nil && a.Leader == unit
}

// Config is the application's configuration.
func (m *Model) Config(app string) map[string]any {
	m.mu.Lock()
	defer m.mu.Unlock()
	if a := m.Apps[app]; a != nil {
		return a.options()
	}
	return map[string]any{}
}

// State is a copy of the unit's charm state.
func (m *Model) State(unit string) map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if u := m.Units[unit]; u != nil && u.CharmState != nil {
		return maps.Clone(u.CharmState)
	}
	return map[string]string{}
}

// UnitStatus is what the unit's charm said last.
func (m *Model) UnitStatus(unit string) agent.Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	if u := m.Units[unit]; u != nil {
		return u.Workload.Current
	}
	return agent.Status{Status: "unknown"}
}

// AppStatus is the application's status and those of its units.
func (m *Model) AppStatus(app string) (agent.Status, map[string]agent.Status) {
	m.mu.Lock()
	defer m.mu.Unlock()
	units := map[string]agent.Status{}
	a := m.Apps[app]
	if a == nil {
		return agent.Status{Status: "unknown"}, units
	}
	for _, name := range a.Units {
		units[name], _ = m.Units[name].Displayed()
	}
	return m.Derived(a), units
}

// SetUnitStatus takes effect at once, whatever becomes of the hook.
func (m *Model) SetUnitStatus(unit string, s agent.Status) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if u := m.Units[unit]; u != nil {
		s.Since = m.since()
		u.Workload.set(s)
		u.Spoken = true
	}
}

// SetAppStatus takes effect at once.
func (m *Model) SetAppStatus(app string, s agent.Status) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if a := m.Apps[app]; a != nil {
		s.Since = m.since()
		a.Status.set(s)
	}
}

// Log adds a record to debug-log.
func (m *Model) Log(unit, logger, level, message string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.logs = append(m.logs, LogRecord{m.Now().Format("15:04:05"), unit, logger, level, message})
}

// NetworkInfo is what network-get says for a binding: the endpoints of the charm and the default binding "" are
// known, and all answer with the unit's one address, unless Unit.Network says otherwise.
func (m *Model) NetworkInfo(unit, binding string) (agent.NetworkInfo, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.Units[unit]
	if u == nil {
		return agent.NetworkInfo{}, false
	}
	if u.Network != nil {
		info, known := u.Network[binding]
		return info, known
	}
	if a := m.Apps[AppOf(unit)]; binding != "" && a != nil {
		if _, known := a.Charm.Endpoints[binding]; !known {
			return agent.NetworkInfo{}, false
		}
	}
	n := 0
	_, _ = fmt.Sscanf(u.Machine, "%d", &n)
	return agent.NetworkInfo{
		BindAddresses: []agent.BindAddress{{
			MACAddress:    fmt.Sprintf("00:16:3e:%02x:%02x:%02x", n>>16&0xff, n>>8&0xff, n&0xff),
			InterfaceName: "eth0",
			Addresses:     []agent.Address{{Value: u.PrivateAddress, CIDR: "10.0.0.0/8"}},
		}},
		EgressSubnets:    []string{u.PrivateAddress + "/32"},
		IngressAddresses: []string{u.PrivateAddress},
	}, true
}

// CloudSpec is the cloud that a trusted application may see.
func (m *Model) CloudSpec(unit string) (map[string]any, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Kubernetes {
		return nil, errors.New(`credential-get on a "caas" model not supported`)
	}
	if a := m.Apps[AppOf(unit)]; a == nil || !a.Trusted {
		return nil, agent.ErrPermission
	}
	if m.Cloud != nil {
		return m.Cloud, nil
	}
	return map[string]any{"type": "lxd", "name": "localhost", "region": "localhost"}, nil
}

// GoalState is the unit's own application and, by endpoint, the applications related to it. Peer relations are
// left out, as Juju does.
func (m *Model) GoalState(unit string) agent.GoalState {
	m.mu.Lock()
	defer m.mu.Unlock()
	g := agent.GoalState{Units: map[string]agent.Status{}, Relations: map[string]map[string]agent.Status{}}
	a := m.Apps[AppOf(unit)]
	if a == nil {
		return g
	}
	if a.GoalState != nil {
		return *a.GoalState
	}
	m.goals(g.Units, a.Units, unit)
	for _, r := range m.RelationsOf(a.Name) {
		offers := r.RemoteName != "" && a.Name != r.Sides[0].App
		if r.Peer() || offers { // an offer's goal has nothing of the model that consumes it
			continue
		}
		endpoint := r.Side(a.Name).Endpoint
		if g.Relations[endpoint] == nil {
			g.Relations[endpoint] = map[string]agent.Status{}
		}
		other, joined := m.Apps[r.Remote(a.Name).App], agent.Status{Status: cmp.Or(r.Status, "joining"), Since: r.Since}
		if r.RemoteName != "" {
			g.Relations[endpoint][fmt.Sprintf("admin/%s.%s", m.Name, other.Name)] = joined // the offer's URL alone
			continue
		}
		g.Relations[endpoint][other.Name] = joined
		m.goals(g.Relations[endpoint], other.Units, unit)
	}
	return g
}

// goals notes what goal-state shows to a unit of others. A subordinate unit is shown to its principal alone, and not even to
// itself.
func (m *Model) goals(into map[string]agent.Status, units []string, shownTo string) {
	for _, name := range units {
		if principal := m.Principal(name); principal != "" && principal != shownTo {
			continue
		}
		s, _ := m.Units[name].Displayed()
		if m.Units[name].Dying {
			s.Status = "dying"
		}
		into[name] = agent.Status{Status: s.Status, Since: s.Since}
	}
}

// PublicAddress is the address that clients use.
func (m *Model) PublicAddress(unit string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if u := m.Units[unit]; u != nil {
		return u.PublicAddress
	}
	return ""
}

// PrivateAddress is the address within the model.
func (m *Model) PrivateAddress(unit string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if u := m.Units[unit]; u != nil {
		return u.PrivateAddress
	}
	return ""
}

// Commit applies what a hook wrote: the changes to secrets, as far as they are allowed, and then all of the rest or
// nothing. The rest is refused when the unit writes an application's bag without leading it, when a relation or the
// unit's bag in it is gone, when the charm state exceeds its quota, and once after Unit.RefuseCommit was set.
func (m *Model) Commit(unit string, c agent.Changes) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.commitSecrets(unit, c.Secrets); err != nil {
		return fmt.Errorf("cannot commit hook changes of unit %q: %w", unit, err)
	}
	if len(c.Units) == 0 && len(c.Apps) == 0 && c.State == nil && len(c.OpenPorts) == 0 && len(c.ClosePorts) == 0 {
		return nil
	}
	if err := m.checkCommit(unit, c); err != nil {
		return fmt.Errorf("cannot commit hook changes of unit %q: %w", unit, err)
	}
	app := AppOf(unit)
	for id, settings := range c.Units {
		r := m.Relations[id]
		if r.Side(app).Units[unit].write(settings) {
			m.touch(r, r.Side(app), unit)
		}
	}
	for id, settings := range c.Apps {
		r := m.Relations[id]
		if r.Side(app).Bag.write(settings) {
			m.touch(r, r.Side(app), "")
		}
	}
	if c.State != nil {
		m.Units[unit].CharmState = maps.Clone(*c.State)
	}
	m.Units[unit].changePorts(c.OpenPorts, c.ClosePorts)
	return nil
}

func (m *Model) checkCommit(unit string, c agent.Changes) error {
	u := m.Units[unit]
	if u == nil {
		return fmt.Errorf("unit %q not found", unit)
	}
	if u.RefuseCommit {
		u.RefuseCommit = false
		return ErrRefused
	}
	for id := range c.Units {
		r := m.Relations[id]
		if r == nil || r.Side(AppOf(unit)) == nil || r.Side(AppOf(unit)).Units[unit] == nil {
			return fmt.Errorf("settings of unit %q in relation %d not found", unit, id)
		}
	}
	for id := range c.Apps {
		if r := m.Relations[id]; r == nil || r.Side(AppOf(unit)) == nil {
			return fmt.Errorf("settings of application %q in relation %d not found", AppOf(unit), id)
		}
		if !m.leads(unit) {
			return notLeader(unit)
		}
	}
	if c.State != nil {
		size := 0
		for k, v := range *c.State {
			size += len(k) + len(v)
		}
		if size > m.StateQuota {
			return fmt.Errorf("max allowed size (%d) exceeded by charm state of %d bytes", m.StateQuota, size)
		}
	}
	return nil
}

// AddressChanges are Juju's own address keys for the unit's bag of every relation that it is in, by relation id. A
// config-changed commit writes them, over what the charm put there, on 2.9 and 3.x; nil on 4.x.
func (m *Model) AddressChanges(unit string) map[int]agent.Settings {
	if m.Major() >= 4 {
		return nil
	}
	changes := map[int]agent.Settings{}
	for _, r := range m.RelationsOf(AppOf(unit)) {
		if member := r.Side(AppOf(unit)).Units[unit]; member != nil && member.Scope != Left {
			changes[r.ID] = m.addressKeys(unit)
		}
	}
	return changes
}
