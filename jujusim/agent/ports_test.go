package agent_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/tools"
)

func ports(t *testing.T, texts ...string) agent.Ports {
	t.Helper()
	p := agent.Ports{}
	for _, text := range texts {
		r, err := tools.ParsePortRange(text)
		if err != nil {
			t.Fatal(err)
		}
		p[""] = append(p[""], r)
	}
	return p
}

func TestPortsArePendingAndSeen(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.ports = map[string]agent.Ports{"kcp/0": ports(t, "80", "443"), "db/0": ports(t, "5432")}
	h := agent.NewHookContext(f, hook())
	expect(t, h, "", "open-port", "53/udp")
	expect(t, h, "", "open-port", "53/udp")
	expect(t, h, "", "open-port", "80") // open already
	expect(t, h, "", "close-port", "443")
	expect(t, h, "", "close-port", "443")
	expect(t, h, "", "close-port", "9") // not open: the controller drops it
	expect(t, h, "80/tcp\n53/udp\n", "opened-ports")
	expect(t, h, "ERROR cannot open 5432/tcp (unit \"kcp/0\"): port range conflicts with 5432/tcp (unit \"db/0\")\n", "open-port", "5432")
	expect(t, h, "ERROR cannot open 79-81/tcp (unit \"kcp/0\"): port range conflicts with 80/tcp (unit \"kcp/0\")\n", "open-port", "79-81")
	expect(t, h, "ERROR cannot open 50-60/udp (unit \"kcp/0\"): port range conflicts with 53/udp (unit \"kcp/0\") requested earlier\n", "open-port", "50-60/udp")
	expect(t, h, "ERROR cannot close 440-450/tcp (unit \"kcp/0\"): port range conflicts with 443/tcp (unit \"kcp/0\") requested earlier\n", "close-port", "440-450")
	want := agent.Changes{OpenPorts: ports(t, "53/udp"), ClosePorts: ports(t, "443", "9")}
	if diff := cmp.Diff(want, h.Changes()); diff != "" {
		t.Error(diff)
	}
	expect(t, h, "", "open-port", "443")
	expect(t, h, "", "open-port", "9")
	expect(t, h, "", "close-port", "53/udp")
	expect(t, h, "9/tcp\n80/tcp\n443/tcp\n", "opened-ports")
}

func TestClosingOnAMachineWithoutOpenPortsIsNoChange(t *testing.T) {
	t.Parallel()
	h := agent.NewHookContext(newFake(), hook())
	expect(t, h, "", "close-port", "80")
	expect(t, h, "", "opened-ports")
	if diff := cmp.Diff(agent.Changes{}, h.Changes()); diff != "" {
		t.Error(diff)
	}
}

func TestLeaderSettings(t *testing.T) {
	t.Parallel()
	f := newFake()
	h := agent.NewHookContext(f, hook())
	expect(t, h, "lv\n", "leader-get", "lk")
	f.shared["lk"] = "other"
	expect(t, h, "lv\n", "leader-get", "lk") // as at first
	expect(t, h, "", "leader-set", "a=b")
	expect(t, h, "a: b\nlk: other\n", "leader-get") // read again after its own write
	f.leader = false
	expect(t, h, "ERROR cannot write leadership settings: cannot write settings: not the leader\n", "leader-set", "a=c")
	expect(t, h, "b\n", "leader-get", "a")
}

func TestWhatTakesEffectAtOnceOrIsAskedLive(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.version = "3.6.2"
	h := agent.NewHookContext(f, hook())
	expect(t, h, "", "application-version-set", "1.2")
	if f.workload != "1.2" {
		t.Errorf("workload is %q", f.workload)
	}
	expect(t, h, "203.0.113.1\n", "unit-get", "public-address")
	expect(t, h, "10.0.0.1\n", "unit-get", "private-address")
	expect(t, h, "uuid: model-3\n", "relation-model-get")
}
