package hooktool

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kube-control/kube-control/internal/printable"
)

// What errors of this package can be asked for with errors.Is.
var (
	// ErrNotFound: Juju has forgotten the relation or the unit's part in it, or denies that they are there.
	ErrNotFound = errors.New("not there, or not for this unit")
	// ErrNotLeader: only the leader may do this.
	ErrNotLeader = errors.New("this unit is not the leader")
	// ErrUnsupported: this Juju does not have the tool, or there is no Juju.
	ErrUnsupported = errors.New("hook tool not available")
	// ErrTooLarge: an answer, a key or a value is longer than allowed.
	ErrTooLarge = errors.New("too large")
)

// Error is a hook tool that ran and failed. It holds no value of a bag or of the state.
type Error struct {
	Tool     string
	Flags    []string // the flags' names, without their values
	ExitCode int
	Stderr   string // one line: what the tool said, cut; of a call that carries data only a known phrase of it

	kind error // one of the Err values, or nil
}

// Error is one line that names the tool, its flags, the exit code and what the tool said.
func (e *Error) Error() string {
	text := e.Tool
	if len(e.Flags) > 0 {
		text += " (" + strings.Join(e.Flags, " ") + ")"
	}
	text = fmt.Sprintf("%s ended with exit code %d", text, e.ExitCode)
	if e.Stderr != "" {
		text += ": " + e.Stderr
	}
	return text
}

// Unwrap is what the failure means, if that is known.
func (e *Error) Unwrap() error { return e.kind }

// failure makes the error of a call whose tool ended with another exit code than 0.
func failure(call Call, out Output) *Error {
	stderr := string(out.Stderr)
	e := &Error{Tool: call.Tool, Flags: flagNames(call.Args), ExitCode: out.ExitCode, kind: meaning(stderr)}
	if carriesData(call) {
		e.Stderr = knownPhrase(stderr)
	} else {
		e.Stderr = firstLines(stderr)
	}
	return e
}

// carriesData says whether the tool was given values that its error text may quote.
func carriesData(call Call) bool {
	return call.Stdin != nil || call.Tool == "action-set" || call.Tool == "secret-add" || call.Tool == "secret-set"
}

// flagNames are the flags among the arguments, without values and without what follows "--".
func flagNames(args []string) []string {
	var names []string
	for _, arg := range args {
		if arg == "--" {
			break
		}
		if name, _, _ := strings.Cut(arg, "="); strings.HasPrefix(name, "-") && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// meaning finds in a tool's words what callers can act on. The texts are Juju's own; "permission denied" must be all
// of the line, for the way to the agent's socket can be denied too.
func meaning(stderr string) error {
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		switch {
		case line == "ERROR permission denied",
			strings.HasSuffix(line, "relation not found"),
			strings.HasSuffix(line, "settings not found"),
			strings.HasPrefix(line, "ERROR ") && strings.Contains(line, "secret") && strings.HasSuffix(line, " not found"),
			strings.HasPrefix(line, "ERROR consumer label ") && strings.HasSuffix(line, " not found"),
			strings.HasSuffix(line, " is not allowed to read this secret"), // 4.0
			strings.HasSuffix(line, " is not allowed to manage this secret"):
			return ErrNotFound
		case strings.HasSuffix(line, "not the leader"),
			line == "ERROR cannot write relation settings":
			return ErrNotLeader
		case strings.Contains(line, "unknown command: "),
			strings.Contains(line, "unknown hook command: "):
			return ErrUnsupported
		}
	}
	return nil
}

const (
	stderrLines = 3
	stderrBytes = 400
)

// firstLines are the first lines of a tool's words as one line, without control characters.
func firstLines(stderr string) string {
	lines := strings.SplitN(strings.TrimSpace(stderr), "\n", stderrLines+1)
	lines = lines[:min(len(lines), stderrLines)]
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, strings.Join(lines, "; "))
	return printable.Cut(text, stderrBytes)
}

// knownPhrase is the first of Juju's phrases without data that a tool's words hold.
func knownPhrase(stderr string) string {
	if stderr == "" {
		return ""
	}
	for _, phrase := range []string{
		"permission denied", "relation not found", "settings not found", "invalid relation id", "no relation id specified",
		"cannot write relation settings", "not the leader", "cannot determine leadership status",
		"max allowed key length (256) exceeded", "max allowed value length (65536) exceeded",
		"not running an action", "control characters are not allowed", "yaml: unmarshal errors",
		"unknown command", "unknown hook command", "wrong context ID", "JUJU_CONTEXT_ID not set",
		"already exists", "too large", "connection refused", "no such file or directory",
	} {
		if strings.Contains(stderr, phrase) {
			return phrase
		}
	}
	return fmt.Sprintf("(its %d bytes of words are withheld: they may quote data)", len(stderr))
}
