package cli

import (
	"slices"
	"strings"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// portsCell is how the table of status shows what a unit has opened: 80,8000-8003/tcp 53/udp icmp. Single ports that
// follow each other become a range. The ranges come by protocol and port; icmp, which has no port, goes last.
func portsCell(opened []agent.PortRange) string {
	if i := slices.IndexFunc(opened, func(r agent.PortRange) bool { return r.Protocol == "icmp" }); i >= 0 {
		opened = append(slices.Delete(slices.Clone(opened), i, i+1), opened[i])
	}
	var cell strings.Builder
	for i := 0; i < len(opened); i++ {
		r := opened[i]
		for i+1 < len(opened) && follows(r, opened[i+1]) {
			i++
			r.To = opened[i].To
		}
		last := i+1 == len(opened) || opened[i+1].Protocol != r.Protocol
		text, separator := r.String(), " "
		if !last {
			text, separator = strings.TrimSuffix(text, "/"+r.Protocol), ","
		}
		cell.WriteString(text + separator)
	}
	return strings.TrimSuffix(cell.String(), " ")
}

// follows tells whether next is the one port behind those of r.
func follows(r, next agent.PortRange) bool {
	return next.Protocol == r.Protocol && next.From == r.To+1 && next.To == next.From
}

// portsList is how show-unit and status as JSON or YAML show what a unit has opened.
func portsList(opened []agent.PortRange) []string {
	list := make([]string, 0, len(opened))
	for _, r := range opened {
		list = append(list, r.String())
	}
	return list
}
