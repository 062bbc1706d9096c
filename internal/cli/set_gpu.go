package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

func (a *app) setGPU() *cobra.Command {
	return a.withRelation(a.withDryRun(&cobra.Command{
		Use:     "set-gpu [true|false]",
		GroupID: workerGroup,
		Short:   "Publish whether this unit has a GPU (default true)",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			enabled := true
			if len(args) == 1 {
				var err error
				if enabled, err = kubecontrol.ReadBool(args[0]); err != nil {
					return engine.Usagef("%w", err)
				}
			}
			return a.worker(c.Context(), func(w *session.Worker) error { return w.SetGPU(c.Context(), enabled) })
		},
	}))
}
