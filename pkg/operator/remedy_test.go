package operator

import (
	"strings"
	"testing"

	"github.com/kube-control/kube-control/pkg/engine"
)

func TestForbidden(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		q    engine.Request
		want bool
	}{
		"a node":                {engine.Request{User: "system:node:a"}, false},
		"any user":              {engine.Request{User: "root", Group: "system:masters"}, false},
		"the administrator":     {engine.Request{User: "admin"}, true},
		"a part of Kubernetes":  {engine.Request{User: "system:kube-proxy"}, true},
		"another's in the file": {engine.Request{User: "taken"}, true},
		"a name with a comma":   {engine.Request{User: "a,b"}, true},
		"a group with a quote":  {engine.Request{User: "a", Group: `"`}, true},
	} {
		if got := Forbidden(tt.q, []string{"taken"}); got != tt.want {
			t.Errorf("%s: %v", name, got)
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
