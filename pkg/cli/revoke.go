package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/pkg/charm"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

func (a *app) revoke() *cobra.Command {
	return a.forMaster(a.speaksForAll(a.writes(&cobra.Command{
		Use:     "revoke UNIT",
		GroupID: masterGroup,
		Short:   "Take a worker's credentials from the wire and refuse its request",
		Long: `Take a worker's credentials from the wire at once, and refuse the request that it has now: it is neither listed nor
signed until the worker asks for another user or group. The ready masters take its tokens from their token files.
Only the leader may (exit code 3).`,
		Example: "  kube-control revoke kubernetes-worker/3",
		Args:    cobra.ExactArgs(1),
	})), func(c *cobra.Command, m *charm.Master, args []string) error {
		return m.Revoke(c.Context(), kubecontrol.Unit(args[0]))
	})
}
