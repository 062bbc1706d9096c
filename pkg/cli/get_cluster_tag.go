package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/pkg/charm"
)

func (a *app) getClusterTag() *cobra.Command {
	return a.forWorker(a.speaks(a.prints(&cobra.Command{
		Use:     "get-cluster-tag",
		GroupID: workerGroup,
		Short:   "Print the tag of the cluster's resources, as the master says it",
		Args:    cobra.NoArgs,
	})), func(c *cobra.Command, w *charm.Worker, _ []string) error {
		value, err := w.ClusterTag(c.Context())
		if err != nil {
			return err
		}
		return a.printValue(value)
	})
}
