// Command gocharm is the program of a charm whose handlers are in Go. Every hook of the charm links to it.
package main

import (
	"context"
	"os"

	"github.com/kube-control/kube-control/pkg/charm"
)

func main() {
	var rules charm.Rules
	rules.When("kube-control.connected").Master("send-dns", func(ctx context.Context, m *charm.Master) error {
		return m.SetDNS(ctx, 53, "cluster.local", "10.152.183.10", true)
	})
	os.Exit(charm.Main(&rules))
}
