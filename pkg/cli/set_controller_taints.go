package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/pkg/charm"
)

func (a *app) setControllerTaints() *cobra.Command {
	return a.forMaster(a.speaks(a.writes(&cobra.Command{
		Use:     "set-controller-taints [TAINT...]",
		GroupID: masterGroup,
		Short:   "Tell the workers the taints of control-plane nodes",
		Long: `Tell the workers the taints of control-plane nodes, KEY[=VALUE]:EFFECT each, by Kubernetes' rules, on every relation,
later ones included. Without a taint the list is empty.`,
		Args: cobra.ArbitraryArgs,
	})), func(c *cobra.Command, m *charm.Master, args []string) error {
		return m.SetControllerTaints(c.Context(), args)
	})
}
