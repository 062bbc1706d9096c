package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

func (a *app) setAuthRequest() *cobra.Command {
	c := a.withRelation(a.withDryRun(&cobra.Command{
		Use:     "set-auth-request USER",
		GroupID: workerGroup,
		Short:   "Ask the master for credentials for a user",
		Long: `Ask the master for credentials for a user, on every relation, later ones included.
The node in system:node:NODE is lower-cased, as Kubernetes does it. An empty USER withdraws the request.`,
		Example: "  kube-control set-auth-request system:node:node-1\n  kube-control set-auth-request root --group system:masters",
		Args:    cobra.ExactArgs(1),
	}))
	group := c.Flags().String("group", kubecontrol.DefaultGroup, "the group that the user is to be in")
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.worker(c.Context(), func(w *session.Worker) error { return w.SetAuthRequest(c.Context(), args[0], *group) })
	}
	return c
}
