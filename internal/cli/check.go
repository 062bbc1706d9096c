package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/check"
	"github.com/kube-control/kube-control/internal/printable"
)

func (a *app) check() *cobra.Command {
	c := a.withFormat(&cobra.Command{
		Use:     "check",
		GroupID: bothGroup,
		Short:   "Find the mistakes in a charm's files, without Juju",
		Long: `Find the mistakes in a charm's files, without Juju: in metadata.yaml, actions.yaml and kube-control.yaml, in the links
of hooks and actions, and in the programs, commands and flags of handlers. Each has a line FILE:LINE: PROBLEM with the
names that are known. If there are any, the exit code is 3.

bin/kube-control itself may be missing, because a build puts it there.`,
		Example: "  kube-control check --charm charm/master",
		Args:    cobra.NoArgs,
	})
	dir := c.Flags().String("charm", ".", "the charm's folder")
	c.RunE = func(*cobra.Command, []string) error {
		problems := check.Charm(os.DirFS(*dir), program())
		if problems == nil {
			problems = []check.Problem{}
		}
		err := a.print(problems, func(w io.Writer) {
			for _, p := range problems {
				fmt.Fprintln(w, printable.Visible(p.String()))
			}
		})
		if err == nil && len(problems) > 0 {
			return errNo
		}
		return err
	}
	return c
}

// program is what a charm can ask of this program.
func program() check.Program {
	var p check.Program
	for _, command := range new(app).commands() { // of an app of its own, because commands bind its flags
		p.Commands = append(p.Commands, command.Name())
	}
	for _, action := range actions() {
		p.Actions = append(p.Actions, action.name)
	}
	return p
}
