package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/kube-control/kube-control/internal/ready"
	"github.com/kube-control/kube-control/internal/safefile"
)

// tokenFile is the token file as it was found.
type tokenFile struct {
	path   string
	text   []byte
	parsed ready.TokenFile
	err    error // why it cannot be read; a missing file is not an error
}

// digest is of the file as it was found.
func (f tokenFile) digest() string { return ready.Digest(f.text) }

// readTokens reads the token file. A relative path is one in the charm's folder.
func (s *Session) readTokens(path string) tokenFile {
	if path == "" {
		return tokenFile{}
	}
	f := tokenFile{path: s.inCharm(path)}
	if f.text, f.err = s.machine.ReadFile(f.path); errors.Is(f.err, fs.ErrNotExist) {
		f.err = nil
	}
	f.parsed = ready.ReadTokenFile(f.text)
	return f
}

// inCharm is a path as an option gives it.
func (s *Session) inCharm(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.env.CharmDir, path)
}

// writeTokens brings the token file to what is accepted and runs the operator's command when it has changed. Neither may
// fail the hook: workers must be served, and the next hook tries again.
func (s *Session) writeTokens(ctx context.Context, in ready.MasterInput, f tokenFile, plan ready.MasterPlan) error {
	if plan.Tokens == nil && f.text == nil {
		return nil // there is nothing to know yet
	}
	// It is complete if no unit of the ledger is still to join or has left, and the authority is the one that goes with it.
	complete := plan.Tokens != nil && plan.Accepted.Same(s.peer.ledger) && plan.Tokens.Digest() == s.peer.bag[ready.KeyDigest]
	text, digest := f.text, f.digest()
	if asItIs := in.Rested || complete && s.isSettled(digest); f.err != nil || !asItIs {
		text = f.parsed.Render(plan.Accepted, plan.Tokens)
		digest = ready.Digest(text)
	}
	if err := s.replaceTokens(f, text); err != nil { // its mode may have changed, if nothing else
		s.log.Warn(err)
		s.meet(ready.Blocking(ready.CauseFile, "", "Cannot write the token file: %v", cause(err)))
		return nil
	}
	settled := s.marks[markSettled]
	if complete {
		settled = s.settled(digest)
	}
	if s.marks[markTokens] == digest {
		return s.mark(ctx, markSettled, settled)
	}
	o := in.Options
	if o.Command != "" {
		failed, err := s.runCommand(ctx, "on-tokens-changed", o.Command)
		if err != nil {
			return err
		}
		if failed != nil {
			s.meet(commandFailed("on-tokens-changed", failed))
			return nil
		}
	}
	if settled == "" {
		return s.mark(ctx, markTokens, digest)
	}
	s.markAll(map[string]string{markTokens: digest, markSettled: settled})
	return nil
}

// replaceTokens writes the file if it is to be another, after what the server would not read has gone to FILE.rejected.
func (s *Session) replaceTokens(f tokenFile, text []byte) error {
	if f.err != nil {
		return fmt.Errorf("cannot read the token file: %w", f.err)
	}
	if s.dryRun {
		s.foreseeTokens(f, text)
		return nil
	}
	if err := makeFolder(filepath.Dir(f.path)); err != nil {
		return err
	}
	if rejected := f.parsed.Rejected(); rejected != "" {
		if err := appendTo(f.path+".rejected", rejected); err != nil {
			return err
		}
		s.log.Warnf("lines of %s that kube-apiserver would not read are now in %s.rejected", f.path, f.path)
	}
	if !bytes.Equal(f.text, text) {
		s.did("write %s", f.path)
	}
	return safefile.Write(f.path, text)
}

// appendTo adds text to a file, whole or not at all.
func appendTo(path, text string) error {
	old, err := safefile.Read(path, maxFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot read %s: %w", path, err)
	}
	return safefile.Write(path, append(old, text...))
}
