package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/pkg/charm"
)

func (a *app) getDefaultCNI() *cobra.Command {
	return a.forWorker(a.speaks(a.prints(&cobra.Command{
		Use:     "get-default-cni",
		GroupID: workerGroup,
		Short:   "Print the name of the default CNI, as the master says it",
		Args:    cobra.NoArgs,
	})), func(c *cobra.Command, w *charm.Worker, _ []string) error {
		value, err := w.DefaultCNI(c.Context())
		if err != nil {
			return err
		}
		return a.printValue(value)
	})
}
