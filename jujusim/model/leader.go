package model

import (
	"maps"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// LeaderSettings is a copy of what the leader of the unit's application has shared.
func (m *Model) LeaderSettings(unit string) map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	settings := map[string]string{}
	if a := m.Apps[AppOf(unit)]; a != nil {
		maps.Copy(settings, a.LeaderSettings)
	}
	return settings
}

// SetLeaderSettings takes effect at once. A write that changes something makes leader-settings-changed due for all
// units but the leader.
func (m *Model) SetLeaderSettings(unit string, settings map[string]string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.leads(unit) {
		return agent.ErrNotLeader
	}
	a := m.Apps[AppOf(unit)]
	next := maps.Clone(a.LeaderSettings)
	if next == nil {
		next = map[string]string{}
	}
	for key, value := range settings {
		if value == "" {
			delete(next, key)
		} else {
			next[key] = value
		}
	}
	if !maps.Equal(next, a.LeaderSettings) {
		a.LeaderSettings = next
		a.LeaderSettingsVersion++
		m.wake(a.Name)
	}
	return nil
}

// Depose takes the leadership from a unit that leads, as when it has not renewed its lease in time. The next leader is
// drawn from the others; without any, nobody leads until SetLeader. Like the methods of agent.Controller it may be
// called while the unit's hook runs.
func (m *Model) Depose(unit string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.leads(unit) {
		a := m.Apps[AppOf(unit)]
		a.Leader = m.heir(a, unit)
		m.wake(a.Name)
	}
}

// SetWorkloadVersion takes effect at once. The application's version is the one that a unit has set last.
func (m *Model) SetWorkloadVersion(unit, version string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if u := m.Units[unit]; u != nil {
		u.WorkloadVersion = version
		m.Apps[AppOf(unit)].WorkloadVersion = version
	}
}

// RelationModel is the UUID of this model: all applications are in it.
func (m *Model) RelationModel(int, string) string { return m.UUID }
