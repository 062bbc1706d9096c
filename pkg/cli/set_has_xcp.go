package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/pkg/charm"
)

func (a *app) setHasXCP() *cobra.Command {
	return a.speaks(a.writes(&cobra.Command{
		Use:     "set-has-xcp BOOL",
		GroupID: masterGroup,
		Short:   "Tell the workers whether there is an external cloud provider",
		Long:    `Tell the workers whether the cluster has an external cloud provider, on every relation, later ones included.`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			has, err := readBool(args[0])
			if err != nil {
				return err
			}
			return a.master(c.Context(), func(m *charm.Master) error { return m.SetHasXCP(c.Context(), has) })
		},
	}))
}
