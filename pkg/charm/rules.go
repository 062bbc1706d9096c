package charm

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"

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
// endpoint names. The name stands in errors and logs.
func (r *Rule) Master(name string, run func(context.Context, *Master) error) {
	r.add(name, func(ctx context.Context, s *Session) error {
		endpoint, err := s.endpointOf(r, kubecontrol.Master)
		if err != nil {
			return err
		}
		return run(ctx, s.Master(endpoint, ""))
	})
}

// Worker registers a handler that speaks for a worker's endpoint, found like a Master's.
func (r *Rule) Worker(name string, run func(context.Context, *Worker) error) {
	r.add(name, func(ctx context.Context, s *Session) error {
		endpoint, err := s.endpointOf(r, kubecontrol.Worker)
		if err != nil {
			return err
		}
		return run(ctx, s.Worker(endpoint, ""))
	})
}

// Do registers a handler that needs neither.
func (r *Rule) Do(name string, run func(context.Context, *Session) error) { r.add(name, run) }

func (r *Rule) add(name string, run func(context.Context, *Session) error) {
	r.rules.handlers = append(r.rules.handlers, handler{name, r.when, r.whenNot, run})
}

// endpointOf finds the endpoint that a rule's flags speak of.
func (s *Session) endpointOf(r *Rule, role kubecontrol.Role) (string, error) {
	for _, name := range slices.Concat(r.when, r.whenNot) {
		for _, e := range s.endpoints {
			if e.Role == role && strings.HasPrefix(name, e.Name+".") {
				return e.Name, nil
			}
		}
	}
	return s.OnlyEndpoint(role)
}

// command is a handler of kube-control.yaml: argv run in the charm's folder with the hook's environment.
func command(h Handler, dir string, stdout, stderr io.Writer) handler {
	return handler{h.Name, h.When, h.WhenNot, func(ctx context.Context, _ *Session) error {
		cmd := exec.CommandContext(ctx, h.Run[0], h.Run[1:]...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, stdout, stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("cannot run %s: %w", h.Run[0], err)
		}
		return nil
	}}
}
