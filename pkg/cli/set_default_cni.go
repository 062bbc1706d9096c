package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/pkg/charm"
)

func (a *app) setDefaultCNI() *cobra.Command {
	return a.forMaster(a.speaks(a.writes(&cobra.Command{
		Use:     "set-default-cni NAME",
		GroupID: masterGroup,
		Short:   "Tell the workers the name of the default CNI",
		Long:    `Tell the workers the name of the default CNI, on every relation, later ones included. The empty name is a value too.`,
		Args:    cobra.ExactArgs(1),
	})), func(c *cobra.Command, m *charm.Master, args []string) error {
		return m.SetDefaultCNI(c.Context(), args[0])
	})
}
