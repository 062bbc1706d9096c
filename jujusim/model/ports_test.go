package model

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
)

func TestCommittedPorts(t *testing.T) {
	t.Parallel()
	m := related(t)
	http := agent.PortRange{From: 80, To: 80, Protocol: "tcp"}
	dns := agent.PortRange{From: 53, To: 53, Protocol: "udp"}
	commit := func(open, closed agent.Ports) {
		t.Helper()
		if err := m.Commit("db/0", agent.Changes{OpenPorts: open, ClosePorts: closed}); err != nil {
			t.Fatal(err)
		}
	}
	commit(agent.Ports{"": {http}, "web": {dns, http}, "ring": {dns}}, nil)
	commit(agent.Ports{"": {http}}, agent.Ports{"ring": {http}}) // no change: it is open, it is not open
	before := m.MachinePorts("db/0")
	want := map[string]agent.Ports{"db/0": {"": {http}, "web": {dns, http}, "ring": {dns}}}
	if diff := cmp.Diff(want, before); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]agent.PortRange{http, dns}, m.Units["db/0"].Opened()); diff != "" {
		t.Error(diff)
	}
	commit(nil, agent.Ports{"ring": {dns}})
	commit(nil, agent.Ports{"": {http}}) // for each endpoint, too
	if diff := cmp.Diff(map[string]agent.Ports{"db/0": {"web": {dns}}}, m.MachinePorts("db/0")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, before); diff != "" {
		t.Errorf("what was handed out has changed: %s", diff)
	}
	if got := m.MachinePorts("db/1"); len(got) != 0 {
		t.Errorf("another machine has %v", got)
	}
	if got := m.MachinePorts("none/0"); len(got) != 0 {
		t.Errorf("no unit has %v", got)
	}
}

func TestLeaderSettings(t *testing.T) {
	t.Parallel()
	m := related(t)
	set := func(settings map[string]string) {
		t.Helper()
		if err := m.SetLeaderSettings("db/0", settings); err != nil {
			t.Fatal(err)
		}
	}
	set(map[string]string{"a": "1", "b": "2"})
	set(map[string]string{"a": "", "none": ""})
	set(map[string]string{"b": "2"})
	if got := m.Apps["db"].LeaderSettingsVersion; got != 2 {
		t.Errorf("version is %d", got)
	}
	if diff := cmp.Diff(map[string]string{"b": "2"}, m.LeaderSettings("db/1")); diff != "" {
		t.Error(diff)
	}
	if err := m.SetLeaderSettings("db/1", nil); err != agent.ErrNotLeader {
		t.Errorf("a follower's write: %v", err)
	}
	if got := m.LeaderSettings("web/0"); len(got) != 0 {
		t.Errorf("another application has %v", got)
	}
}

func TestWorkloadVersion(t *testing.T) {
	t.Parallel()
	m := related(t)
	m.SetWorkloadVersion("db/0", "1")
	m.SetWorkloadVersion("db/1", "2")
	m.SetWorkloadVersion("none/0", "3")
	if got := []string{m.Units["db/0"].WorkloadVersion, m.Units["db/1"].WorkloadVersion, m.Apps["db"].WorkloadVersion}; !cmp.Equal(got, []string{"1", "2", "2"}) {
		t.Errorf("got %v", got)
	}
}
