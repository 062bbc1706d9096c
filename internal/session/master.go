package session

import (
	"context"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Master has the methods of the interface's provides side, for one endpoint. What it sets is kept and published on
// every relation of the endpoint, later ones included, unless it was made for one relation.
type Master struct {
	session  *Session
	endpoint string
	relation kubecontrol.RelationID
}

// Master speaks for a master's endpoint, or for one relation of it if that is not empty.
func (s *Session) Master(endpoint string, relation kubecontrol.RelationID) *Master {
	return &Master{s, endpoint, relation}
}

// Set changes plain values by their wire keys, in wire text; "" deletes.
func (m *Master) Set(ctx context.Context, values map[string]string) error {
	return m.session.Do(ctx, engine.SetValues{Endpoint: m.endpoint, Relation: m.relation, Values: values})
}

// AuthUser lists the units that ask for credentials, by relation id, then by unit number, signed or not. Requests for
// a user that another unit holds are left out.
func (m *Master) AuthUser(ctx context.Context) ([]engine.Request, error) {
	a, err := m.session.Ask(ctx)
	if err != nil {
		return nil, err
	}
	return a.Requests(m.endpoint, m.relation), nil
}

// Refused lists the requests that are not signed, with the reasons: the policy of a ready charm refuses them, or another
// unit holds the user. A unit that does not lead refuses nothing by policy.
func (m *Master) Refused(ctx context.Context) ([]engine.Refusal, error) {
	if err := m.session.load(ctx, engine.Look{}); err != nil {
		return nil, err
	}
	if _, err := m.session.askPolicy(ctx); err != nil {
		return nil, err
	}
	return m.session.answers().Refused(m.endpoint, m.relation), nil
}

// SignAuthRequests signs many requests in one write. If one can't be signed, none is.
func (m *Master) SignAuthRequests(ctx context.Context, signatures []engine.Signature) error {
	return m.session.Do(ctx, engine.Sign{Endpoint: m.endpoint, Relation: m.relation, Signatures: signatures})
}

// FlushDeparted returns the units that have left since the last call, in the order in which they left, and clears
// ENDPOINT.departed. Under juju exec, which keeps what was written before an error, they may come with one.
func (m *Master) FlushDeparted(ctx context.Context) ([]kubecontrol.Unit, error) {
	ev := engine.FlushDeparted{Endpoint: m.endpoint}
	if err := m.session.load(ctx, ev); err != nil {
		return nil, err
	}
	if m.session.state.IsNew() { // what a Python charm left is kept first, so that it is not flushed unseen
		if err := m.session.run(ctx, engine.Look{}); err != nil {
			return nil, err
		}
	}
	units := m.session.state.Departed[m.endpoint]
	return units, m.session.Do(ctx, ev)
}

// ClosedAuthCreds returns the credentials that were taken from the wire since the last call, because their unit left or
// asked for another user: the charm has to revoke them. Their tokens are not kept. Only a unit that led then knows.
func (m *Master) ClosedAuthCreds(ctx context.Context) ([]engine.Closed, error) {
	ev := engine.ClosedCreds{Endpoint: m.endpoint}
	if err := m.session.load(ctx, ev); err != nil {
		return nil, err
	}
	closed := m.session.state.Closed[m.endpoint]
	return closed, m.session.Do(ctx, ev)
}

// RotateCredentials asks for new tokens for a unit, or for all with an empty one: their requests wait to be signed again.
// The replaced credentials count as accepted until the second update-status after, or until FinishRotation; then
// ClosedAuthCreds names them.
func (m *Master) RotateCredentials(ctx context.Context, unit kubecontrol.Unit) error {
	return m.session.Do(ctx, engine.Rotate{Endpoint: m.endpoint, Unit: unit})
}

// FinishRotation ends the time in which replaced credentials are still accepted.
func (m *Master) FinishRotation(ctx context.Context) error {
	return m.session.Do(ctx, engine.Rotate{Endpoint: m.endpoint, Finish: true})
}

// Revoke takes a unit's credentials from the wire at once and refuses the request that it has now, until UndoRevoke.
func (m *Master) Revoke(ctx context.Context, unit kubecontrol.Unit) error {
	return m.session.Do(ctx, engine.Revoke{Endpoint: m.endpoint, Unit: unit})
}

// Rotating lists the units that wait for new tokens.
func (m *Master) Rotating(ctx context.Context) ([]kubecontrol.Unit, error) {
	a, err := m.session.Ask(ctx)
	if err != nil {
		return nil, err
	}
	return a.Rotating(m.endpoint), nil
}

// GPU reports whether a joined worker has one.
func (m *Master) GPU(ctx context.Context) (bool, error) {
	a, err := m.session.Ask(ctx)
	if err != nil {
		return false, err
	}
	return a.GPU(m.endpoint, m.relation), nil
}

// UndoRevoke lets a unit's revoked request be signed again. It is an error if none is revoked.
func (m *Master) UndoRevoke(ctx context.Context, unit kubecontrol.Unit) error {
	return m.session.Do(ctx, engine.Revoke{Endpoint: m.endpoint, Unit: unit, Undo: true})
}

// SetCACertificate publishes the cluster's CA certificate, PEM, in a secret that every relation's application may read.
// Only the leader may; where Juju has no secrets it is an error.
func (m *Master) SetCACertificate(ctx context.Context, certificate string) error {
	return m.session.Do(ctx, engine.SetCertificate{Endpoint: m.endpoint, Certificate: certificate})
}

// ClearCreds takes all our credentials from the wire; requests are to be signed again then.
func (m *Master) ClearCreds(ctx context.Context) error {
	return m.session.Do(ctx, engine.ClearCreds{Endpoint: m.endpoint, Relation: m.relation})
}
