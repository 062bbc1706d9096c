package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/session"
)

func (a *app) revoke() *cobra.Command {
	var undo bool
	c := a.forMaster(a.withEndpoint(a.withDryRun(&cobra.Command{
		Use:     "revoke UNIT",
		GroupID: masterGroup,
		Short:   "Remove a worker's credentials and refuse its request",
		Long: `Remove a worker's credentials from the relation at once, and refuse its present request. That request is neither listed
nor signed again until --undo, even if the worker asks again. Another user or group is another request. The ready masters
remove its tokens from their token files. Only the leader may revoke (exit code 3).

With --undo the request may be signed again. A ready master signs it with new tokens: the revoked ones are never accepted.`,
		Example: "  kube-control revoke kubernetes-worker/3\n  kube-control revoke --undo kubernetes-worker/3",
		Args:    cobra.ExactArgs(1),
	})), func(c *cobra.Command, m *session.Master, args []string) error {
		unit, err := checkUnit(args[0])
		if err != nil {
			return err
		}
		if undo {
			return a.did(m.UndoRevoke(c.Context(), unit), fmt.Sprintf("the request of %s can be signed again, with new tokens", unit))
		}
		return a.did(m.Revoke(c.Context(), unit), fmt.Sprintf("the credentials of %s are removed, and its request is refused until %s", unit, a.option("undo")))
	})
	c.Flags().BoolVar(&undo, "undo", false, "let the revoked request be signed again")
	return c
}
