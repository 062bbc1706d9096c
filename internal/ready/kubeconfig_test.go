package ready

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

const pem = "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n"

func TestKubeconfigHoldsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"kubelet", "a: b # \"c\" - d", "é\u2028", "yes"} {
		k := Kubeconfig{Server: "https://10.0.0.1:6443", CA: pem, User: user, Token: kubecontrol.NewToken("uid::0123456789abcdef")}
		text, err := k.Encode()
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := yaml.UnmarshalStrict(text, &got); err != nil {
			t.Fatalf("%v:\n%s", err, text)
		}
		want := map[string]any{
			"apiVersion": "v1", "kind": "Config", "current-context": "juju-context", "preferences": map[string]any{},
			"clusters": []any{map[string]any{"name": "juju-cluster", "cluster": map[string]any{
				"server": "https://10.0.0.1:6443", "certificate-authority-data": base64.StdEncoding.EncodeToString([]byte(pem)),
			}}},
			"contexts": []any{map[string]any{"name": "juju-context", "context": map[string]any{"cluster": "juju-cluster", "user": user}}},
			"users":    []any{map[string]any{"name": user, "user": map[string]any{"token": "uid::0123456789abcdef"}}},
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("user %q (-want +got):\n%s", user, d)
		}
	}
}

func TestKubeconfigRefuses(t *testing.T) {
	t.Parallel()
	good := Kubeconfig{Server: "https://h:6443", CA: pem, User: "u", Token: kubecontrol.NewToken("0123456789")}
	for name, change := range map[string]func(*Kubeconfig){
		"no token":            func(k *Kubeconfig) { k.Token = kubecontrol.Token{} },
		"newline":             func(k *Kubeconfig) { k.Token = kubecontrol.NewToken("0123456789\nx: y") },
		"short":               func(k *Kubeconfig) { k.Token = kubecontrol.NewToken("0123456") },
		"long":                func(k *Kubeconfig) { k.Token = kubecontrol.NewToken(strings.Repeat("x", 4097)) },
		"server":              func(k *Kubeconfig) { k.Server = "" },
		"clear":               func(k *Kubeconfig) { k.Server = "http://h:6443" },
		"userinfo":            func(k *Kubeconfig) { k.Server = "https://h:6443@evil" },
		"query":               func(k *Kubeconfig) { k.Server = "https://h?x" },
		"fragment":            func(k *Kubeconfig) { k.Server = "https://h#" },
		"zone":                func(k *Kubeconfig) { k.Server = "https://[fe80::1%25eth0]:6443" },
		"host":                func(k *Kubeconfig) { k.Server = "https://h_h" },
		"newline in the user": func(k *Kubeconfig) { k.User = "a\nb" },
		"no user":             func(k *Kubeconfig) { k.User = "" },
		"control":             func(k *Kubeconfig) { k.User = "a\x7fb" },
		"no CA":               func(k *Kubeconfig) { k.CA = "" },
	} {
		k := good
		change(&k)
		if text, err := k.Encode(); err == nil {
			t.Errorf("%s: written\n%s", name, text)
		} else if strings.Contains(err.Error(), "0123456") {
			t.Errorf("%s: the error shows the token: %v", name, err)
		}
	}
}

func TestServerFor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		unit kubecontrol.Unit
		urls []string
		want string
	}{
		{"kw/0", nil, ""},
		{"kw/0", []string{"a", "b"}, "a"},
		{"kw/3", []string{"a", "b"}, "b"},
		{"", []string{"a", "b"}, "a"},
	} {
		if got := ServerFor(tt.unit, tt.urls); got != tt.want {
			t.Errorf("%s of %v gets %s", tt.unit, tt.urls, got)
		}
	}
}
