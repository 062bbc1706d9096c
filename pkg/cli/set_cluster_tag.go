package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/pkg/charm"
)

func (a *app) setClusterTag() *cobra.Command {
	return a.forMaster(a.speaks(a.writes(&cobra.Command{
		Use:     "set-cluster-tag CLUSTER_TAG",
		GroupID: masterGroup,
		Short:   "Tell the workers the tag of the cluster's resources",
		Long:    "Tell the workers the tag of the cluster's resources, on every relation, later ones included. An empty text deletes it.",
		Args:    cobra.ExactArgs(1),
	})), func(c *cobra.Command, m *charm.Master, args []string) error {
		return m.SetClusterTag(c.Context(), args[0])
	})
}
