package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/pkg/charm"
)

func (a *app) getHasXCP() *cobra.Command {
	return a.speaks(a.prints(&cobra.Command{
		Use:     "get-has-xcp",
		GroupID: workerGroup,
		Short:   "Print whether there is an external cloud provider",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.worker(c.Context(), func(w *charm.Worker) error {
				value, err := w.HasXCP(c.Context())
				if err != nil {
					return err
				}
				return a.printBool(value)
			})
		},
	}))
}
