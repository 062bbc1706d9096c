package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/hookenv"
	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// leftover is how audit prints a credential that should not be on the wire.
type leftover struct {
	Publisher kubecontrol.Unit       `json:"publisher"`
	Relation  kubecontrol.RelationID `json:"relation"`
	User      string                 `json:"user"`
	Unit      kubecontrol.Unit       `json:"unit"`
	Cause     session.LeftoverCause  `json:"cause"`
}

func (a *app) audit() *cobra.Command {
	return a.forMaster(a.withRelation(a.withFormat(&cobra.Command{
		Use:     "audit",
		GroupID: masterGroup,
		Short:   "List credentials on the wire that should not be there; exit code 3 if there are any",
		Long: `List credentials on the wire that should not be there, in the databags of all units of this application. Exit code 3
if there are any. The cause is one of:

  gone     the unit is not joined; if a former leader published it and no longer runs: juju remove-unit --force UNIT
  unknown  a ready master's ledger does not have it, so masters may refuse it: revoke UNIT removes it`,
		Example: "  kube-control audit --format json",
		Args:    cobra.NoArgs,
	})), func(c *cobra.Command, m *session.Master, _ []string) error {
		found, err := m.Audit(c.Context())
		if err != nil {
			return err
		}
		list := make([]leftover, 0, len(found))
		for _, l := range found {
			list = append(list, leftover(l))
		}
		err = a.print(list, func(w io.Writer) {
			if len(list) == 0 && a.env.Mode == hookenv.Action {
				fmt.Fprintln(w, "no credentials are left over")
			}
			printLeftovers(w, list)
		})
		if err != nil || len(list) == 0 || a.env.Mode == hookenv.Action { // an action that has found something has not failed
			return err
		}
		return errNo
	})
}

func printLeftovers(w io.Writer, list []leftover) {
	var rows [][]string
	for _, l := range list {
		rows = append(rows, []string{string(l.Publisher), string(l.Relation), plain(l.User), string(l.Unit), string(l.Cause)})
	}
	writeTable(w, []string{"Publisher", "Relation", "User", "Unit", "Cause"}, rows)
}
