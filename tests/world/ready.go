package world

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// ReadyMaster makes a unit of the ready master charm, a member of an application kcp with a peer relation and, as yet,
// no worker. Its options have their defaults, but the token file is in the charm's folder.
func ReadyMaster(t testing.TB, unit string) *World {
	t.Helper()
	const endpoints = "provides:\n  kube-control:\n    interface: kube-control\npeers:\n  masters:\n    interface: kube-control-masters\n"
	w := New(unit, CharmOf(t, endpoints, "operator: master\nstatus: true\n"))
	w.Options, w.Address = Defaults(t, "master"), "10.0.0.1"
	w.Options["token-auth-file"] = "known_tokens.csv"
	w.Relate("masters:0", app(unit))
	return w
}

// Asking is the bag of a worker that asks for a user in a group, and reads its credentials from a secret or in clear.
func Asking(user, group string, secrets bool) agent.Settings {
	bag := agent.Settings{"kubelet_user": user, "auth_group": group}
	if secrets {
		bag["schema_vers"] = "[0, 1]"
	}
	return bag
}

// Beside makes another unit of a ready master's application: it shares the peer relation and the secrets, has the same
// options, and does not lead.
func (w *World) Beside(t testing.TB, unit string) *World {
	t.Helper()
	other := ReadyMaster(t, unit)
	other.Leader, other.Vault, other.Version = false, w.Vault, w.Version
	other.Relation("masters:0").App = w.Relation("masters:0").App
	w.Relation("masters:0").Join(unit, nil)
	other.Relation("masters:0").Join(w.Unit, nil)
	return other
}

// TokenFile is what stands in the token file.
func (w *World) TokenFile(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.CharmDir, "known_tokens.csv"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Defaults are what a ready charm has set without anybody, as config-get gives it; a charm is master or worker.
func Defaults(t testing.TB, charm string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "charm", charm, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Options map[string]struct {
			Default any `json:"default"`
		} `json:"options"`
	}
	if text, err = yaml.YAMLToJSON(text); err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil {
		t.Fatal(err)
	}
	options := map[string]any{}
	for name, option := range file.Options {
		if option.Default != nil && option.Default != "" { // Juju leaves an empty text out
			options[name] = option.Default
		}
	}
	return options
}
