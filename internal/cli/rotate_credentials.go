package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

func (a *app) rotateCredentials() *cobra.Command {
	c := a.withEndpoint(a.withDryRun(&cobra.Command{
		Use:     "rotate-credentials --unit UNIT | --all | --finish | --list",
		GroupID: masterGroup,
		Short:   "Give workers new tokens",
		Long: `Ask for new tokens. The workers' requests wait to be signed again, and --list prints the units. The published tokens stay
until then. Replaced tokens count as accepted until the second update-status, or until --finish. Then closed-auth-creds
names them with their generation, and the charm has to revoke them. Only the leader may rotate (exit code 3).

A ready master signs at once, and removes the replaced tokens from its token file.`,
		Example: `  kube-control rotate-credentials --unit kubernetes-worker/3
  kube-control rotate-credentials --all
  kube-control rotate-credentials --finish`,
		Args: cobra.NoArgs,
	}))
	unit := c.Flags().String("unit", "", "the worker whose credentials are rotated")
	all := c.Flags().Bool("all", false, "the credentials of all workers are rotated")
	finish := c.Flags().Bool("finish", false, "end the time in which replaced credentials are accepted")
	list := c.Flags().Bool("list", false, "print the units that wait for new tokens")
	c.PreRunE = func(c *cobra.Command, _ []string) error {
		if err := a.exclusive(c, true, "unit", "all", "finish", "list"); err != nil {
			return err
		}
		return checkFormat(a.format)
	}
	return a.forMaster(c, func(c *cobra.Command, m *session.Master, _ []string) error {
		switch {
		case *list:
			units, err := m.Rotating(c.Context())
			if err != nil {
				return err
			}
			return printLines(a, units)
		case *finish:
			return a.did(m.FinishRotation(c.Context()), "replaced tokens are no longer accepted")
		}
		var one kubecontrol.Unit
		if !*all {
			var err error
			if one, err = checkUnit(*unit); err != nil {
				return err
			}
		}
		what := "all workers get new tokens"
		if one != "" {
			what = fmt.Sprintf("%s gets new tokens", one)
		}
		return a.did(m.RotateCredentials(c.Context(), one), what+"; replaced ones are accepted until the second update-status, or until "+a.option("finish"))
	})
}
