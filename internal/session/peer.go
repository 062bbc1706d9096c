package session

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"strings"

	"github.com/kube-control/kube-control/internal/ready"
	"github.com/kube-control/kube-control/pkg/hooktool"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// peer is what the units of a ready master share: the application's bag of their peer relation. The zero value is that
// of a unit whose peer relation is not there yet.
type peer struct {
	relation  kubecontrol.RelationID
	bag       map[string]string
	secret    string           // the ID of the secret with the authority; "" for none
	ledger    ready.Ledger     // as the bag has it
	authority *ready.Authority // nil where it is not made yet, or can't be read for now
}

// loadPeer reads the application's bag of the peer relation, and tells the engine which unit holds which user.
func (s *Session) loadPeer(ctx context.Context) error {
	s.peer = peer{bag: map[string]string{}}
	id, err := s.peerRelation(ctx)
	if err != nil || id == "" {
		return err
	}
	bag, err := s.tools.RelationGetApp(ctx, id, s.env.Unit.App(), maxMasterBag)
	if errors.Is(err, hooktool.ErrNotFound) {
		s.log.Warn(err)
		return nil
	}
	if err != nil {
		return err
	}
	s.peer = peer{relation: id, secret: bag[ready.KeyAuthority]}
	s.readPeer(bag)
	return nil
}

// readPeer takes over what the bag has by now.
func (s *Session) readPeer(bag map[string]string) {
	s.peer.bag, s.peer.ledger = bag, ready.DecodeLedger(bag)
	s.policy.KeepsLedger, s.policy.Holders, s.asked = true, s.peer.ledger.Bound(), nil
}

// made reports whether the application has a token authority, readable or not.
func (p peer) made() bool { return p.secret != "" || p.inBag() }

// inBag reports whether the authority is in the bag, because Juju had no secrets.
func (p peer) inBag() bool { return p.bag[ready.KeySeed] != "" }

// loadAuthority reads what tokens are made from. That it can't be read is a warning: the next hook tries again.
func (s *Session) loadAuthority(ctx context.Context) {
	if s.peer.authority != nil {
		return
	}
	if s.peer.secret == "" && s.peer.relation != "" && s.view.Leader && s.view.Secrets.Supported {
		// Juju commits secrets before databags: a hook that was refused may have left one that the bag does not name.
		if info, err := s.tools.SecretInfo(ctx, kubecontrol.AuthorityLabel); err == nil {
			s.peer.secret = info.ID
		}
	}
	if !s.peer.made() {
		return
	}
	content := s.peer.bag
	if s.peer.secret != "" {
		var err error
		// A peek, because a unit of the owner that tracks a revision would keep Juju from calling it obsolete.
		if content, err = s.tools.SecretGet(ctx, s.peer.secret, true); err != nil {
			s.log.Warn(err)
			return
		}
	}
	authority, err := ready.DecodeAuthority(content)
	if err != nil {
		s.log.Warn(err)
	}
	s.peer.authority = authority
}

// keepAuthority keeps the authority in a secret of the application, or in the bag where Juju has no secrets, and returns
// the keys of the bag to write.
func (s *Session) keepAuthority(ctx context.Context, endpoint string, a *ready.Authority) (map[string]string, error) {
	set := a.Encode()
	if s.view.Secrets.Supported {
		set[kubecontrol.SecretEndpoint] = endpoint // by which the engine knows a secret for ours
		if err := s.keepSecret(ctx, set); err != nil {
			return nil, err
		}
		set = map[string]string{}
	}
	for key := range s.peer.bag {
		if _, ok := set[key]; !ok && (key == ready.KeySeed || strings.HasPrefix(key, ready.KeyAdopted)) {
			set[key] = ""
		}
	}
	s.peer.authority = a
	return set, nil
}

// keepSecret makes the secret with the authority, or gives it new content.
func (s *Session) keepSecret(ctx context.Context, content map[string]string) (err error) {
	if s.dryRun {
		s.would("keep what the tokens are made from in a secret of the application")
		s.peer.secret = cmp.Or(s.peer.secret, newSecret)
		return nil
	}
	if s.peer.secret != "" {
		return s.tools.SecretSet(ctx, s.peer.secret, content)
	}
	s.peer.secret, err = s.tools.SecretAdd(ctx, kubecontrol.AuthorityLabel, "What the tokens of this application's workers are made from", content)
	return err
}

// tell writes keys of the application's bag of the peer relation.
func (s *Session) tell(ctx context.Context, set map[string]string) error {
	if len(set) == 0 {
		return nil
	}
	if s.dryRun {
		s.would("write the grants for all masters on %s", s.peer.relation)
	} else if err := s.tools.RelationSetApp(ctx, s.peer.relation, set); err != nil {
		return err
	} else {
		s.did("write the grants on %s", s.peer.relation)
	}
	bag := maps.Clone(s.peer.bag)
	maps.Copy(bag, set)
	maps.DeleteFunc(bag, func(_, value string) bool { return value == "" })
	s.readPeer(bag)
	return nil
}
