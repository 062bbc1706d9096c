package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/session"
)

func (a *app) refresh() *cobra.Command {
	return a.withDryRun(&cobra.Command{
		Use:     "refresh",
		GroupID: bothGroup,
		Short:   "Read every unit's data again and bring flags and databags up to date",
		Long: `Read every unit's data again and bring flags and databags up to date. Hooks do this in small steps. After
"juju resolve --no-retry", this command does it at once. Handlers do not run.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.session(c.Context(), func(s *session.Session) error { return s.Do(c.Context(), engine.Refresh{}) })
		},
	})
}
