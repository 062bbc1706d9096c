package operator

import (
	"fmt"
	"strings"

	"github.com/kube-control/kube-control/pkg/engine"
)

// Refusals are the requests among those of a contested endpoint that the policy would not sign. None of them may keep a
// user from a unit that is allowed to have it.
func Refusals(o MasterOptions, asking []engine.Request, taken []string) []engine.Refusal {
	var refused []engine.Refusal
	for _, q := range asking {
		if o.Policy == nil {
			break
		}
		if d := o.Policy.check(q, taken); d != nil {
			refused = append(refused, engine.Refusal{Request: q, Cause: d.cause, Reason: d.reason})
		}
	}
	return refused
}

// Remedy says what an operator does about a status that a ready charm of this application proposes, with the command
// where there is one; "" for a status without a message.
func Remedy(app string, status engine.Status) string {
	message := status.Message
	option, isOption := strings.CutPrefix(message, "Option ")
	name, _, _ := strings.Cut(option, " ")
	begins := func(text string) bool { return strings.HasPrefix(message, text) }
	switch {
	case message == "":
		return ""
	case isOption:
		return fmt.Sprintf("juju config %s %s=VALUE (what the option means: juju config %s)", app, name, app)
	case begins("Waiting for the CA certificate"):
		return fmt.Sprintf("juju config MASTER ca-certificate=\"$(cat ca.crt)\"; or put the file on each worker: juju config %s ca-file=PATH", app)
	case begins("Waiting for API endpoints"):
		return "juju config MASTER api-endpoints=https://ADDRESS:6443"
	case begins("Waiting for on-"):
		command, _, _ := strings.Cut(strings.TrimPrefix(message, "Waiting for "), ",")
		return fmt.Sprintf("mend the command, which each hook runs again: juju config %s %s", app, command)
	case begins("client-token was admin"):
		return fmt.Sprintf("juju run %s/leader rotate-credentials all=true, then finish=true", app)
	case begins("client-token=admin"):
		return fmt.Sprintf("juju config %s client-token=per-unit, unless the workers' charm needs all rights", app)
	}
	return fmt.Sprintf("it tries again in each hook; its log: juju debug-log --replay --include %s", app)
}
