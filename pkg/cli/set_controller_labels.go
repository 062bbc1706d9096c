package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/pkg/charm"
)

func (a *app) setControllerLabels() *cobra.Command {
	return a.forMaster(a.speaks(a.writes(&cobra.Command{
		Use:     "set-controller-labels [LABEL...]",
		GroupID: masterGroup,
		Short:   "Tell the workers the labels of control-plane nodes",
		Long: `Tell the workers the labels of control-plane nodes, KEY=VALUE each, by Kubernetes' rules, on every relation, later ones
included. Without a label the list is empty.`,
		Args: cobra.ArbitraryArgs,
	})), func(c *cobra.Command, m *charm.Master, args []string) error {
		return m.SetControllerLabels(c.Context(), args)
	})
}
