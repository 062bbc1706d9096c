package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/pkg/charm"
)

func (a *app) getHasXCP() *cobra.Command {
	return a.forWorker(a.speaks(a.prints(&cobra.Command{
		Use:     "get-has-xcp",
		GroupID: workerGroup,
		Short:   "Print whether there is an external cloud provider",
		Args:    cobra.NoArgs,
	})), func(c *cobra.Command, w *charm.Worker, _ []string) error {
		value, err := w.HasXCP(c.Context())
		if err != nil {
			return err
		}
		return a.printBool(value)
	})
}
