package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/pkg/charm"
)

func (a *app) setRegistryLocation() *cobra.Command {
	return a.forMaster(a.speaks(a.writes(&cobra.Command{
		Use:     "set-registry-location REGISTRY_LOCATION",
		GroupID: masterGroup,
		Short:   "Tell the workers where container images come from",
		Long:    "Tell the workers where container images come from, on every relation, later ones included. An empty text deletes it.",
		Args:    cobra.ExactArgs(1),
	})), func(c *cobra.Command, m *charm.Master, args []string) error {
		return m.SetRegistryLocation(c.Context(), args[0])
	})
}
