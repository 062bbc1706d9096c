package cli

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// closed is how closed-auth-creds prints credentials.
type closed struct {
	Unit       kubecontrol.Unit `json:"unit"`
	User       string           `json:"user"`
	Generation int              `json:"generation"`
}

func (a *app) closedAuthCreds() *cobra.Command {
	return a.forMaster(a.withEndpoint(a.withDryRun(&cobra.Command{
		Use:     "closed-auth-creds",
		GroupID: masterGroup,
		Short:   "Print the credentials that were taken from the wire, and forget them",
		Long: `Print user and unit of the credentials that this unit, as the leader, removed since the last call, because the unit left
or asked for another user. A charm that made the tokens has to revoke them. Each is printed once.`,
		Args: cobra.NoArgs,
	})), func(c *cobra.Command, m *session.Master, _ []string) error {
		found, err := m.ClosedAuthCreds(c.Context())
		if a.dryRun || len(found) == 0 && err != nil {
			return err
		}
		list := make([]closed, 0, len(found))
		for _, f := range found {
			list = append(list, closed{f.Scope, f.User, f.Generation})
		}
		// As with flush-departed: under juju exec an error does not bring them back.
		return errors.Join(a.print(list, func(w io.Writer) {
			var rows [][]string
			for _, c := range list {
				rows = append(rows, []string{string(c.Unit), plain(c.User)})
			}
			writeTable(w, []string{"Unit", "User"}, rows)
		}), err)
	})
}
