package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/pkg/charm"
)

func (a *app) getControllerTaints() *cobra.Command {
	return a.forWorker(a.speaks(a.prints(&cobra.Command{
		Use:     "get-controller-taints",
		GroupID: workerGroup,
		Short:   "Print the taints of control-plane nodes, as the master says them",
		Args:    cobra.NoArgs,
	})), func(c *cobra.Command, w *charm.Worker, _ []string) error {
		value, err := w.ControllerTaints(c.Context())
		if err != nil {
			return err
		}
		return printLines(a, value)
	})
}
