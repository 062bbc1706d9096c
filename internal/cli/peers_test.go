package cli_test

import (
	"fmt"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// A token that is left out is an empty text on the wire: with a null in it ops-interface-kube-control takes nothing from
// the relation.
func TestTokensLeftOut(t *testing.T) {
	t.Parallel()
	for stdin, tokens := range map[string]string{
		`{"client_token": "c"}`: `"client_token": "c", "kubelet_token": "", "proxy_token": ""`,
		`{"kubelet_token": "k", "proxy_token": null, "client_token": "c"}`: `"client_token": "c", "kubelet_token": "k", "proxy_token": null`,
	} {
		w := master(t)
		w.Must(t, stdin, "sign-auth-request", "kw/1")
		want := `{"v w": {` + tokens + `, "scope": "kw/1"}}`
		if got := w.Relations[0].Local["creds"]; got != want {
			t.Errorf("%s: %s on the wire, want %s", stdin, got, want)
		}
	}
}

// Each relation has its own CA certificate; the first one's is the answer where none is named.
func TestCACertificateOfEachRelation(t *testing.T) {
	t.Parallel()
	w := empty("worker")(t)
	for n, app := range []string{"one", "two"} {
		id := fmt.Sprintf("cq1f3oa5g5v7t8m9n0p%d", n)
		r := w.Relate(fmt.Sprintf("kube-control:%d", n+1), app)
		w.Vault.Secrets = append(w.Vault.Secrets, &world.Secret{
			ID: id, Owner: app, Latest: 1,
			Revisions: map[int]map[string]string{1: {"ca-certificate": "CA of " + app, "endpoint": "kube-control"}},
			Grants:    map[string]string{"x": r.ID},
			Tracked:   map[string]int{},
		})
		r.Join(app+"/0", agent.Settings{"ca-certificate-secret-id": "secret:" + id})
	}
	for _, tt := range []struct{ relation, want string }{
		{"", "CA of one"},
		{"kube-control:1", "CA of one"},
		{"kube-control:2", "CA of two"},
	} {
		argv := []string{"get-ca-certificate", "--format", "json"}
		if tt.relation != "" {
			argv = append(argv, "--relation", tt.relation)
		}
		if got, want := w.Must(t, "", argv...), fmt.Sprintf("%q\n", tt.want); got != want {
			t.Errorf("%q gives %s, want %s", tt.relation, got, want)
		}
	}
}
