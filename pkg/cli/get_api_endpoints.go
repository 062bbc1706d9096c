package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/pkg/charm"
)

func (a *app) getAPIEndpoints() *cobra.Command {
	return a.forWorker(a.speaks(a.prints(&cobra.Command{
		Use:     "get-api-endpoints",
		GroupID: workerGroup,
		Short:   "Print the URLs of the API servers, of all masters",
		Args:    cobra.NoArgs,
	})), func(c *cobra.Command, w *charm.Worker, _ []string) error {
		value, err := w.APIEndpoints(c.Context())
		if err != nil {
			return err
		}
		return printLines(a, value)
	})
}
