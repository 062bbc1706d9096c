package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/hookenv"
)

func (a *app) hookCommand() *cobra.Command {
	var from string
	c := a.withDryRun(&cobra.Command{
		Use:     "hook NAME",
		GroupID: bothGroup,
		Short:   "Run a hook by name, with its handlers, as its link does",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if from != "" && !a.dryRun {
				return engine.Usagef("--from needs --dry-run, because a dump has no Juju that could change")
			}
			if from != "" {
				if err := a.replay(from); err != nil {
					return err
				}
			}
			env, err := a.env.ForHook(args[0])
			if err != nil {
				return engine.Usagef("%w", err)
			}
			if env.Kind == hookenv.Unknown {
				fmt.Fprintf(a.Stderr, "kube-control: Juju has no hook %s, nothing is done\n", plain(args[0]))
			}
			a.env = env
			return a.runHook(c.Context())
		},
	})
	c.Flags().StringVar(&from, "from", "", "with --dry-run: run it for the unit of this dump, without Juju (see the command dump)")
	return c
}
