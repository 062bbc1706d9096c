package session

import (
	"context"
	"path/filepath"

	"github.com/kube-control/kube-control/internal/charmfile"
	"github.com/kube-control/kube-control/internal/ready"
)

// TokenFile is the path of a ready master's token file, "" where there is none.
func (s *Session) TokenFile(ctx context.Context) (string, error) {
	if s.settings.Operator != charmfile.OperatorMaster {
		return "", nil
	}
	config, err := s.tools.ConfigGet(ctx)
	if err != nil {
		return "", err
	}
	file := ready.ReadMaster(config).TokenFile
	if file == "" {
		return "", nil
	}
	return filepath.Clean(s.inCharm(file)), nil
}

// StandIn is what takes the place of a ready master's authority and of its tokens in a dump: see ready.Authority. Both are nil
// for a unit that has no authority, or cannot read it.
func (s *Session) StandIn(ctx context.Context, seed []byte, fingerprint func(string) string) (content, texts map[string]string) {
	if s.settings.Operator != charmfile.OperatorMaster {
		return nil, nil
	}
	s.loadAuthority(ctx)
	if s.peer.authority == nil {
		return nil, nil
	}
	return s.peer.authority.StandIn(s.peer.ledger, seed, fingerprint)
}

// Journal is what the last hooks have decided, the last one last.
func (s *Session) Journal() []JournalEntry { return ReadJournal(s.journal) }
