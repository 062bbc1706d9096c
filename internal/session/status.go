package session

import (
	"context"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/explain"
	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/internal/hookenv"
	"github.com/kube-control/kube-control/internal/ready"
	"github.com/kube-control/kube-control/pkg/hooktool"
)

// markLeft and an endpoint are the mark of the applications whose relation with that endpoint this unit has left, or
// leftAll where Juju does not say which. Goal-state names them until the other side has left as well.
const (
	markLeft = "left/"
	leftAll  = "*"
)

// markTrouble is the mark of the ready policy's trouble that the workload status shows, as Trouble's String is.
const markTrouble = "trouble"

// finishWithStatus ends the work of a hook or a command, and sets the workload status if the charm leaves it to us: last, once, and
// only if it differs. If it shows trouble of the ready policy, the cause is kept for explain.
func (s *Session) finishWithStatus(ctx context.Context) error {
	if !s.settings.Status {
		return s.finish(ctx)
	}
	if err := s.loadStatus(ctx); err != nil {
		return err
	}
	s.workload.Own, s.workload.AwaitsCredentials = s.trouble.Status, s.trouble.Cause == ready.CauseCredentials
	status, err := s.wantedStatus(ctx)
	if err != nil {
		return err
	}
	shown := ""
	if s.settings.Operator != "" && status == s.trouble.Status {
		shown = s.trouble.String()
	}
	if err := s.mark(ctx, markTrouble, shown); err != nil {
		return err
	}
	if status == s.workload.Current {
		return s.finish(ctx)
	}
	s.workload.Current = status
	s.did("status %s", status.Status)
	if err := s.finish(ctx); err != nil {
		return err
	}
	return s.apply(ctx, []engine.Decision{engine.SetStatus(status)})
}

// warnOfNoStatus says once in a unit's life, in its start hook, that nothing sets the status of a charm with handlers.
func (s *Session) warnOfNoStatus(ctx context.Context) error {
	if s.settings.Status || len(s.handlers) == 0 || s.dryRun || s.env.Kind != hookenv.Start {
		return nil
	}
	status, err := s.tools.StatusGet(ctx)
	if err == nil && status.Status == "unknown" {
		s.log.Warn("the status stays unknown: add \"status: true\" to kube-control.yaml, or call status-set in a handler")
	}
	return err
}

// wantedStatus is the status that the unit is to have.
func (s *Session) wantedStatus(ctx context.Context) (engine.Status, error) {
	if s.asked == nil || !s.atRest { // something has changed since
		if err := s.run(ctx, engine.Look{}); err != nil {
			return engine.Status{}, err
		}
	}
	return explain.Status(s.answers(), s.workload), nil
}

// loadStatus reads the workload status, and goal-state where it makes a difference: while nothing is related yet.
func (s *Session) loadStatus(ctx context.Context) error {
	status, err := s.tools.StatusGet(ctx)
	if err != nil {
		return err
	}
	s.workload.Current, s.workload.Planned = engine.Status(status), nil
	if s.env.HookKind == hookenv.RelationCreated || s.env.HookKind == hookenv.RelationJoined {
		if err := s.mark(ctx, markLeft+s.env.Endpoint, ""); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(s.endpoints, func(e engine.Endpoint) bool { return !s.state.Flags.Has(flags.Name(e.Name, flags.Connected)) }) {
		return nil
	}
	goal, err := s.tools.GoalState(ctx)
	if err != nil {
		return err
	}
	if s.env.HookKind == hookenv.RelationBroken {
		if err := s.leave(ctx, goal.Relations[s.env.Endpoint]); err != nil {
			return err
		}
	}
	s.plan(goal)
	return nil
}

// leave remembers the application whose relation this hook ends. Juju does not name it after the agent's restart, and
// goal-state has another name for it if it is in another model.
func (s *Session) leave(ctx context.Context, related map[string]hooktool.GoalStatus) error {
	left := strings.Fields(s.marks[markLeft+s.env.Endpoint])
	if _, named := related[s.env.RemoteApp]; named {
		left = append(left, s.env.RemoteApp)
	} else if len(related) > 0 {
		left = append(left, leftAll)
	}
	slices.Sort(left)
	return s.mark(ctx, markLeft+s.env.Endpoint, strings.Join(slices.Compact(left), " "))
}

// plan notes the endpoints of which a unit of a related application is there or to come. Goal-state names the
// applications and their units in one map.
func (s *Session) plan(goal hooktool.GoalState) {
	s.workload.Planned = map[string]bool{}
	for endpoint, related := range goal.Relations {
		left := strings.Fields(s.marks[markLeft+endpoint])
		for name, g := range related {
			app, _, isUnit := strings.Cut(name, "/")
			if isUnit && g.Status != "dying" && !slices.Contains(left, app) && !slices.Contains(left, leftAll) {
				s.workload.Planned[endpoint] = true
			}
		}
	}
}
