package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/session"
)

func (a *app) getKubeconfig() *cobra.Command {
	c := a.withEndpoint(a.withFormat(&cobra.Command{
		Use:     "get-kubeconfig",
		GroupID: workerGroup,
		Short:   "Write a kubeconfig with this unit's client token and print its path",
		Long: `Write a kubeconfig with the client token that the master published for this unit, mode 0600, and print its path.
Without -o it is the file that a ready worker keeps, kubeclientconfig in the folder of its option kubeconfig-dir. While
the credentials, the API endpoints or the CA certificate are missing, nothing is written.

With --owner the file belongs to that user of the machine, so that juju scp can fetch it. The path may then have no symbolic
link.`,
		Example: `  kube-control get-kubeconfig
  kube-control get-kubeconfig -o /root/.kube/config
  kube-control get-kubeconfig -o /home/ubuntu/kubeconfig --owner ubuntu`,
		Args: cobra.NoArgs,
	}))
	file := c.Flags().StringP("output", "o", "", "write this file instead")
	owner := c.Flags().String("owner", "", "the user of this machine that is to own the file")
	return a.forWorker(c, func(c *cobra.Command, w *session.Worker, _ []string) error {
		if *owner != "" && *file == "" {
			return engine.Usagef("%s needs %s, because the ready worker's own file is root's", a.option("owner"), a.option("output"))
		}
		path, err := w.Kubeconfig(c.Context(), *file, *owner)
		if err != nil {
			return err
		}
		return a.print(path, func(out io.Writer) {
			fmt.Fprintln(out, path)
			if *owner != "" {
				fmt.Fprintf(out, "to fetch it: juju scp %s:%s . and then remove it from the machine\n", a.env.Unit, path)
			}
		})
	})
}
