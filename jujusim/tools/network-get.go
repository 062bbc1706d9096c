package tools

import (
	"errors"
	"fmt"

	"github.com/juju/gnuflag"
)

type networkGet struct {
	ctx      Context
	output   output
	relation relationFlag
	binding  string
	bind     bool
	ingress  bool
	egress   bool
	primary  bool
}

func newNetworkGet(ctx Context) command {
	return &networkGet{ctx: ctx, output: smartOutput(), relation: newRelationFlag(ctx)}
}

func (n *networkGet) usage() usage {
	return usage{
		args:    "<binding-name> [--ingress-address] [--bind-address] [--egress-subnets]",
		purpose: "Print the addresses of a binding.",
	}
}

func (n *networkGet) setFlags(f *gnuflag.FlagSet) {
	n.output.setFlags(f)
	n.relation.setFlags(f)
	f.BoolVar(&n.bind, "bind-address", false, "print the address to listen at")
	f.BoolVar(&n.ingress, "ingress-address", false, "print the address that others use")
	f.BoolVar(&n.egress, "egress-subnets", false, "print the subnets that traffic comes from")
	f.BoolVar(&n.primary, "primary-address", false, "deprecated")
}

func (n *networkGet) setUp(args []string) error {
	if len(args) == 0 {
		return errors.New("no arguments specified")
	}
	if args[0] == "" {
		return errors.New("no binding name specified")
	}
	n.binding = args[0]
	return noMore(args[1:])
}

func (n *networkGet) run(c *call) error {
	if n.primary && (n.bind || n.ingress || n.egress) {
		return errors.New("--primary-address must be the only flag specified")
	}
	info, known := n.ctx.NetworkInfo(n.binding)
	if !known || len(info.BindAddresses)+len(info.IngressAddresses)+len(info.EgressSubnets) == 0 {
		return fmt.Errorf("no network config found for binding %q", n.binding)
	}
	values := map[string]any{}
	if n.bind {
		values["bind-address"] = firstBindAddress(info)
	}
	if n.primary {
		values["primary-address"] = firstBindAddress(info)
	}
	if n.ingress {
		values["ingress-address"] = append(append([]string(nil), info.IngressAddresses...), "")[0]
	}
	if n.egress {
		values["egress-subnets"] = info.EgressSubnets
	}
	switch len(values) {
	case 0:
		return n.output.write(c, info)
	case 1:
		for _, value := range values {
			return n.output.write(c, value)
		}
	}
	return n.output.write(c, values)
}

func firstBindAddress(info NetworkInfo) string {
	for _, device := range info.BindAddresses {
		for _, address := range device.Addresses {
			return address.Value
		}
	}
	return ""
}
