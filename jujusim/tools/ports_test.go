package tools_test

import (
	"testing"

	"github.com/kube-control/kube-control/jujusim/tools"
)

func TestOpenAndClosePort(t *testing.T) {
	t.Parallel()
	for tool, verb := range map[string]string{"open-port": "open", "close-port": "close"} {
		runTool(t, tool, []toolTest{
			{juju: "2.9.52", name: tool + " tcp by default", args: []string{"80"}, effects: []string{verb + ` 80/tcp ""`}},
			{juju: "3.6.1", name: tool + " range, outside relation hooks", hook: noRelation, args: []string{"8000-8010/UDP"}, effects: []string{verb + ` 8000-8010/udp ""`}},
			{juju: "3.6.1", name: tool + " icmp", args: []string{"ICMP/80"}, effects: []string{verb + ` icmp ""`}},
			{juju: "4.0.1", name: tool + " endpoints", args: []string{"--endpoints", "a, b", "53/udp"}, effects: []string{verb + ` 53/udp "a"`, verb + ` 53/udp "b"`}},
			{juju: "3.6.1", name: tool + " missing", code: 2, stderr: "no port or range specified"},
			{juju: "3.6.1", name: tool + " too many", args: []string{"80", "81"}, code: 2, stderr: `unrecognized args: ["81"]`},
			{juju: "3.6.1", name: tool + " no number", args: []string{"abc"}, code: 2, stderr: `invalid port "abc": strconv.Atoi: parsing "abc": invalid syntax`},
			{juju: "3.6.1", name: tool + " range backwards", args: []string{"80-70"}, code: 2, stderr: "invalid port range 80-70/tcp"},
			{juju: "3.6.1", name: tool + " three bounds", args: []string{"1-2-3"}, code: 2, stderr: `invalid port range "1-2-3"`},
			{juju: "3.6.1", name: tool + " too large", args: []string{"99999"}, code: 2, stderr: "port range bounds must be between 0 and 65535, got 99999-99999"},
			{juju: "3.6.1", name: tool + " protocol", args: []string{"80/xyz"}, code: 2, stderr: `invalid protocol "xyz", expected "tcp", "udp", or "icmp"`},
			{juju: "3.6.1", name: tool + " icmp with a port", args: []string{"80/icmp"}, code: 2, stderr: `protocol "icmp" doesn't support any ports; got "80"`},
		})
	}
	runTool(t, "open-port", []toolTest{
		{
			juju: "3.6.1", name: "conflict at the second endpoint", args: []string{"--endpoints=a,taken", "80"},
			code: 1, stderr: "cannot open it", effects: []string{`open 80/tcp "a"`},
		},
	})
}

func TestOpenedPorts(t *testing.T) {
	t.Parallel()
	some := func(f *fake) {
		f.ports = map[string][]tools.PortRange{}
		for endpoint, ranges := range map[string][]string{"": {"80", "icmp"}, "b": {"53/udp", "8000-8010"}, "a": {"53/udp"}} {
			for _, text := range ranges {
				r, err := tools.ParsePortRange(text)
				if err != nil {
					t.Fatal(err)
				}
				f.ports[endpoint] = append(f.ports[endpoint], r)
			}
		}
	}
	runTool(t, "opened-ports", []toolTest{
		{juju: "2.9.52", name: "ranges", hook: some, stdout: "icmp\n80/tcp\n8000-8010/tcp\n53/udp\n"},
		{juju: "3.6.1", name: "endpoints", hook: some, args: []string{"--endpoints", "--format=json"}, stdout: `["icmp (*)","80/tcp (*)","8000-8010/tcp (b)","53/udp (a, b)"]` + "\n"},
		{juju: "3.6.1", name: "none, outside relation hooks", hook: noRelation, args: []string{"--format=json"}, stdout: "[]\n"},
		{juju: "3.6.1", name: "argument", args: []string{"x"}, code: 2, stderr: `unrecognized args: ["x"]`},
	})
}
