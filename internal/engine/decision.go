package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/printable"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Decision is one thing to be done. Evaluate returns decisions in the order in which they must be applied: secrets,
// databags, kept state and flags, status, notes. A decision's String never shows a token.
type Decision interface {
	fmt.Stringer
	decision()
}

// AddSecret makes a secret that our application owns. It comes alone: the shell makes it, writes its ID into the view
// and evaluates once more.
type AddSecret struct {
	Label, Description string
	Content            kubecontrol.SecretContent
}

// SetSecret gives a secret of ours a new revision.
type SetSecret struct {
	ID, Label string
	Content   kubecontrol.SecretContent
}

// GrantSecret lets a unit of a relation, or with an empty unit its application, read a secret of ours.
type GrantSecret struct {
	ID       string
	Relation kubecontrol.RelationID
	Unit     kubecontrol.Unit
	Target   string // the reader as Juju lists it
}

// RevokeSecret revokes a grant of our secret to a wrong unit.
type RevokeSecret struct {
	ID     string
	Unit   kubecontrol.Unit
	Target string // the unit's tag
}

// RemoveSecret removes a secret of ours, or one revision. It may be gone already.
type RemoveSecret struct {
	ID       string
	Revision int // 0: all
}

// Publish writes keys of our own unit's bag in one relation; an empty value deletes its key.
type Publish struct {
	Relation kubecontrol.RelationID
	Set      kubecontrol.Bag
	Why      string
}

// Keep writes and drops keys of the charm's state.
type Keep struct {
	Set  map[string]string
	Drop []string
}

// SetFlag and ClearFlag report a computed flag that changed; Keep is what stores it.
type SetFlag struct{ Name, Why string }

// ClearFlag is the reverse of SetFlag.
type ClearFlag struct{ Name, Why string }

// SetStatus sets the workload status.
type SetStatus struct{ Status, Message string }

// Note is a line for the log.
type Note struct {
	Level Level
	Text  string
}

// Level is a note's weight.
type Level int

// Debug says why nothing was done, Info that something changed, Warning that a peer's data is not used.
const (
	Debug Level = iota
	Info
	Warning
)

func (AddSecret) decision()    {}
func (SetSecret) decision()    {}
func (GrantSecret) decision()  {}
func (RevokeSecret) decision() {}
func (RemoveSecret) decision() {}
func (Publish) decision()      {}
func (Keep) decision()         {}
func (SetFlag) decision()      {}
func (ClearFlag) decision()    {}
func (SetStatus) decision()    {}
func (Note) decision()         {}

func (d AddSecret) String() string { return "add secret " + printable.Quoted(d.Label) }
func (d SetSecret) String() string {
	return fmt.Sprintf("change secret %s (%s)", d.ID, printable.Quoted(d.Label))
}

func (d GrantSecret) String() string {
	whom := string(d.Unit)
	if whom == "" {
		whom = "the application"
	}
	return fmt.Sprintf("grant secret %s to %s on %s", d.ID, whom, d.Relation)
}

func (d RevokeSecret) String() string { return fmt.Sprintf("revoke secret %s from %s", d.ID, d.Unit) }

func (d RemoveSecret) String() string {
	if d.Revision > 0 {
		return fmt.Sprintf("remove revision %d of secret %s", d.Revision, d.ID)
	}
	return "remove secret " + d.ID
}

func (d Publish) String() string {
	parts := make([]string, 0, len(d.Set))
	for _, key := range slices.Sorted(maps.Keys(d.Set)) {
		switch value := d.Set[key]; {
		case value == "":
			parts = append(parts, key+" deleted")
		case key == kubecontrol.KeyCreds:
			creds, _ := kubecontrol.DecodeCreds(value)
			parts = append(parts, "creds "+summary(creds))
		default:
			parts = append(parts, fmt.Sprintf("%s=%s", key, printable.Quoted(value)))
		}
	}
	return fmt.Sprintf("publish on %s: %s (%s)", d.Relation, strings.Join(parts, ", "), d.Why)
}

// summary names the first users of creds, and counts the others.
func summary(creds kubecontrol.Creds) string {
	const most = 5
	users := creds.Users()
	more := ""
	if len(users) > most {
		more = fmt.Sprintf(" and %d more", len(users)-most)
		users = users[:most]
	}
	for i, u := range users {
		users[i] = fmt.Sprintf("%s for %s", printable.Quoted(u), creds[u].Scope)
	}
	return "[" + strings.Join(users, ", ") + more + "]"
}

func (d Keep) String() string {
	parts := slices.Sorted(maps.Keys(d.Set))
	for _, key := range d.Drop {
		parts = append(parts, key+" dropped")
	}
	const most = 6
	if n := len(parts); n > most {
		parts = append(parts[:most], fmt.Sprintf("and %d more", n-most))
	}
	return "keep " + strings.Join(parts, ", ")
}

func (d SetFlag) String() string   { return fmt.Sprintf("set flag %s (%s)", d.Name, d.Why) }
func (d ClearFlag) String() string { return fmt.Sprintf("clear flag %s (%s)", d.Name, d.Why) }
func (d SetStatus) String() string { return fmt.Sprintf("set status %s %q", d.Status, d.Message) }
func (d Note) String() string      { return fmt.Sprintf("note (%s): %s", d.Level, d.Text) }

// String is the level as the log names it.
func (l Level) String() string { return [...]string{"debug", "info", "warning"}[l] }
