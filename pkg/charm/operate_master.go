package charm

import (
	"context"

	"github.com/kube-control/kube-control/pkg/engine"
)

// operateMaster runs the master's policy.
func (s *Session) operateMaster(context.Context, engine.Event) error { return nil }
