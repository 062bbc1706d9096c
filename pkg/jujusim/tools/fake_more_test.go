package tools_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/kube-control/kube-control/pkg/jujusim/tools"
)

func (f *fake) PublicAddress() string  { return "203.0.113.1" }
func (f *fake) PrivateAddress() string { return "10.0.0.1" }

func (f *fake) RelationModel(relation int) string { return fmt.Sprintf("model-%d", relation) }

func (f *fake) SetWorkloadVersion(version string) { f.note("version is %s", version) }

func (f *fake) LeaderSettings() map[string]string { return f.shared }

func (f *fake) SetLeaderSettings(settings map[string]string) error {
	if !f.leader {
		return errors.New("cannot write settings: not the leader")
	}
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		f.note("shared %s=%q", key, settings[key])
	}
	return nil
}

func (f *fake) OpenedPorts() map[string][]tools.PortRange { return f.ports }

func (f *fake) OpenPorts(endpoint string, r tools.PortRange) error {
	if endpoint == "taken" {
		return errors.New("cannot open it")
	}
	f.note("open %s %q", r, endpoint)
	return nil
}

func (f *fake) ClosePorts(endpoint string, r tools.PortRange) error {
	f.note("close %s %q", r, endpoint)
	return nil
}
