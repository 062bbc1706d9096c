package pack_test

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type option struct {
	Type        string `json:"type"`
	Default     any    `json:"default"`
	Description string `json:"description"`
}

// options reads a charm's config.yaml; nothing if the charm has none.
func options(t *testing.T, dir string) map[string]option {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, "config.yaml")); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var config struct {
		Options map[string]option `json:"options"`
	}
	read(t, dir, "config.yaml", &config)
	if len(config.Options) == 0 {
		t.Fatal("config.yaml has no options")
	}
	return config.Options
}

func TestOptions(t *testing.T) {
	t.Parallel()

	forEachCharm(t, func(t *testing.T, _, dir string) {
		for name, o := range options(t, dir) {
			if !isName(name) {
				t.Errorf("option %s has no good name", name)
			}
			if o.Description == "" {
				t.Errorf("option %s is not described", name)
			}
			if !hasType(o.Default, o.Type) {
				t.Errorf("option %s of type %q has the default %v", name, o.Type, o.Default)
			}
		}
	})
}

// hasType reports whether an option of a type can have the value.
func hasType(value any, kind string) bool {
	switch value := value.(type) {
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case float64:
		return kind == "int" && value == math.Trunc(value)
	}
	return false
}

// An upgrade keeps what an operator has set, so names and defaults are for good.
func TestNamesAndDefaultsOfOptions(t *testing.T) {
	t.Parallel()

	want := map[string]map[string]any{
		"kube-control-master": {
			"dns-provider":         "auto",
			"dns-domain":           "cluster.local",
			"dns-ip":               "10.152.183.10",
			"dns-port":             53.0,
			"cluster-tag":          "",
			"image-registry":       "rocks.canonical.com:443/cdk",
			"default-cni":          "",
			"api-endpoints":        "",
			"has-xcp":              false,
			"register-with-taints": "node-role.kubernetes.io/control-plane:NoSchedule",
			"labels":               "node-role.kubernetes.io/control-plane=",
			"cohort-keys":          "",
			"ca-certificate":       "",
			"token-auth-file":      "/root/cdk/known_tokens.csv",
			"on-tokens-changed":    "",
			"on-worker-left":       "",
			"allowed-groups":       "system:nodes",
			"allowed-users":        "system:node:* $UNIT",
			"client-token":         "per-unit",
			"client-group":         "",
			"require-workers":      false,
		},
		"kube-control-worker": {
			"node-name":              "",
			"auth-group":             "system:nodes",
			"gpu":                    "auto",
			"schemas":                "auto",
			"kubeconfig-dir":         "/root/cdk",
			"ca-file":                "",
			"on-credentials-changed": "",
		},
	}
	for charm, want := range want {
		got := map[string]any{}
		for name, o := range options(t, charms()[charm]) {
			got[name] = o.Default
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("options and defaults of %s differ (-want +got):\n%s", charm, diff)
		}
	}
}
