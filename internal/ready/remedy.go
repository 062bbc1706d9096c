package ready

import (
	"fmt"
	"strings"

	"github.com/kube-control/kube-control/internal/engine"
)

// Refusals are the requests among those of a contested endpoint that the policy would not sign. They may not hold a
// user that another unit is allowed to have.
func Refusals(o MasterOptions, asking []engine.Request, taken []string) []engine.Refusal {
	var refused []engine.Refusal
	for _, q := range asking {
		if o.Policy == nil {
			break
		}
		if cause := o.Policy.check(q, taken); cause != "" {
			refused = append(refused, engine.Refusal{Request: q, Cause: cause})
		}
	}
	return refused
}

// Cause is why a ready charm has a problem of its own, besides waiting for the interface.
type Cause string

// The causes. The detail of an option and of a command is the option's name.
const (
	CauseOption      Cause = "option"      // an option can't be used
	CauseCommand     Cause = "command"     // an option's command failed
	CauseCredentials Cause = "credentials" // no master has given any
	CauseUnusable    Cause = "unusable"    // those that a master gave were taken back, or cannot be used
	CauseCertificate Cause = "certificate" // there is no CA certificate
	CauseEndpoints   Cause = "endpoints"   // there is no API server
	CauseFile        Cause = "file"        // a file can't be read or written
	CauseSeed        Cause = "seed"        // the secret with the token seed can't be read
	CauseRights      Cause = "rights"      // workers have all rights
)

// Trouble is a ready charm's own problem; none without a cause.
type Trouble struct {
	Cause  Cause
	Detail string // "" where the cause has none
	Status engine.Status
}

// Blocking is trouble that a person must fix. The message is cut to the length of a status.
func Blocking(cause Cause, detail, format string, args ...any) Trouble {
	return Trouble{cause, detail, engine.Status{Status: engine.Blocked, Message: engine.CutMessage(fmt.Sprintf(format, args...))}}
}

// Awaiting is trouble that ends without a person, or on the other side. The message is cut to the length of a status.
func Awaiting(cause Cause, detail, format string, args ...any) Trouble {
	return Trouble{cause, detail, engine.Status{Status: engine.Waiting, Message: engine.CutMessage(fmt.Sprintf(format, args...))}}
}

// OfOptions is the trouble of one option or more that can't be used.
func OfOptions(problems []Problem) Trouble {
	return Blocking(CauseOption, problems[0].Option, "%s", Together(problems))
}

// String is the trouble's cause and detail as they are kept: "option dns-ip"; "" for none.
func (t Trouble) String() string { return strings.TrimSpace(string(t.Cause) + " " + t.Detail) }

// Remedy is the next step of an operator of an application against trouble, which is given as its String. It names the command
// where there is one. For "" and an unknown cause it points to the log.
func Remedy(app, kept string) string {
	cause, option, _ := strings.Cut(kept, " ")
	switch Cause(cause) {
	case CauseOption:
		return fmt.Sprintf("juju config %s %s=VALUE (what the option means: juju config %s)", app, option, app)
	case CauseCertificate:
		return fmt.Sprintf("juju config MASTER ca-certificate=\"$(cat ca.crt)\"; or put the file on each worker: juju config %s ca-file=PATH", app)
	case CauseEndpoints:
		return "juju config MASTER api-endpoints=https://ADDRESS:6443"
	case CauseCredentials, CauseUnusable:
		return fmt.Sprintf("the master says why: juju exec --unit MASTER/leader -- bin/kube-control explain --unit %s/N", app)
	case CauseCommand:
		return fmt.Sprintf("fix the command, which each hook runs again: juju config %s %s", app, option)
	}
	return fmt.Sprintf("each hook tries again; the log has the reason: juju debug-log --replay --include %s", app)
}
