package session

import (
	"context"
	"slices"

	"github.com/kube-control/kube-control/internal/charmfile"
	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/hookenv"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// markPeer is the mark of a ready master's peer relation.
const markPeer = "peer"

// isAboutRelation reports whether this is a hook of a relation. Such hooks run once for each worker, and read only what
// they use. Hooks of the unit itself read everything.
func (s *Session) isAboutRelation() bool {
	return s.env.HookKind.IsRelation() && s.env.Mode == hookenv.Hook
}

// peerRelation is the relation that the units of a ready master share, "" while there is none. It never changes.
func (s *Session) peerRelation(ctx context.Context) (kubecontrol.RelationID, error) {
	if id := s.marks[markPeer]; id != "" && s.isAboutRelation() {
		return kubecontrol.RelationID(id), nil
	}
	ids, err := s.tools.RelationIDs(ctx, s.peers)
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ids[0], s.mark(ctx, markPeer, string(ids[0]))
}

// ownAddress is where workers reach this unit; "" if Juju does not know, or if the published one is still right: Juju announces
// another address with config-changed.
func (s *Session) ownAddress(ctx context.Context, endpoint string) string {
	if s.isAboutRelation() && s.state.Values[endpoint][kubecontrol.KeyAPIEndpoints] != "" {
		return ""
	}
	return s.address(ctx, endpoint)
}

// usesLeadership reports whether this process needs to know whether the unit leads. A ready worker's hooks about its relation
// do not: only the flag shows it there, and no handler reads the flag.
func (s *Session) usesLeadership() bool {
	isMaster := func(e engine.Endpoint) bool { return e.Role == kubecontrol.Master }
	return !s.isAboutRelation() || s.settings.Operator != charmfile.OperatorWorker || s.settings.Reactive || len(s.handlers) > 0 || slices.ContainsFunc(s.endpoints, isMaster)
}
