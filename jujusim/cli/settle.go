package cli

import (
	"context"
	"os"
	"os/signal"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/jujusim/uniter"
)

func (s *session) settleCmd() *cobra.Command {
	var limits uniter.Limits
	var verbose bool
	c := verb("settle", "Run hooks until none is queued", 0, 0, func([]string) error {
		if err := s.change(); err != nil {
			return err
		}
		ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
		defer cancel()
		limits.Stop = ctx.Done()
		defer s.showProgress(verbose)()
		return s.uniter.Settle(limits)
	})
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "print a line for each hook")
	c.Flags().IntVar(&limits.Retries, "retry", 0, "run a unit's failed hooks again up to so many times")
	c.Flags().IntVar(&limits.Hooks, "limit", 0, "give up after so many hooks (default 2000, and 100 for each unit)")
	return c
}

func (s *session) resolveCmd() *cobra.Command {
	var skip bool
	c := verb("resolve UNIT...", "Queue a failed hook again, or take it as done", 1, -1, func(args []string) error {
		return s.eachAgent(args, func(a *uniter.Agent) error { return s.uniter.Resolve(a.Unit, skip) })
	})
	c.Aliases = []string{"resolved"}
	c.Flags().BoolVar(&skip, "no-retry", false, "do not run the hook again: it counts as done")
	return c
}

func (s *session) updateStatusCmd() *cobra.Command {
	return verb("update-status [UNIT...]", "Queue update-status on the units, or on all", 0, -1, func(args []string) error {
		if err := s.change(); err != nil {
			return err
		}
		for _, a := range s.agents {
			a.UpdateStatus = a.UpdateStatus || len(args) == 0
		}
		return s.eachAgent(args, func(a *uniter.Agent) error {
			a.UpdateStatus = true
			return nil
		})
	})
}

// eachAgent does something to the agents of the named units, of which all must exist.
func (s *session) eachAgent(units []string, do func(*uniter.Agent) error) error {
	if err := s.change(); err != nil {
		return err
	}
	var agents []*uniter.Agent
	for _, name := range units {
		u, err := s.model.Unit(name)
		if err != nil {
			return err
		}
		agents = append(agents, s.agents[u.Name])
	}
	for _, a := range agents {
		if err := do(a); err != nil {
			return err
		}
	}
	return nil
}
