package model

import (
	"slices"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// MachinePorts are the ranges open on the unit's machine, by unit.
func (m *Model) MachinePorts(unit string) map[string]agent.Ports {
	m.mu.Lock()
	defer m.mu.Unlock()
	ports := map[string]agent.Ports{}
	u := m.Units[unit]
	if u == nil {
		return ports
	}
	for name, other := range m.Units {
		if other.Machine == u.Machine && len(other.Ports) > 0 {
			ports[name] = other.Ports
		}
	}
	return ports
}

// changePorts opens and closes what is not so yet. Closing for all endpoints closes for each one, too. The maps and
// slices that MachinePorts has handed out never change.
func (u *Unit) changePorts(open, closed agent.Ports) {
	if len(open)+len(closed) == 0 {
		return
	}
	next := agent.Ports{}
	for endpoint, ranges := range u.Ports {
		kept := slices.DeleteFunc(slices.Clone(ranges), func(r agent.PortRange) bool {
			return slices.Contains(closed[endpoint], r) || slices.Contains(closed[""], r)
		})
		if len(kept) > 0 {
			next[endpoint] = kept
		}
	}
	for endpoint, ranges := range open {
		for _, r := range ranges {
			if !slices.Contains(next[endpoint], r) {
				next[endpoint] = append(next[endpoint], r)
			}
		}
	}
	u.Ports = next
}

// Opened lists what the unit has opened, once each, in the order of juju status: by protocol and port.
func (u *Unit) Opened() []agent.PortRange {
	var all []agent.PortRange
	for _, ranges := range u.Ports {
		all = append(all, ranges...)
	}
	slices.SortFunc(all, agent.PortRange.Compare)
	return slices.Compact(all)
}
