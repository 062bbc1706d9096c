package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/session"
)

func (a *app) flushDeparted() *cobra.Command {
	return a.forMaster(a.withEndpoint(a.withDryRun(&cobra.Command{
		Use:     "flush-departed",
		GroupID: masterGroup,
		Short:   "Print the units that have left, and clear the departed flag",
		Long: `Print the units that have left since the last flush, one per line, and clear ENDPOINT.departed.
Their credentials are already removed from the relation. The list is for the charm's own clean-up.`,
		Args: cobra.NoArgs,
	})), func(c *cobra.Command, m *session.Master, _ []string) error {
		units, err := m.FlushDeparted(c.Context())
		if a.dryRun || err != nil && len(units) == 0 {
			return err
		}
		// juju exec keeps what was written before an error, so the units are told with it or nobody hears of them.
		return errors.Join(printLines(a, units), err)
	})
}
