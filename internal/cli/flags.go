package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/internal/session"
)

func (a *app) flags() *cobra.Command {
	c := a.withFormat(&cobra.Command{
		Use:     "flags",
		GroupID: bothGroup,
		Short:   "List the flags that are set",
		Long: `List the flags that are set, computed now, and those that the charm's author set. Only the latter can be set and
cleared by hand, and ENDPOINT.requests.changed can be cleared.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withFlags(c.Context(), func(set flags.Set) error { return printLines(a, set.Sorted()) })
		},
	})
	c.AddCommand(a.isSet(), a.putFlag("set", "Set a flag of the charm's author", true), a.putFlag("clear", "Clear a flag of the charm's author, or ENDPOINT.requests.changed", false))
	return c
}

func (a *app) withFlags(ctx context.Context, f func(flags.Set) error) error {
	return a.session(ctx, func(s *session.Session) error {
		set, err := s.Flags(ctx)
		if err != nil {
			return err
		}
		return f(set)
	})
}

func (a *app) isSet() *cobra.Command {
	return a.withFormat(&cobra.Command{
		Use:   "is-set NAME",
		Short: "Print whether a flag is set; exit code 3 if not",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withFlags(c.Context(), func(set flags.Set) error {
				if err := a.printBool(set.Has(args[0])); err != nil || set.Has(args[0]) {
					return err
				}
				return errNo
			})
		},
	})
}

func (a *app) putFlag(verb, short string, set bool) *cobra.Command {
	return a.withDryRun(&cobra.Command{
		Use:   verb + " NAME",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.session(c.Context(), func(s *session.Session) error {
				return s.Do(c.Context(), engine.PutFlag{Name: args[0], Set: set})
			})
		},
	})
}
