package charm

import (
	"context"
	"slices"

	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Rules are handlers and when they run, in the order in which they are registered. The zero value is empty.
//
// Handlers run in a hook once its flags are settled, before the handlers of kube-control.yaml. Each runs at most once in a
// hook.
type Rules struct{ handlers []session.Handler }

// Rule is a condition that waits for its handler.
type Rule struct {
	rules         *Rules
	when, whenNot []string
}

// When begins a rule that holds while all these flags are set.
func (r *Rules) When(flags ...string) *Rule { return &Rule{rules: r, when: flags} }

// WhenNot begins a rule that holds while none of these flags is set.
func (r *Rules) WhenNot(flags ...string) *Rule { return &Rule{rules: r, whenNot: flags} }

// When adds flags that must be set.
func (r *Rule) When(flags ...string) *Rule {
	return &Rule{r.rules, slices.Concat(r.when, flags), r.whenNot}
}

// WhenNot adds flags that must not be set.
func (r *Rule) WhenNot(flags ...string) *Rule {
	return &Rule{r.rules, r.when, slices.Concat(r.whenNot, flags)}
}

// Master registers a handler for a master's endpoint: the one that the rule's first flag of such an endpoint names, else
// the charm's only one. In a charm without one the handler never runs. The name stands in errors and logs.
func (r *Rule) Master(name string, run func(context.Context, *Master) error) {
	r.add(name, new(kubecontrol.Master), func(ctx context.Context, s *session.Session, endpoint string) error {
		return run(ctx, &Master{s.Master(endpoint, "")})
	})
}

// Worker registers a handler for a worker's endpoint, which is found like a Master's.
func (r *Rule) Worker(name string, run func(context.Context, *Worker) error) {
	r.add(name, new(kubecontrol.Worker), func(ctx context.Context, s *session.Session, endpoint string) error {
		return run(ctx, &Worker{s.Worker(endpoint, "")})
	})
}

// Do registers a handler that needs no endpoint.
func (r *Rule) Do(name string, run func(context.Context, *Flags) error) {
	r.add(name, nil, func(ctx context.Context, s *session.Session, _ string) error { return run(ctx, &Flags{s}) })
}

func (r *Rule) add(name string, role *kubecontrol.Role, run func(context.Context, *session.Session, string) error) {
	r.rules.handlers = append(r.rules.handlers, session.Handler{Name: name, When: r.when, WhenNot: r.whenNot, Role: role, Run: run})
}
