package operator

import (
	"strings"
	"testing"

	"github.com/kube-control/kube-control/pkg/engine"
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
		"the administrator":     {engine.Request{User: "admin"}, engine.RefusedAlways},
		"a part of Kubernetes":  {engine.Request{User: "system:kube-proxy"}, engine.RefusedAlways},
		"another's in the file": {engine.Request{User: "taken"}, engine.RefusedAlways},
		"a name with a comma":   {engine.Request{User: "a,b"}, engine.RefusedAlways},
		"a user not allowed":    {engine.Request{User: "root", Group: "g"}, engine.RefusedUser},
		"a long group":          {engine.Request{User: "root", Group: strings.Repeat("g", 200)}, engine.RefusedGroup},
		"allowed":               {engine.Request{User: "me", Group: "g"}, ""},
		"a group with a quote":  {engine.Request{User: "a", Group: `"`}, engine.RefusedAlways},
	} {
		policy := &Policy{groups: []allowed{{pattern: "g"}}, users: []allowed{{pattern: "me"}}}
		got := engine.RefusalCause("")
		if d := policy.check(tt.q, []string{"taken"}); d != nil {
			got = d.cause
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestRemedy(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"Option dns-ip is not an IP address":                                       "juju config app dns-ip=VALUE (",
		"Waiting for the CA certificate: there is no file /x":                      "ca-file=PATH",
		"Waiting for API endpoints: none of those given can be used":               "juju config MASTER api-endpoints=",
		"Waiting for on-credentials-changed, which failed (exit status 1)":         "juju config app on-credentials-changed",
		"Waiting for the secret with the token seed":                               "juju debug-log --replay --include app",
		"Cannot write the token file, see the log":                                 "juju debug-log --replay --include app",
		"client-token was admin: workers keep all rights until rotate-credentials": "juju run app/leader rotate-credentials all=true, then finish=true",
		"client-token=admin gives every worker all rights":                         "juju config app client-token=per-unit",
	} {
		if got := Remedy("app", engine.Status{Message: message}); !strings.Contains(got, want) {
			t.Errorf("%s: %s", message, got)
		}
	}
	if got := Remedy("app", engine.Status{Status: engine.Active}); got != "" {
		t.Errorf("nothing is wrong: %s", got)
	}
}
