package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/session"
)

func (a *app) getGPU() *cobra.Command {
	return a.forMaster(a.withRelation(a.withFormat(&cobra.Command{
		Use:     "get-gpu",
		GroupID: masterGroup,
		Short:   "Print whether any worker has a GPU",
		Args:    cobra.NoArgs,
	})), func(c *cobra.Command, m *session.Master, _ []string) error {
		gpu, err := m.GPU(c.Context())
		if err != nil {
			return err
		}
		return a.printBool(gpu)
	})
}
