package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/charmfile"
	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/explain"
	"github.com/kube-control/kube-control/internal/ready"
	"github.com/kube-control/kube-control/pkg/hooktool"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Explain says why the flags of an endpoint are what they are, and what each of its remote units waits for; "" is every
// endpoint, and with a unit only that one, whose databag is read again. The number of tool calls depends on the relations
// and on the units of our own application, not on the workers. It changes nothing.
func (s *Session) Explain(ctx context.Context, endpoint string, unit kubecontrol.Unit) (explain.Report, error) {
	if endpoint != "" && !slices.ContainsFunc(s.endpoints, func(e engine.Endpoint) bool { return e.Name == endpoint }) {
		return explain.Report{}, engine.Usagef("this charm has no endpoint %q of interface kube-control", endpoint)
	}
	if err := s.load(ctx, engine.LookAt{Unit: unit}); err != nil {
		return explain.Report{}, err
	}
	in := explain.Input{
		Endpoint: endpoint, Unit: unit, Operated: s.settings.Operator == charmfile.OperatorMaster,
		Statuses:   map[kubecontrol.Unit]string{},
		Colleagues: map[kubecontrol.RelationID]map[kubecontrol.Unit]kubecontrol.Bag{},
	}
	var err error
	if in.Unsigned, err = s.askPolicy(ctx); err != nil {
		return explain.Report{}, err
	}
	if err := s.askStatus(ctx, &in); err != nil {
		return explain.Report{}, err
	}
	if err := s.askUnits(ctx, in); err != nil {
		return explain.Report{}, err
	}
	in.State, in.View, in.Policy = s.state, s.view, s.policy
	in.Workload = s.workload
	return explain.Explain(in), nil
}

// askStatus reads the workload status and the step that fixes it, if the policy sets it.
func (s *Session) askStatus(ctx context.Context, in *explain.Input) error {
	if s.settings.Operator == "" || !s.settings.Status {
		return nil
	}
	status, err := s.tools.StatusGet(ctx)
	if err != nil {
		return err
	}
	s.workload.Current = engine.Status(status)
	in.Remedy = ready.Remedy(s.env.Unit.App(), s.marks[markTrouble])
	return nil
}

// askUnits reads the statuses of the units that goal-state shows, and the databags of our own application's units.
func (s *Session) askUnits(ctx context.Context, in explain.Input) error {
	goal, err := s.tools.GoalState(ctx)
	if err != nil {
		return err
	}
	s.plan(goal)
	for _, related := range goal.Relations {
		for other, status := range related {
			if strings.Contains(other, "/") {
				in.Statuses[kubecontrol.Unit(other)] = status.Status
			}
		}
	}
	for other, status := range goal.Units {
		in.Statuses[other] = status.Status
		if other == s.env.Unit {
			continue
		}
		if err := s.colleague(ctx, other, in); err != nil {
			return err
		}
	}
	return nil
}

// askPolicy tells the engine what a ready master's policy does not sign, and the status whether workers are required.
// It returns what keeps the policy from signing anything, in words; "" for nothing.
func (s *Session) askPolicy(ctx context.Context) (string, error) {
	if s.settings.Operator != charmfile.OperatorMaster {
		return "", nil
	}
	endpoint, err := s.OnlyEndpoint(kubecontrol.Master)
	if err != nil {
		return "", err
	}
	in, _, err := s.masterInput(ctx, endpoint, engine.Look{})
	if err != nil {
		return "", err
	}
	s.refuse(ready.Master(in).Refused)
	s.workload.RequireWorkers = in.Options.WorkersNeeded
	if option := in.Options.BadPolicy(); option != "" {
		return fmt.Sprintf("nothing is signed before the option is fixed: juju config %s %s=VALUE", s.env.Unit.App(), option), nil
	}
	return "", nil
}

// colleague reads what another unit of our application publishes as a master.
func (s *Session) colleague(ctx context.Context, unit kubecontrol.Unit, in explain.Input) error {
	for _, rel := range s.view.Relations {
		wanted := in.Endpoint == "" || rel.ID.Endpoint() == in.Endpoint
		if !wanted || rel.Forgotten || s.role(rel.ID.Endpoint()) != kubecontrol.Master {
			continue
		}
		bag, err := s.tools.RelationGet(ctx, rel.ID, unit, maxMasterBag)
		if errors.Is(err, hooktool.ErrNotFound) || errors.Is(err, hooktool.ErrTooLarge) {
			continue // it never was in this relation, or its databag is too large for workers as well
		}
		if err != nil {
			return err
		}
		if in.Colleagues[rel.ID] == nil {
			in.Colleagues[rel.ID] = map[kubecontrol.Unit]kubecontrol.Bag{}
		}
		in.Colleagues[rel.ID][unit] = bag
	}
	return nil
}
