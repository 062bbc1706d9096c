package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/session"
)

func (a *app) getCACertificate() *cobra.Command {
	return a.forWorker(a.withRelation(a.withFormat(&cobra.Command{
		Use:     "get-ca-certificate",
		GroupID: workerGroup,
		Short:   "Print the cluster's CA certificate, from the master's secret",
		Args:    cobra.NoArgs,
	})), func(c *cobra.Command, w *session.Worker, _ []string) error {
		certificate, err := w.CACertificate(c.Context())
		if err != nil {
			return err
		}
		return a.print(certificate, func(out io.Writer) {
			if certificate != nil {
				io.WriteString(out, *certificate) // PEM ends in a newline of its own
			}
		})
	})
}
