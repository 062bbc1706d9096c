package session

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/hookenv"
	"github.com/kube-control/kube-control/internal/printable"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// JournalKey is the key of the charm's state under which the journal is kept. It commits with the hook that it is about.
const JournalKey = "kube-control-journal"

// The bounds of the journal. A hook that changes nothing is not in it.
const (
	maxEntries = 16
	maxDid     = 12
	maxCauses  = 4
	maxWords   = 100  // bytes of one decision
	maxJournal = 6000 // bytes of the whole
)

// JournalEntry is what one hook, action or command has decided. It has the names of keys, units, users and files, and no values.
type JournalEntry struct {
	Time   string   `json:"time"`             // in UTC, as in RFC 3339, whole seconds
	Run    string   `json:"run"`              // the hook or the action; "juju-exec" for a command by hand
	About  string   `json:"about,omitempty"`  // the relation and the unit of a relation hook: "kube-control:3 kw/1"
	Did    []string `json:"did,omitempty"`    // in order
	Causes []string `json:"causes,omitempty"` // why something is not as it should be, as explain names it: "conflict kw/2"
}

// ReadJournal reads a kept journal, the last entry last. One that cannot be read counts as empty.
func ReadJournal(text string) []JournalEntry {
	var entries []JournalEntry
	if json.Unmarshal([]byte(text), &entries) != nil {
		return nil
	}
	return entries
}

// isNested reports whether this process is a command in a hook, which does not run the policy and sees no causes.
func (s *Session) isNested() bool { return s.env.HookName != "" && s.env.Mode != hookenv.Hook }

// lastCauses are those of the last entry of a kept journal, of which this reads no other: each hook needs them.
func lastCauses(text string) []string {
	var last JournalEntry
	if at := strings.LastIndex(text, `{"time":`); at < 0 || json.Unmarshal([]byte(strings.TrimSuffix(text[at:], "]")), &last) != nil {
		return nil
	}
	return last.Causes
}

// did notes something for the journal's entry of this process.
func (s *Session) did(format string, args ...any) {
	words := printable.Cut(fmt.Sprintf(format, args...), maxWords)
	switch n := len(s.entry.Did); {
	case n < maxDid:
		s.entry.Did = append(s.entry.Did, words)
	case n == maxDid:
		s.entry.Did = append(s.entry.Did, "and more")
	}
}

// noteDecision notes a decision that was applied.
func (s *Session) noteDecision(d engine.Decision) {
	switch d := d.(type) {
	case engine.Publish:
		s.did("publish %s on %s (%s)", strings.Join(slices.Sorted(maps.Keys(d.Set)), ", "), d.Relation, d.Why)
	case engine.SetFlag:
		s.did("set flag %s", d.Name)
	case engine.ClearFlag:
		s.did("clear flag %s", d.Name)
	case engine.AddSecret, engine.SetSecret, engine.GrantSecret, engine.RevokeSecret, engine.RemoveSecret:
		s.did("%s", d)
	}
}

// causes are those of what is not as it should be.
func (s *Session) causes() []string {
	var causes []string
	if s.trouble.Cause != "" {
		causes = append(causes, string(s.trouble.Cause))
	}
	for _, e := range s.endpoints {
		if e.Role != kubecontrol.Master {
			continue
		}
		for _, refusal := range s.answers().Refused(e.Name, "") {
			if len(causes) == maxCauses {
				return append(causes, "and more")
			}
			causes = append(causes, fmt.Sprintf("%s %s", refusal.Cause, refusal.Unit))
		}
	}
	return causes
}

// writeJournal adds this process's entry to the journal, if it has done anything or other causes are left than before.
func (s *Session) writeJournal() {
	if s.entry.Causes = lastCauses(s.journal); !s.isNested() {
		s.entry.Causes = s.causes()
	}
	if s.dryRun || len(s.entry.Did) == 0 && slices.Equal(lastCauses(s.journal), s.entry.Causes) {
		return
	}
	s.entry.Time, s.entry.Run = time.Now().UTC().Format(time.RFC3339), cmp.Or(s.env.Name, s.env.HookName, s.env.ActionName, "juju-exec")
	if s.env.Mode == hookenv.Hook && s.env.Kind.IsRelation() {
		s.entry.About = strings.TrimSpace(string(s.env.Relation) + " " + cmp.Or(string(s.env.RemoteUnit), s.env.RemoteApp))
	}
	entries := append(ReadJournal(s.journal), s.entry)
	entries = entries[max(0, len(entries)-maxEntries):]
	for {
		text, err := json.Marshal(entries)
		if err != nil || len(entries) == 0 {
			return // texts always encode
		}
		if len(text) <= maxJournal {
			s.journal, s.entry = string(text), JournalEntry{}
			s.setState(map[string]string{JournalKey: s.journal})
			return
		}
		entries = entries[1:]
	}
}
