package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/pkg/charm"
)

func (a *app) setAPIEndpoints() *cobra.Command {
	return a.forMaster(a.speaks(a.writes(&cobra.Command{
		Use:     "set-api-endpoints [URL...]",
		GroupID: masterGroup,
		Short:   "Tell the workers the URLs of the API servers",
		Long: `Tell the workers the URLs of the API servers that this unit knows, on every relation, later ones included. Without a URL
the list is empty.`,
		Args: cobra.ArbitraryArgs,
	})), func(c *cobra.Command, m *charm.Master, args []string) error {
		return m.SetAPIEndpoints(c.Context(), args)
	})
}
