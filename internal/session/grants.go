package session

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Each hook that grants a secret writes a new nonce to grantFile in the charm's folder and, with state-set, under grantKey.
// The file outlives a commit that Juju refuses, and the state does not. So a hook that finds another nonce in the file than
// in the state knows that the commit of the last grants was lost. Nothing in either is secret.
const (
	grantFile = ".kube-control-grants"
	grantKey  = "kube-control-grants"
)

// grantMark is what the state has of the last hook that granted: "NONCE", or "NONCE TURN" where the hook of that turn
// found its commit lost and withheld new grants, which the next hook owes.
type grantMark struct {
	nonce string
	turn  string // "" where nothing is owed
}

func (m grantMark) String() string { return strings.TrimSpace(m.nonce + " " + m.turn) }

// loadGrants compares the nonce in the charm's folder with the one in its state.
func (s *Session) loadGrants(state map[string]string) {
	kept := grantMark{}
	kept.nonce, kept.turn, _ = strings.Cut(state[grantKey], " ")
	text, err := s.machine.ReadFile(s.inCharm(grantFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Warnf("cannot read whether the last grants were committed: %v", err)
	}
	s.granted, s.view.Grants.Withheld, s.view.Grants.Owed = kept, false, false
	now, nonce := strconv.FormatUint(s.env.Turn, 16), strings.TrimSpace(string(text))
	if s.before == nil && nonce == kept.nonce {
		s.before = &nonce
	}
	switch {
	case nonce != "" && nonce != kept.nonce:
		s.granted, s.view.Grants.Withheld = grantMark{nonce, now}, true
	case kept.turn == now: // an earlier process of this hook has found it so
		s.view.Grants.Withheld = true
	case kept.turn != "":
		s.granted, s.view.Grants.Owed = grantMark{nonce: kept.nonce}, true
	}
	s.keptGrants = kept
}

// settleGrants puts the findings of loadGrants into the state, so that they commit with this hook.
func (s *Session) settleGrants() {
	if s.dryRun || s.granted == s.keptGrants {
		return
	}
	s.keptGrants = s.granted
	s.setState(map[string]string{grantKey: s.granted.String()})
}

// markGrants notes that this hook grants secrets, once before the first grant of a process. If the file cannot be
// written, the grants are made nevertheless, because workers wait for them.
func (s *Session) markGrants() {
	if s.marked {
		return
	}
	s.marked = true
	nonce := rand.Text()
	if err := writeNonce(s.inCharm(grantFile), nonce); err != nil {
		s.log.Warnf("a refused grant cannot be noticed: %v", err)
		return
	}
	s.granted = grantMark{nonce: nonce}
	s.settleGrants()
}

// forgetGrants removes the marks of this hook and its handlers, because the hook fails: Juju has not refused a
// grant, and the retry makes the same grants.
func (s *Session) forgetGrants() {
	if s.before == nil {
		return
	}
	if err := writeNonce(s.inCharm(grantFile), *s.before); err != nil {
		s.log.Warnf("the next hook grants nothing: %v", err)
	}
}

// writeNonce writes the file without a temporary one: a partly written nonce differs from the state's, and that is safe.
func writeNonce(path, nonce string) error {
	if nonce == "" {
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	return os.WriteFile(path, []byte(nonce+"\n"), 0o600)
}

// decide evaluates the event that was loaded last. Before decisions that grant anything it asks goal-state, once in a
// process, which units are being removed.
func (s *Session) decide(ctx context.Context, ev engine.Event) ([]engine.Decision, engine.Facts, error) {
	decisions, answers, err := s.begun.Decide(s.view)
	if err != nil {
		return nil, answers, refusedError{err}
	}
	if s.view.Grants.Dying != nil || !engine.Grant(decisions) {
		return decisions, answers, nil
	}
	goal, err := s.tools.GoalState(ctx)
	if err != nil {
		return nil, answers, err
	}
	s.view.Grants.Dying, s.asked = map[kubecontrol.Unit]bool{}, nil
	for _, related := range goal.Relations {
		for name, g := range related {
			if strings.Contains(name, "/") && g.Status == "dying" {
				s.view.Grants.Dying[kubecontrol.Unit(name)] = true
			}
		}
	}
	if len(s.view.Grants.Dying) == 0 {
		return decisions, answers, nil
	}
	return s.begin(ev).Decide(s.view)
}
