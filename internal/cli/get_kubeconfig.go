package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/session"
)

func (a *app) getKubeconfig() *cobra.Command {
	c := a.withEndpoint(a.withFormat(&cobra.Command{
		Use:     "get-kubeconfig",
		GroupID: workerGroup,
		Short:   "Write a kubeconfig with this unit's client token and print its path",
		Long: `Write a kubeconfig with the client token that the master published for this unit, mode 0600, and print its path.
Without -o it is the file that a ready worker keeps, kubeclientconfig in the folder of its option kubeconfig-dir. While
the credentials, the API endpoints or the CA certificate are missing, nothing is written.`,
		Example: "  kube-control get-kubeconfig\n  kube-control get-kubeconfig -o /root/.kube/config",
		Args:    cobra.NoArgs,
	}))
	file := c.Flags().StringP("output", "o", "", "write this file instead")
	return a.forWorker(c, func(c *cobra.Command, w *session.Worker, _ []string) error {
		path, err := w.Kubeconfig(c.Context(), *file)
		if err != nil {
			return err
		}
		return a.printValue(&path)
	})
}
