package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/session"
)

func (a *app) clearCreds() *cobra.Command {
	return a.forMaster(a.withRelation(a.withDryRun(&cobra.Command{
		Use:     "clear-creds",
		GroupID: masterGroup,
		Short:   "Take all credentials of this unit from the wire",
		Long: `Remove all credentials that this unit publishes from the relations. On the leader, all requests then wait to be signed
again. Credentials in a Juju secret come back with the next hook that checks the secret.`,
		Args: cobra.NoArgs,
	})), func(c *cobra.Command, m *session.Master, _ []string) error {
		return m.ClearCreds(c.Context())
	})
}
