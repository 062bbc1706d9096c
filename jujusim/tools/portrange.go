package tools

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/juju/gnuflag"
)

// PortRange is a range of ports of one protocol, both ends included. Protocol icmp has no ports: both are -1.
type PortRange struct {
	From     int    `json:"from"`
	To       int    `json:"to"`
	Protocol string `json:"protocol"` // tcp, udp or icmp
}

// ParsePortRange reads PORT, FROM-TO, either with /PROTOCOL behind, or icmp. The protocol is tcp unless given.
func ParsePortRange(text string) (PortRange, error) {
	ports, protocol, given := strings.Cut(text, "/")
	if !given {
		protocol = "tcp"
	}
	if strings.EqualFold(ports, "icmp") {
		return PortRange{From: -1, To: -1, Protocol: "icmp"}, nil
	}
	r := PortRange{Protocol: strings.ToLower(protocol)}
	bounds := strings.Split(ports, "-")
	if len(bounds) > 2 {
		return PortRange{}, fmt.Errorf("invalid port range %q", ports)
	}
	var err error
	if r.From, err = parsePort(bounds[0]); err == nil {
		r.To, err = parsePort(bounds[len(bounds)-1])
	}
	if err != nil {
		return PortRange{}, err
	}
	return r, r.check()
}

func parsePort(text string) (int, error) {
	port, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("invalid port %q: %w", text, err)
	}
	return port, nil
}

func (r PortRange) check() error {
	switch {
	case r.Protocol == "icmp":
		return fmt.Errorf(`protocol "icmp" doesn't support any ports; got "%d"`, r.From)
	case r.Protocol != "tcp" && r.Protocol != "udp":
		return fmt.Errorf(`invalid protocol %q, expected "tcp", "udp", or "icmp"`, r.Protocol)
	case r.From > r.To:
		return fmt.Errorf("invalid port range %s", r)
	case r.From < 0 || r.From > 65535 || r.To > 65535:
		return fmt.Errorf("port range bounds must be between 0 and 65535, got %d-%d", r.From, r.To)
	}
	return nil
}

// String is the range as Juju prints it: icmp, 80/tcp, 8000-8010/udp.
func (r PortRange) String() string {
	switch {
	case r.Protocol == "icmp":
		return r.Protocol
	case r.From == r.To:
		return fmt.Sprintf("%d/%s", r.From, r.Protocol)
	}
	return fmt.Sprintf("%d-%d/%s", r.From, r.To, r.Protocol)
}

// Overlaps tells whether the ranges have a port in common.
func (r PortRange) Overlaps(other PortRange) bool {
	return r.Protocol == other.Protocol && r.From <= other.To && other.From <= r.To
}

// Compare orders ranges by protocol, then by port.
func (r PortRange) Compare(other PortRange) int {
	return cmp.Or(cmp.Compare(r.Protocol, other.Protocol), cmp.Compare(r.From, other.From), cmp.Compare(r.To, other.To))
}

// portChange is open-port or close-port.
type portChange struct {
	change    func(endpoint string, r PortRange) error
	purpose   string
	format    dummyFormat
	endpoints string
	ports     PortRange
}

func (p *portChange) usage() usage {
	return usage{args: "<port>[/<protocol>] or <from>-<to>[/<protocol>] or icmp", purpose: p.purpose}
}

func (p *portChange) setFlags(f *gnuflag.FlagSet) {
	p.format.setFlags(f)
	f.StringVar(&p.endpoints, "endpoints", "", "the endpoints that this is about, with commas between; all if none")
}

func (p *portChange) setUp(args []string) (err error) {
	if len(args) == 0 {
		return errors.New("no port or range specified")
	}
	if p.ports, err = ParsePortRange(args[0]); err != nil {
		return err
	}
	return noMore(args[1:])
}

func (p *portChange) run(c *call) error {
	p.format.warn(c)
	for _, endpoint := range strings.Split(p.endpoints, ",") {
		if err := p.change(strings.TrimSpace(endpoint), p.ports); err != nil {
			return err
		}
	}
	return nil
}
