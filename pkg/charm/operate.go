package charm

import (
	"context"

	"github.com/kube-control/kube-control/pkg/engine"
	"github.com/kube-control/kube-control/pkg/hookenv"
)

// operate does what the ready policy adds to an event, if the charm runs one: after the flags are settled and before
// the handlers. An install hook comes before this unit has seen any relation, so nothing is concluded from it.
func (s *Session) operate(ctx context.Context, ev engine.Event) error {
	if s.dryRun || s.env.HookKind == hookenv.Install {
		return nil
	}
	switch s.settings.Operator {
	case OperatorMaster:
		return s.operateMaster(ctx, ev)
	case OperatorWorker:
		return s.operateWorker(ctx, ev)
	}
	return nil
}
