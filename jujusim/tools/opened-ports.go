package tools

import (
	"fmt"
	"slices"
	"strings"

	"github.com/juju/gnuflag"
)

type openedPorts struct {
	ctx       Context
	output    output
	endpoints bool
}

func newOpenedPorts(ctx Context) command { return &openedPorts{ctx: ctx, output: smartOutput()} }

func (o *openedPorts) usage() usage {
	return usage{purpose: "List the ports that the unit has opened, by this hook too."}
}

func (o *openedPorts) setFlags(f *gnuflag.FlagSet) {
	o.output.setFlags(f)
	f.BoolVar(&o.endpoints, "endpoints", false, "print the endpoints too, * for all")
}

func (o *openedPorts) setUp(args []string) error { return noMore(args) }

func (o *openedPorts) run(c *call) error {
	byRange := map[PortRange][]string{}
	var ranges []PortRange
	for endpoint, opened := range o.ctx.OpenedPorts() {
		if endpoint == "" {
			endpoint = "*"
		}
		for _, r := range opened {
			if byRange[r] == nil {
				ranges = append(ranges, r)
			}
			byRange[r] = append(byRange[r], endpoint)
		}
	}
	slices.SortFunc(ranges, PortRange.Compare)
	lines := []string{} // never nil: JSON prints an empty list
	for _, r := range ranges {
		text := r.String()
		if o.endpoints {
			slices.Sort(byRange[r])
			text = fmt.Sprintf("%s (%s)", r, strings.Join(byRange[r], ", "))
		}
		lines = append(lines, text)
	}
	return o.output.write(c, lines)
}
