package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/kube-control/kube-control/internal/charmfile"
	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/internal/hookenv"
	"github.com/kube-control/kube-control/pkg/hooktool"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// The limits of a databag: a worker publishes a few names, and a master lists every worker's credentials.
const (
	maxWorkerBag = 64 << 10
	maxMasterBag = 16 << 20
)

// load brings the view up to date with what Juju says, as far as the event needs it.
func (s *Session) load(ctx context.Context, ev engine.Event) error {
	if !s.membersLoaded {
		if err := s.loadMembers(ctx); err != nil {
			return err
		}
	}
	if !s.ownLoaded {
		if err := s.loadOwn(ctx); err != nil {
			return err
		}
	}
	s.begun = engine.Begin(s.state, ev, s.view, s.policy)
	for bags := s.begun.Needs().Bags; len(bags) > 0; bags = s.begun.Needs().Bags {
		if err := s.loadRemote(ctx, bags); err != nil {
			return err
		}
		s.begun = engine.Begin(s.state, ev, s.view, s.policy)
	}
	s.log.Debugf("evaluate %T", ev)
	return s.loadSecrets(ctx, s.begun.Needs().Secrets)
}

// loadSecrets reads secrets. A secret that is denied or gone is not an error: it does not exist, or not yet.
func (s *Session) loadSecrets(ctx context.Context, secrets []engine.SecretRead) error {
	for _, read := range secrets {
		s.asked = nil
		var err error
		if read.ID != "" {
			err = s.loadMastersSecret(ctx, read.ID)
		} else {
			err = s.loadOwnSecret(ctx, read)
		}
		if errors.Is(err, hooktool.ErrUnsupported) {
			s.view.Secrets = engine.Secrets{Reason: "this Juju has no tools for secrets"}
			return nil
		}
		if err != nil && !errors.Is(err, hooktool.ErrNotFound) {
			return err
		}
	}
	return nil
}

// loadMastersSecret reads a secret that a master has granted. A refusal in unknown words, of another version of Juju or of
// one bad moment, counts too: this unit waits for the secret, the log has the words, and the next evaluation asks again.
func (s *Session) loadMastersSecret(ctx context.Context, id string) error {
	content, err := s.tools.SecretGet(ctx, id, s.dryRun)
	var refused *hooktool.Error
	switch {
	case err == nil:
		s.view.Secrets.Read[id] = tokens(content)
	case errors.Is(err, hooktool.ErrNotFound):
		s.view.Secrets.Read[id] = nil
	case errors.As(err, &refused) && refused.Unwrap() == nil:
		s.log.Warn(err)
		return nil
	}
	return err
}

func (s *Session) loadOwnSecret(ctx context.Context, read engine.SecretRead) error {
	s.view.Secrets.Own[read.Label] = nil
	info, err := s.tools.SecretInfo(ctx, read.Label)
	if err != nil {
		return err
	}
	own := &engine.OwnSecret{ID: info.ID, Targets: info.Targets}
	s.view.Secrets.Own[read.Label] = own
	if !read.Content {
		return nil
	}
	content, err := s.tools.SecretGet(ctx, info.ID, true)
	if err == nil {
		own.Content = tokens(content)
	}
	return err
}

func tokens(content map[string]string) kubecontrol.SecretContent {
	c := kubecontrol.SecretContent{}
	for key, value := range content {
		c[key] = kubecontrol.NewToken(value)
	}
	return c
}

