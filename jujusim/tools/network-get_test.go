package tools_test

import (
	"testing"

	"github.com/kube-control/kube-control/jujusim/tools"
)

func TestNetworkGet(t *testing.T) {
	t.Parallel()
	networks := func(f *fake) {
		f.networks = map[string]tools.NetworkInfo{
			"kube-control": {
				BindAddresses: []tools.BindAddress{{
					MACAddress: "aa:bb", InterfaceName: "eth0",
					Addresses: []tools.Address{{Value: "10.0.0.1", CIDR: "10.0.0.0/24"}},
				}},
				EgressSubnets: []string{"10.0.0.1/32"}, IngressAddresses: []string{"10.0.0.9"},
			},
			"egress": {EgressSubnets: []string{"10.0.0.1/32"}},
			"no-net": {},
		}
	}
	tests := []toolTest{
		{
			juju: "3.6.1", name: "json", args: []string{"kube-control", "--format=json"},
			stdout: `{"bind-addresses":[{"mac-address":"aa:bb","interface-name":"eth0","addresses":` +
				`[{"hostname":"","value":"10.0.0.1","cidr":"10.0.0.0/24"}]}],` +
				`"egress-subnets":["10.0.0.1/32"],"ingress-addresses":["10.0.0.9"]}` + "\n",
		},
		{
			juju: "3.6.1", name: "yaml repeats some fields", args: []string{"kube-control"},
			stdout: "bind-addresses:\n- mac-address: aa:bb\n  interface-name: eth0\n  addresses:\n  - hostname: \"\"\n" +
				"    value: 10.0.0.1\n    cidr: 10.0.0.0/24\n    address: 10.0.0.1\n  macaddress: aa:bb\n" +
				"  interfacename: eth0\negress-subnets:\n- 10.0.0.1/32\ningress-addresses:\n- 10.0.0.9\n",
		},
		{juju: "3.6.1", name: "bind address", args: []string{"kube-control", "--bind-address"}, stdout: "10.0.0.1\n"},
		{juju: "3.6.1", name: "ingress address", args: []string{"kube-control", "--ingress-address"}, stdout: "10.0.0.9\n"},
		{juju: "3.6.1", name: "primary address", args: []string{"kube-control", "--primary-address"}, stdout: "10.0.0.1\n"},
		{juju: "3.6.1", name: "egress subnets", args: []string{"kube-control", "--egress-subnets", "--format=yaml"}, stdout: "- 10.0.0.1/32\n"},
		{
			juju: "3.6.1", name: "two", args: []string{"kube-control", "--ingress-address", "--egress-subnets", "--format=json"},
			stdout: `{"egress-subnets":["10.0.0.1/32"],"ingress-address":"10.0.0.9"}` + "\n",
		},
		{juju: "3.6.1", name: "address that is not there", args: []string{"egress", "--bind-address", "--format=json"}, stdout: `""` + "\n"},
		{juju: "3.6.1", name: "ingress address that is not there", args: []string{"egress", "--ingress-address"}},
		{juju: "3.6.1", name: "no data", args: []string{"no-net"}, code: 1, stderr: `no network config found for binding "no-net"`},
		{juju: "3.6.1", name: "unknown", args: []string{"x"}, code: 1, stderr: `no network config found for binding "x"`},
		{
			juju: "3.6.1", name: "primary and another", args: []string{"kube-control", "--primary-address", "--bind-address"},
			code: 1, stderr: "--primary-address must be the only flag specified",
		},
		{juju: "3.6.1", name: "nothing", code: 2, stderr: "no arguments specified"},
		{juju: "3.6.1", name: "empty", args: []string{""}, code: 2, stderr: "no binding name specified"},
		{juju: "3.6.1", name: "too many", args: []string{"a", "b"}, code: 2, stderr: `unrecognized args: ["b"]`},
	}
	for i := range tests {
		tests[i].hook = networks
	}
	runTool(t, "network-get", tests)
}
