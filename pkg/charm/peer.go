package charm

import (
	"context"
	"errors"
	"maps"
	"strings"

	"github.com/kube-control/kube-control/pkg/hooktool"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
	"github.com/kube-control/kube-control/pkg/operator"
)

// peer is what the units of a ready master share: the application's bag of their peer relation. The zero value is that
// of a unit whose peer relation is not there yet.
type peer struct {
	relation  kubecontrol.RelationID
	bag       map[string]string
	authority *operator.Authority // nil where it is not made yet, or can't be read for now
}

// loadPeer reads the application's bag of the peer relation, and lets the engine know who holds which user.
func (s *Session) loadPeer(ctx context.Context) error {
	s.peer = peer{bag: map[string]string{}}
	ids, err := s.tools.RelationIDs(ctx, s.peers)
	if err != nil || len(ids) == 0 {
		return err
	}
	bag, err := s.tools.RelationGetApp(ctx, ids[0], s.env.Unit.App(), maxMasterBag)
	if errors.Is(err, hooktool.ErrNotFound) {
		s.log.Warn(err)
		return nil
	}
	if err != nil {
		return err
	}
	s.peer = peer{relation: ids[0], bag: bag}
	s.view.Bound = operator.DecodeLedger(bag).Bound()
	return nil
}

// made reports whether the application has a token authority, be it readable or not.
func (p peer) made() bool { return p.bag[operator.KeyAuthority] != "" || p.inBag() }

// inBag reports whether the authority stands in the bag, as before Juju had secrets.
func (p peer) inBag() bool { return p.bag[operator.KeySeed] != "" }

// loadAuthority reads what tokens are made from. That it can't be read is a warning: the next hook tries again.
func (s *Session) loadAuthority(ctx context.Context) {
	if s.peer.authority != nil || !s.peer.made() {
		return
	}
	content := s.peer.bag
	if id := s.peer.bag[operator.KeyAuthority]; id != "" {
		var err error
		if content, err = s.tools.SecretGet(ctx, id, s.dryRun); err != nil {
			s.log.Warn(err)
			return
		}
	}
	authority, err := operator.DecodeAuthority(content)
	if err != nil {
		s.log.Warn(err)
	}
	s.peer.authority = authority
}

// keepAuthority keeps the authority in a secret of the application, or in the bag where Juju has no secrets, and returns
// the keys of the bag to write.
func (s *Session) keepAuthority(ctx context.Context, endpoint string, a *operator.Authority) (map[string]string, error) {
	set := a.Encode()
	if s.view.Secrets.Supported {
		content := set
		content[kubecontrol.SecretEndpoint] = endpoint // by which the engine knows a secret for ours
		id, err := s.keepSecret(ctx, content)
		if err != nil {
			return nil, err
		}
		set = map[string]string{operator.KeyAuthority: id}
	}
	for key := range s.peer.bag {
		if _, ok := set[key]; !ok && (key == operator.KeySeed || strings.HasPrefix(key, operator.KeyAdopted)) {
			set[key] = ""
		}
	}
	s.peer.authority = a
	return set, nil
}

// keepSecret makes the secret with the authority, or gives it new content, and returns its ID.
func (s *Session) keepSecret(ctx context.Context, content map[string]string) (string, error) {
	if id := s.peer.bag[operator.KeyAuthority]; id != "" {
		return id, s.tools.SecretSet(ctx, id, content)
	}
	return s.tools.SecretAdd(ctx, kubecontrol.AuthorityLabel, "What the tokens of this application's workers are made from", content)
}

// tell writes keys of the application's bag of the peer relation.
func (s *Session) tell(ctx context.Context, set map[string]string) error {
	if err := s.tools.RelationSetApp(ctx, s.peer.relation, set); err != nil {
		return err
	}
	bag := maps.Clone(s.peer.bag)
	maps.Copy(bag, set)
	maps.DeleteFunc(bag, func(_, value string) bool { return value == "" })
	s.peer.bag = bag
	s.view.Bound = operator.DecodeLedger(bag).Bound()
	return nil
}
