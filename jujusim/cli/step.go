package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/jujusim/uniter"
)

func (s *session) stepCmd() *cobra.Command {
	var n int
	c := verb("step UNIT", "Run a unit's next hooks, and stop", 1, 1, func(args []string) error {
		if n < 1 {
			return usageError{fmt.Errorf("invalid value \"%d\" for -n: must be 1 or more", n)}
		}
		if err := s.change(); err != nil {
			return err
		}
		u, err := s.model.Unit(args[0])
		if err != nil {
			return err
		}
		s.uniter.Trace = func(t uniter.Trace) {
			s.trace(t)
			fmt.Fprintf(s.stdout, "%s %s exit %d\n", t.Unit, t.Name, t.Code)
		}
		defer func() { s.uniter.Trace = s.trace }()
		ran, err := s.uniter.Step(u.Name, n)
		if err == nil && ran < n && s.agents[u.Name] != nil && !s.agents[u.Name].Failed {
			fmt.Fprintf(s.stderr, "%s has no more hooks queued\n", u.Name)
		}
		return err
	})
	c.Flags().IntVarP(&n, "count", "n", 1, "number of hooks")
	return c
}