// loadMembers reads leadership, the relations and their members.
func (s *Session) loadMembers(ctx context.Context) error {
	leader := false
	if s.usesLeadership() {
		var err error
		if leader, err = s.tools.IsLeader(ctx); err != nil {
			return err
		}
	}
	s.asked = nil
	s.view = engine.View{Unit: s.env.Unit, Leader: leader, Endpoints: s.endpoints, Creds: &kubecontrol.CredsReader{}}
	version, err := hookenv.ParseVersion(s.env.JujuVersion)
	s.view.Secrets = engine.Secrets{
		Supported: err == nil && version.HasSecrets(), MaxValue: version.MaxSecretValue(), Read: map[string]kubecontrol.SecretContent{},
	}
	if !s.view.Secrets.Supported { // a version that is not Juju's counts as without
		s.view.Secrets.Reason = fmt.Sprintf("Juju %q has no secrets", s.env.JujuVersion)
	}
	for _, e := range s.endpoints {
		ids, err := s.tools.RelationIDs(ctx, e.Name)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if s.env.HookKind == hookenv.RelationBroken && id == s.env.Relation {
				continue // Juju still lists it
			}
			rel := engine.Relation{ID: id, Remote: map[kubecontrol.Unit]kubecontrol.Bag{}, Refused: map[kubecontrol.Unit]string{}}
			rel.Members, err = s.tools.RelationList(ctx, id)
			if rel.Forgotten = errors.Is(err, hooktool.ErrNotFound); err != nil && !rel.Forgotten {
				return err
			}
			s.view.Relations = append(s.view.Relations, rel)
		}
	}
	s.membersLoaded = true
	return nil
}

// loadOwn reads what this unit keeps and publishes, which shows what this hook has written so far. Its secrets are to
// be looked up again as well.
func (s *Session) loadOwn(ctx context.Context) error {
	if err := s.saveState(ctx); err != nil {
		return err
	}
	raw, err := s.tools.StateGet(ctx)
	if err != nil {
		return err
	}
	s.journal = raw[JournalKey]
	s.state, s.asked = engine.DecodeState(raw), nil
	switch {
	case s.usesLeadership(): // it was asked with the relations
	case s.state.IsNew():
		if s.view.Leader, err = s.tools.IsLeader(ctx); err != nil {
			return err
		}
	default:
		s.view.Leader = s.state.Flags.Has(flags.IsLeader) // as the last hook found it
	}
	s.loadMarks(raw)
	s.loadGrants(raw)
	if s.settings.Operator == charmfile.OperatorMaster && s.peer.bag == nil {
		if err := s.loadPeer(ctx); err != nil {
			return err
		}
	}
	if err := s.loadWorker(ctx); err != nil {
		return err
	}
	s.view.Secrets.Own = map[string]*engine.OwnSecret{}
	if s.state.IsNew() && !s.formerLoaded {
		s.loadFormer(ctx)
	}
	for i := range s.view.Relations {
		rel := &s.view.Relations[i]
		if rel.Forgotten {
			continue
		}
		rel.Local, err = s.tools.RelationGet(ctx, rel.ID, s.env.Unit, maxMasterBag)
		if rel.Forgotten = errors.Is(err, hooktool.ErrNotFound); err != nil && !rel.Forgotten {
			return err
		}
	}
	s.ownLoaded = true
	return nil
}

// loadRemote reads remote bags.
func (s *Session) loadRemote(ctx context.Context, bags []engine.Read) error {
	for _, read := range bags {
		rel, limit := s.relation(read.Relation), maxMasterBag
		if s.role(read.Relation.Endpoint()) == kubecontrol.Master {
			limit = maxWorkerBag
		}
		s.asked = nil
		bag, err := s.tools.RelationGet(ctx, read.Relation, read.Unit, limit)
		switch {
		case errors.Is(err, hooktool.ErrTooLarge):
			rel.Refused[read.Unit] = fmt.Sprintf("is larger than %d KiB", limit>>10)
		case errors.Is(err, hooktool.ErrNotFound):
			rel.Refused[read.Unit] = "is denied by Juju"
		case err != nil:
			return err
		default:
			rel.Remote[read.Unit] = bag
		}
	}
	return nil
}

func (s *Session) relation(id kubecontrol.RelationID) *engine.Relation {
	for i := range s.view.Relations {
		if s.view.Relations[i].ID == id {
			return &s.view.Relations[i]
		}
	}
	return &engine.Relation{} // Needs names relations of the view only
}

func (s *Session) role(endpoint string) kubecontrol.Role {
	for _, e := range s.endpoints {
		if e.Name == endpoint {
			return e.Role
		}
	}
	return kubecontrol.Master
}
