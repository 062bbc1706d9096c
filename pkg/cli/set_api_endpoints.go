package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/pkg/charm"
)

func (a *app) setAPIEndpoints() *cobra.Command {
	return a.speaks(a.writes(&cobra.Command{
		Use:     "set-api-endpoints [URL...]",
		GroupID: masterGroup,
		Short:   "Tell the workers the URLs of the API servers",
		Long: `Tell the workers the URLs of the API servers that this unit knows, on every relation, later ones included. Without a URL
the list is empty.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			return a.master(c.Context(), func(m *charm.Master) error { return m.SetAPIEndpoints(c.Context(), args) })
		},
	}))
}
