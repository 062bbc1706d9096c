package charm

import (
	"context"

	"github.com/kube-control/kube-control/pkg/engine"
)

// operateWorker runs the worker's policy.
func (s *Session) operateWorker(context.Context, engine.Event) error { return nil }
