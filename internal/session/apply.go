package session

import (
	"context"
	"errors"
	"maps"

	"github.com/sirupsen/logrus"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/pkg/hooktool"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// apply carries out decisions in order.
func (s *Session) apply(ctx context.Context, decisions []engine.Decision) error {
	if s.dryRun {
		for _, d := range decisions {
			s.foresee(d)
		}
		s.remember(decisions)
		return nil
	}
	for i, d := range decisions {
		if err := s.applyOne(ctx, d); err != nil {
			s.remember(decisions[:i])
			return err
		}
		s.noteDecision(d)
	}
	s.remember(decisions)
	return nil
}

func (s *Session) applyOne(ctx context.Context, d engine.Decision) error {
	switch d := d.(type) {
	case engine.Publish:
		s.log.Info(d)
		err := s.tools.RelationSet(ctx, d.Relation, d.Set)
		if errors.Is(err, hooktool.ErrNotFound) {
			s.log.Warn(err) // Juju has forgotten the relation since it listed it
			return nil
		}
		return err
	case engine.AddSecret:
		s.log.Info(d)
		id, err := s.tools.SecretAdd(ctx, d.Label, d.Description, revealed(d.Content))
		if err == nil {
			s.view, s.asked = s.view.WithSecret(d, id), nil
		}
		return err
	case engine.SetSecret:
		s.log.Info(d)
		return s.tools.SecretSet(ctx, d.ID, revealed(d.Content))
	case engine.GrantSecret:
		s.log.Info(d)
		s.markGrants()
		return s.tools.SecretGrant(ctx, d.ID, d.Relation, d.Unit)
	case engine.RevokeSecret:
		s.log.Info(d)
		return s.tools.SecretRevoke(ctx, d.ID, d.Unit)
	case engine.RemoveSecret:
		s.log.Info(d)
		if err := s.tools.SecretRemove(ctx, d.ID, d.Revision); !errors.Is(err, hooktool.ErrNotFound) {
			return err
		}
	case engine.Keep:
		return s.keep(ctx, d)
	case engine.SetFlag, engine.ClearFlag:
		s.log.Info(d)
	case engine.SetStatus:
		return s.tools.StatusSet(ctx, hooktool.Status(d))
	case engine.Note:
		s.log.Log(logLevel(d.Level), d.Text)
	}
	return nil
}

// revealed is a secret's content for its tool, the only place that it goes to.
func revealed(content kubecontrol.SecretContent) map[string]string {
	values := make(map[string]string, len(content))
	for key, token := range content {
		values[key] = token.Reveal()
	}
	return values
}

func (s *Session) keep(ctx context.Context, k engine.Keep) error {
	s.log.Debug(k)
	s.setState(k.Set)
	for _, key := range k.Drop {
		if err := s.dropState(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// setState puts entries into the charm's state. They reach Juju with saveState, in one call for all.
func (s *Session) setState(entries map[string]string) {
	if s.unsaved == nil {
		s.unsaved = map[string]string{}
	}
	maps.Copy(s.unsaved, entries)
}

func (s *Session) dropState(ctx context.Context, key string) error {
	delete(s.unsaved, key)
	return s.tools.StateDelete(ctx, key)
}

// saveState gives Juju the entries for the charm's state: before another program or a new load reads them, and at the end.
func (s *Session) saveState(ctx context.Context) error {
	if len(s.unsaved) == 0 {
		return nil
	}
	entries := s.unsaved
	s.unsaved = nil
	return s.tools.StateSet(ctx, entries)
}

// finish ends the work of a hook or a command.
func (s *Session) finish(ctx context.Context) error {
	s.writeJournal()
	return s.saveState(ctx)
}

// logLevel is the log's level for a note's.
func logLevel(level engine.Level) logrus.Level {
	return map[engine.Level]logrus.Level{engine.Debug: logrus.DebugLevel, engine.Info: logrus.InfoLevel, engine.Warning: logrus.WarnLevel}[level]
}
