package session

import (
	"context"
	"errors"
	"slices"

	"github.com/kube-control/kube-control/internal/charmfile"
	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/pkg/hooktool"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Leftover is a credential on the wire that should not be there.
type Leftover struct {
	Publisher kubecontrol.Unit // the master unit in whose databag it stands
	Relation  kubecontrol.RelationID
	User      string
	Unit      kubecontrol.Unit
	Cause     LeftoverCause
}

// LeftoverCause is why a credential should not be on the wire.
type LeftoverCause string

// The causes of leftovers.
const (
	LeftoverGone    LeftoverCause = "gone"    // its unit is not joined
	LeftoverUnknown LeftoverCause = "unknown" // a ready master's ledger does not have it, so it may be in no token file
)

// Audit lists the credentials on the wire whose unit is not joined, or that a ready master's ledger does not have, in our
// own databag and in those of the other units of our application: a former leader that no longer runs removes nothing.
// By relation, publisher and user.
func (m *Master) Audit(ctx context.Context) ([]Leftover, error) {
	s := m.session
	if err := s.load(ctx, engine.Look{}); err != nil {
		return nil, err
	}
	publishers, err := s.ownApplication(ctx)
	if err != nil {
		return nil, err
	}
	var found []Leftover
	for _, rel := range s.view.Relations {
		if rel.ID.Endpoint() != m.endpoint || m.relation != "" && rel.ID != m.relation {
			continue
		}
		for _, unit := range publishers {
			leftovers, err := s.leftoversOf(ctx, rel, unit)
			if err != nil {
				return nil, err
			}
			found = append(found, leftovers...)
		}
	}
	return found, nil
}

// leftoversOf are those that one unit of our application publishes on a relation.
func (s *Session) leftoversOf(ctx context.Context, rel engine.Relation, publisher kubecontrol.Unit) ([]Leftover, error) {
	bag, err := s.tools.RelationGet(ctx, rel.ID, publisher, maxMasterBag)
	if errors.Is(err, hooktool.ErrNotFound) {
		return nil, nil // it never was in this relation
	}
	if err != nil {
		return nil, err
	}
	var found []Leftover
	creds, _ := kubecontrol.DecodeCreds(bag[kubecontrol.KeyCreds])
	for _, user := range creds.Users() {
		if cause := s.leftover(rel, user, creds[user].Scope); cause != "" {
			found = append(found, Leftover{publisher, rel.ID, user, creds[user].Scope, cause})
		}
	}
	return found, nil
}

// leftover is why an entry should not be on the wire, "" if it should. A unit that is in a ready master's ledger is joined, or
// this master has still to hear of it.
func (s *Session) leftover(rel engine.Relation, user string, scope kubecontrol.Unit) LeftoverCause {
	operated := s.settings.Operator == charmfile.OperatorMaster
	switch joined := slices.Contains(rel.Members, scope); {
	case operated && s.policy.Holders[kubecontrol.NormalUser(user)] == scope, !operated && joined:
		return ""
	case joined:
		return LeftoverUnknown
	}
	return LeftoverGone
}

// ownApplication lists our application's units, this one included.
func (s *Session) ownApplication(ctx context.Context) ([]kubecontrol.Unit, error) {
	goal, err := s.tools.GoalState(ctx)
	if err != nil {
		return nil, err
	}
	units := []kubecontrol.Unit{s.env.Unit}
	for unit := range goal.Units {
		if unit != s.env.Unit {
			units = append(units, unit)
		}
	}
	slices.SortFunc(units, kubecontrol.Unit.Compare)
	return units, nil
}
