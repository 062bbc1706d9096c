package charm

import (
	"context"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/session"
)

// Flags are the flags of this unit: those that the program computes, and the author's own. Each handler that waits in the
// same hook sees a change.
type Flags struct{ session *session.Session }

// List lists the flags that are set, sorted.
func (f *Flags) List(ctx context.Context) ([]string, error) {
	set, err := f.session.Flags(ctx)
	return set.Sorted(), err
}

// Set sets a flag of the author's. A computed flag is an error.
func (f *Flags) Set(ctx context.Context, flag string) error { return f.put(ctx, flag, true) }

// Clear clears a flag of the author's, or ENDPOINT.requests.changed. Another computed flag is an error.
func (f *Flags) Clear(ctx context.Context, flag string) error { return f.put(ctx, flag, false) }

func (f *Flags) put(ctx context.Context, flag string, set bool) error {
	return f.session.Do(ctx, engine.PutFlag{Name: flag, Set: set})
}
