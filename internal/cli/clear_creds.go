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
		Long: `Take all credentials that this unit publishes from the wire. On the leader all requests wait to be signed again then;
those whose tokens are in a Juju secret come back with the next hook that looks after them.`,
		Args: cobra.NoArgs,
	})), func(c *cobra.Command, m *session.Master, _ []string) error {
		return m.ClearCreds(c.Context())
	})
}
