package agent

import (
	"errors"
	"maps"
)

// LeaderSettings are frozen at the first read, until the hook itself writes.
func (h hookTools) LeaderSettings() map[string]string {
	if h.leader == nil {
		h.leader = map[string]string{}
		maps.Copy(h.leader, h.controller.LeaderSettings(h.info.Unit))
	}
	return h.leader
}

// SetLeaderSettings asks whether the unit leads also when there is nothing to set.
func (h hookTools) SetLeaderSettings(settings map[string]string) error {
	err := ErrNotLeader
	if h.IsLeader() {
		err = h.controller.SetLeaderSettings(h.info.Unit, settings)
	}
	if errors.Is(err, ErrNotLeader) {
		return errors.New("cannot write settings: not the leader")
	}
	h.leader = nil
	return err
}

func (h hookTools) SetWorkloadVersion(version string) {
	h.controller.SetWorkloadVersion(h.info.Unit, version)
}

func (h hookTools) PublicAddress() string  { return h.controller.PublicAddress(h.info.Unit) }
func (h hookTools) PrivateAddress() string { return h.controller.PrivateAddress(h.info.Unit) }

func (h hookTools) RelationModel(relation int) string {
	return h.controller.RelationModel(relation, h.info.Unit)
}
