package ready

import (
	"strings"
	"testing"

	"github.com/kube-control/kube-control/internal/engine"
)

// What no option could allow is told from what an option of groups or users could.
func TestRefusalCauses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		q    engine.Request
		want engine.RefusalCause
	}{
		"a node":                {engine.Request{User: "system:node:a"}, engine.RefusedGroup},
		"any user":              {engine.Request{User: "root", Group: "system:masters"}, engine.RefusedGroup},
		"the administrator":     {engine.Request{User: "admin"}, engine.RefusedReserved},
		"a part of Kubernetes":  {engine.Request{User: "system:kube-proxy"}, engine.RefusedReserved},
		"another's in the file": {engine.Request{User: "taken"}, engine.RefusedReserved},
		"a name with a comma":   {engine.Request{User: "a,b"}, engine.RefusedInvalidUser},
		"a user not allowed":    {engine.Request{User: "root", Group: "g"}, engine.RefusedUser},
		"a long group":          {engine.Request{User: "root", Group: strings.Repeat("g", 200)}, engine.RefusedGroup},
		"allowed":               {engine.Request{User: "me", Group: "g"}, ""},
		"a group with a quote":  {engine.Request{User: "a", Group: `"`}, engine.RefusedInvalidGroup},
	} {
		policy := &Policy{groups: []allowed{{pattern: "g"}}, users: []allowed{{pattern: "me"}}}
		got := policy.check(tt.q, []string{"taken"})
		if got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestRemedy(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		trouble Trouble
		want    string
	}{
		{OfOptions([]Problem{{"dns-ip", "is not an IP address"}, {"dns-port", "is not a port"}}), "juju config app dns-ip=VALUE ("},
		{Awaiting(CauseCertificate, "", "Waiting"), "ca-file=PATH"},
		{Awaiting(CauseEndpoints, "", "Waiting"), "juju config MASTER api-endpoints="},
		{Awaiting(CauseCommand, "on-credentials-changed", "Waiting"), "juju config app on-credentials-changed"},
		{Awaiting(CauseSeed, "", "Waiting"), "juju debug-log --replay --include app"},
		{Blocking(CauseFile, "", "Option dns-ip is the name of a file"), "juju debug-log --replay --include app"},
		{Trouble{}, "juju debug-log --replay --include app"},
	} {
		if got := Remedy("app", tt.trouble.String()); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s", tt.trouble, got)
		}
	}
}
