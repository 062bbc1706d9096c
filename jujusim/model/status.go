package model

import "github.com/kube-control/kube-control/jujusim/agent"

// historyLimit bounds how many old statuses are kept of each unit and application.
const historyLimit = 100

// StatusLog is a status with the ones before it, oldest first.
type StatusLog struct {
	Current agent.Status   `json:"current"`
	History []agent.Status `json:"history,omitempty"`
}

func (l *StatusLog) set(s agent.Status) {
	if l.Current.Status != "" {
		l.History = append(l.History, l.Current)
		if n := len(l.History); n > historyLimit {
			l.History = l.History[n-historyLimit:]
		}
	}
	l.Current = s
}

func (m *Model) since() string { return m.Now().Format("2006-01-02 15:04:05Z") }

// SetAgentStatus records what a unit's agent is doing: allocating, executing, idle or error.
func (m *Model) SetAgentStatus(unit, status, message string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if u := m.Units[unit]; u != nil {
		u.Agent = agent.Status{Status: status, Message: message, Since: m.since()}
	}
}

// SwapAgentStatus puts another status of the unit's agent in the place of the present one, which it gives.
func (m *Model) SwapAgentStatus(unit string, s agent.Status) (before agent.Status) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.Units[unit]
	if u == nil {
		return s
	}
	if s.Since == "" {
		s.Since = m.since()
	}
	before, u.Agent = u.Agent, s
	return before
}

// SetAgentsStatus records a workload status that the unit's agent sets for its charm, such as "installing charm
// software".
func (m *Model) SetAgentsStatus(unit string, s agent.Status) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if u := m.Units[unit]; u != nil {
		s.Since = m.since()
		u.Workload.set(s)
	}
}

// SetUnknown is what the agent does after start: the workload's status is unknown if the charm never set one.
func (m *Model) SetUnknown(unit string) {
	if u := m.Units[unit]; u != nil && !u.Spoken {
		m.SetAgentsStatus(unit, agent.Status{Status: "unknown"})
	}
}

// Displayed gives a unit's workload and agent status as clients of Juju see them: a failed hook shows as the
// workload's status, with the agent idle.
func (u *Unit) Displayed() (workload, agentStatus agent.Status) {
	if u.Agent.Status == "error" {
		return u.Agent, agent.Status{Status: "idle", Since: u.Agent.Since}
	}
	return u.Workload.Current, u.Agent
}

// severity orders statuses as Juju does when it derives an application's status from its units.
var severity = []string{"error", "blocked", "maintenance", "waiting", "active", "terminated", "unknown"}

// Derived is the application's status as clients see it: the one that a leader set, or else the most severe of the
// units' statuses.
func (m *Model) Derived(a *Application) agent.Status {
	if a.Status.Current.Status != "" {
		return a.Status.Current
	}
	for _, s := range severity {
		for _, name := range a.Units {
			if w, _ := m.Units[name].Displayed(); w.Status == s {
				return w
			}
		}
	}
	return agent.Status{Status: "unknown"}
}
