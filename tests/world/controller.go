package world

import (
	"fmt"
	"maps"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
)

// controller answers the hook context from a World, and from an empty model what a World does not hold: ports, leader
// settings.
type controller struct {
	*model.Model
	w *World
}

func (c controller) relation(id int) *Relation {
	for _, r := range c.w.Relations {
		if number(r.ID) == id {
			return r
		}
	}
	return nil
}

func (c controller) JujuVersion() string { return c.w.Version }

func (c controller) UnitSettings(relation int, unit string) (agent.Settings, error) {
	r := c.relation(relation)
	if r == nil || r.Forgotten {
		return nil, agent.ErrPermission
	}
	bag, ok := r.Remote[unit]
	if unit == c.w.Unit {
		bag, ok = r.Local, true
	}
	if !ok {
		return nil, fmt.Errorf("cannot read settings for unit %q in relation %q: unit %q: settings not found", unit, r.ID, unit)
	}
	return maps.Clone(bag), nil
}

func (c controller) IsLeader(string) bool                   { return c.w.Leader }
func (c controller) State(string) map[string]string         { return maps.Clone(c.w.State) }
func (c controller) UnitStatus(string) agent.Status         { return c.w.Status }
func (c controller) SetUnitStatus(_ string, s agent.Status) { c.w.Status = s }
func (c controller) SetAppStatus(string, agent.Status)      {}
func (c controller) GoalState(string) agent.GoalState       { return c.w.Goal }
func (c controller) PublicAddress(string) string            { return "10.0.0.1" }
func (c controller) PrivateAddress(string) string           { return "10.0.0.1" }

func (c controller) AppSettings(relation int, name string) (agent.Settings, error) {
	r := c.relation(relation)
	if r == nil || r.Forgotten || name != app(c.w.Unit) {
		return agent.Settings{}, nil
	}
	return maps.Clone(r.App), nil
}

func (c controller) Config(string) map[string]any {
	if c.w.Options == nil {
		return map[string]any{}
	}
	return maps.Clone(c.w.Options)
}

func (c controller) AppStatus(string) (agent.Status, map[string]agent.Status) {
	return agent.Status{}, nil
}

func (c controller) Log(_, _, level, message string) {
	c.w.Logs = append(c.w.Logs, level+" "+message)
}

func (c controller) NetworkInfo(string, string) (agent.NetworkInfo, bool) {
	return agent.NetworkInfo{IngressAddresses: []string{c.w.Address}}, c.w.Address != ""
}

func (c controller) Commit(string, agent.Changes) error {
	return fmt.Errorf("a world commits by Run.Commit")
}
