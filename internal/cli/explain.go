package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/explain"
	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

func (a *app) explain() *cobra.Command {
	c := a.withFormat(&cobra.Command{
		Use:     "explain",
		GroupID: bothGroup,
		Short:   "Say why each flag is what it is, what each unit waits for, and what to do next",
		Long: `Say what is wrong and what to do next, then why each flag is what it is. It works everywhere, changes nothing and
shows no token. --unit looks at one remote unit and reads its databag again; otherwise a master
shows what its hooks have read of the workers.

With --format json it is an object: unit, leader, dying, and endpoints. Each of these has endpoint, role, status
(status and message), problems, flags and units:

  problems  cause (one of the fixed words in docs/operations.md), relation, unit, key, text, next
  flags     flag, set, rule, because, key, unit, next
  units     unit, relation, state (signed, no-request, publishes, silent, or a cause), user, group, text, next

An empty field is left out. Names are stable, and new ones may be added. Values of peers are cut at 64 bytes.`,
		Example: `  juju exec --unit kube-control-master/leader -- bin/kube-control explain --unit kube-control-worker/3
  juju exec --unit kube-control-worker/3 -- bin/kube-control explain`,
		Args: cobra.NoArgs,
	})
	unit := c.Flags().String("unit", "", "explain this remote unit only")
	endpoint := c.Flags().String("endpoint", "", "explain this endpoint only")
	from := c.Flags().String("from", "", "explain the unit of this dump, without Juju (see the command dump)")
	c.RunE = func(c *cobra.Command, _ []string) error {
		var one kubecontrol.Unit
		if *unit != "" {
			var err error
			if one, err = checkUnit(*unit); err != nil {
				return err
			}
		}
		if *from != "" {
			if err := a.replay(*from); err != nil {
				return err
			}
		}
		return a.session(c.Context(), func(s *session.Session) error {
			explanation, err := s.Explain(c.Context(), *endpoint, one)
			if err != nil {
				return err
			}
			return a.print(explanation, func(w io.Writer) { printExplanation(w, a.newPaint(), explanation, *unit != "") })
		})
	}
	return c
}

// printExplanation writes for people: first what is wrong, each with what to do, then the units, then the flags.
func printExplanation(w io.Writer, p paint, x explain.Report, oneUnit bool) {
	who := string(x.Unit)
	if x.Leader {
		who += " (leader)"
	}
	for i, e := range x.Endpoints {
		if i > 0 {
			fmt.Fprintln(w)
		}
		status := strings.TrimSuffix(e.Status.Status+", "+e.Status.Message, ", ")
		fmt.Fprintf(w, "%s, %s endpoint %s: %s\n", who, e.Role, e.Endpoint, p.status(e.Status.Status, status))
		printProblems(w, p, e.Problems)
		printUnits(w, e, oneUnit)
		fmt.Fprintln(w, "\nflags")
		for _, f := range e.Flags {
			name := strings.TrimPrefix(f.Name, e.Endpoint+".")
			printFlag(w, name, f, name == flags.Connected || e.Flags[0].Set)
		}
	}
}

// mostProblems is how many problems the text shows; JSON and YAML have all.
const mostProblems = 10

func printProblems(w io.Writer, colours paint, problems []explain.Problem) {
	if len(problems) == 0 {
		fmt.Fprintln(w, "\n"+colours.in(green, "nothing is wrong"))
		return
	}
	for i, p := range problems {
		if i == mostProblems {
			fmt.Fprintf(w, "\n%d more problems: explain --format json\n", len(problems)-i)
			return
		}
		fmt.Fprintf(w, "\n%s: %s\n", colours.in(yellow, p.Cause), p.Text)
		switch {
		case p.Key != "" && p.Unit != "":
			fmt.Fprintf(w, "  key:  %s of %s on %s\n", p.Key, p.Unit, p.Relation)
		case p.Key != "":
			fmt.Fprintf(w, "  key:  %s on %s\n", p.Key, p.Relation)
		}
		fmt.Fprintf(w, "  next: %s\n", p.Next)
	}
}

// printUnits counts the units by state, or describes the one that was asked for, except its problems.
func printUnits(w io.Writer, e explain.EndpointReport, oneUnit bool) {
	if oneUnit {
		for _, u := range e.Units {
			if !slices.ContainsFunc(e.Problems, func(p explain.Problem) bool { return p.Text == u.Text }) {
				printUnit(w, u)
			}
		}
		return
	}
	if len(e.Units) == 0 {
		return
	}
	var states []string
	count := map[string]int{}
	for _, u := range e.Units {
		if count[u.State] == 0 {
			states = append(states, u.State)
		}
		count[u.State]++
	}
	for i, state := range states {
		word := state
		if state == "publishes" {
			word = "publishing"
		}
		states[i] = fmt.Sprintf("%d %s", count[state], word)
	}
	fmt.Fprintf(w, "\nunits: %s\n", strings.Join(states, ", "))
}

func printUnit(w io.Writer, u explain.UnitReport) {
	fmt.Fprintf(w, "\n%s: %s\n", u.State, u.Text)
	if u.Next != "" {
		fmt.Fprintf(w, "  next: %s\n", u.Next)
	}
}

// printFlag writes a flag with what its rule finds; of one that is clear and could be set also the rule and what sets it.
func printFlag(w io.Writer, name string, f explain.FlagReport, possible bool) {
	value := "-"
	if f.Set {
		value = "+"
	}
	fmt.Fprintf(w, "  %s %-28s %s\n", value, name, f.Because)
	if f.Set || !possible {
		return
	}
	fmt.Fprintf(w, "      set while %s\n", f.Rule)
	if f.Next != "" {
		fmt.Fprintf(w, "      next: %s\n", f.Next)
	}
}
