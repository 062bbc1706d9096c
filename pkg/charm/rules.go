package charm

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Rules are a charm author's handlers in Go, in the order in which they are registered. The zero value is empty.
//
//	var rules charm.Rules
//	rules.When("kube-control.connected").Master("send-dns", func(ctx context.Context, m *charm.Master) error {
//		return m.SetDNS(ctx, 53, "cluster.local", "10.1.0.10", true)
//	})
//
// They run in a hook once the flags are settled, before the handlers of kube-control.yaml, by the same rules.
type Rules struct{ handlers []handler }

// handler is something to run while some flags are set and others are not.
type handler struct {
	name          string
	when, whenNot []string
	speaks        func(endpoints []engine.Endpoint) bool // whether the charm has an endpoint for it; nil: it needs none
	run           func(ctx context.Context, s *Session) error
}

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

// Master registers a handler that speaks for a master's endpoint: the one that the rule's first flag of such an
// endpoint names, else the charm's only one. In a charm that has none it never runs. The name stands in errors and logs.
func (r *Rule) Master(name string, run func(context.Context, *Master) error) {
	r.add(name, kubecontrol.Master, func(ctx context.Context, s *Session, endpoint string) error {
		return run(ctx, s.Master(endpoint, ""))
	})
}

// Worker registers a handler that speaks for a worker's endpoint, found like a Master's.
func (r *Rule) Worker(name string, run func(context.Context, *Worker) error) {
	r.add(name, kubecontrol.Worker, func(ctx context.Context, s *Session, endpoint string) error {
		return run(ctx, s.Worker(endpoint, ""))
	})
}

// Do registers a handler that needs neither.
func (r *Rule) Do(name string, run func(context.Context, *Session) error) {
	r.rules.handlers = append(r.rules.handlers, handler{name: name, when: r.when, whenNot: r.whenNot, run: run})
}

func (r *Rule) add(name string, role kubecontrol.Role, run func(context.Context, *Session, string) error) {
	r.rules.handlers = append(r.rules.handlers, handler{
		name: name, when: r.when, whenNot: r.whenNot,
		speaks: func(endpoints []engine.Endpoint) bool { return r.endpoint(endpoints, role) != "" },
		run: func(ctx context.Context, s *Session) error {
			return run(ctx, s, r.endpoint(s.endpoints, role))
		},
	})
}

// endpoint finds the endpoint of a role that the rule's flags speak of, "" if there is none.
func (r *Rule) endpoint(endpoints []engine.Endpoint, role kubecontrol.Role) string {
	var names []string
	for _, e := range endpoints {
		if e.Role == role {
			names = append(names, e.Name)
		}
	}
	for _, flag := range slices.Concat(r.when, r.whenNot) {
		for _, name := range names {
			if strings.HasPrefix(flag, name+".") {
				return name
			}
		}
	}
	if len(names) == 1 {
		return names[0]
	}
	return ""
}

// command is a handler of kube-control.yaml: argv run in the charm's folder with the hook's environment.
func command(h Handler, dir string, stdout, stderr io.Writer) handler {
	return handler{name: h.Name, when: h.When, whenNot: h.WhenNot, run: func(ctx context.Context, _ *Session) error {
		cmd := exec.CommandContext(ctx, h.Run[0], h.Run[1:]...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, stdout, stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("cannot run %s: %w", h.Run[0], err)
		}
		return nil
	}}
}
