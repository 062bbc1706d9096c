package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/session"
)

// readiness is how evaluate prints.
type readiness struct {
	Ready   bool   `json:"ready"`
	Message string `json:"message"` // what is missing or waited for; empty if ready
}

func (a *app) evaluate() *cobra.Command {
	return a.forWorker(a.withEndpoint(a.withFormat(&cobra.Command{
		Use:     "evaluate",
		GroupID: workerGroup,
		Short:   "Print whether the relation has everything that this unit needs; exit code 3 if not",
		Args:    cobra.NoArgs,
	})), func(c *cobra.Command, w *session.Worker, _ []string) error {
		message, err := w.EvaluateRelation(c.Context())
		if err != nil {
			return err
		}
		r := readiness{Ready: message == "", Message: message}
		err = a.print(r, func(out io.Writer) {
			if r.Ready {
				message = "ready"
			}
			fmt.Fprintln(out, message)
		})
		if err == nil && !r.Ready {
			return errNo
		}
		return err
	})
}
