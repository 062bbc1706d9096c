package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/pkg/charm"
)

func (a *app) getControllerLabels() *cobra.Command {
	return a.forWorker(a.speaks(a.prints(&cobra.Command{
		Use:     "get-controller-labels",
		GroupID: workerGroup,
		Short:   "Print the labels of control-plane nodes, as the master says them",
		Args:    cobra.NoArgs,
	})), func(c *cobra.Command, w *charm.Worker, _ []string) error {
		value, err := w.ControllerLabels(c.Context())
		if err != nil {
			return err
		}
		return printLines(a, value)
	})
}
