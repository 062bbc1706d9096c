package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/pkg/charm"
)

func (a *app) getRegistryLocation() *cobra.Command {
	return a.forWorker(a.speaks(a.prints(&cobra.Command{
		Use:     "get-registry-location",
		GroupID: workerGroup,
		Short:   "Print where container images come from, as the master says it",
		Args:    cobra.NoArgs,
	})), func(c *cobra.Command, w *charm.Worker, _ []string) error {
		value, err := w.RegistryLocation(c.Context())
		if err != nil {
			return err
		}
		return a.printValue(value)
	})
}
