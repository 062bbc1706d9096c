package session_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/internal/charmfile"
	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// charmFolder makes a charm's folder of these files.
func charmFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// sameError compares an error's whole text; DIR stands for the charm's folder.
func sameError(t *testing.T, err error, want, dir string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", want)
	}
	if got := strings.ReplaceAll(err.Error(), dir, "DIR"); got != want {
		t.Errorf("error %s\nwant  %s", got, want)
	}
}

func TestReadMetadata(t *testing.T) {
	t.Parallel()
	dir := charmFolder(t, map[string]string{"metadata.yaml": `
name: kube-control
summary: both ends
provides:
  kube-control: {interface: kube-control, scope: global, limit: 1, schema: 3}
  cni:
    interface: kubernetes-cni
    scope: container
requires:
  control-plane: kube-control
peers:
  masters: {interface: kube-masters}
storage:
`})
	got, err := session.ReadMetadata(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := charmfile.Metadata{Name: "kube-control", Endpoints: []charmfile.Endpoint{
		{Name: "cni", Interface: "kubernetes-cni", Role: kubecontrol.Master},
		{Name: "kube-control", Interface: "kube-control", Role: kubecontrol.Master},
		{Name: "control-plane", Interface: "kube-control", Role: kubecontrol.Worker},
		{Name: "masters", Interface: "kube-masters", Peer: true},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
	ours, err := got.KubeControl()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Endpoints[1:3], ours); diff != "" {
		t.Errorf("endpoints of the interface (-want +got):\n%s", diff)
	}
}

func TestKubeControlRefusesPeers(t *testing.T) {
	t.Parallel()
	dir := charmFolder(t, map[string]string{"metadata.yaml": "name: k\npeers: {us: kube-control}"})
	meta, err := session.ReadMetadata(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = meta.KubeControl()
	sameError(t, err, "cannot use endpoint us of charm k: a peer cannot have the interface kube-control", dir)
}

func TestReadMetadataRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, yaml, want string }{
		{"an empty file", "", "cannot read DIR/metadata.yaml: key name: want the charm's name"},
		{"no name", "summary: x", "cannot read DIR/metadata.yaml: key name: want the charm's name"},
		{"a name that is none", "name: yes", "cannot read DIR/metadata.yaml: key name: want the charm's name"},
		{"a list", "- name: x", "cannot read DIR/metadata.yaml: want a map"},
		{"bad YAML", "name: [x\nprovides:", "cannot read DIR/metadata.yaml: yaml: line 1: did not find expected ',' or ']'"},
		{"a key twice", "name: a\nname: b", `cannot read DIR/metadata.yaml: yaml: unmarshal errors: line 2: key "name" already set in map`},
		{"an endpoint twice in a section", "name: a\nprovides:\n  k: x\n  k: y", `cannot read DIR/metadata.yaml: yaml: unmarshal errors: line 4: key "k" already set in map`},
		{"an endpoint in two sections", "name: a\nprovides: {k: x}\nrequires: {k: x}", "cannot read DIR/metadata.yaml: endpoint k stands under provides and under requires"},
		{"a section that is a list", "name: a\nrequires: [k]", "cannot read DIR/metadata.yaml: key requires: want a map of endpoints"},
		{"an endpoint without an interface", "name: a\nprovides: {k: {scope: global}}", "cannot read DIR/metadata.yaml: endpoint k under provides: want its interface, a text"},
		{"an endpoint of nothing", "name: a\nprovides: {k: }", "cannot read DIR/metadata.yaml: endpoint k under provides: want its interface, a text"},
		{"an interface that YAML takes for a boolean", "name: a\nprovides: {k: {interface: y}}", "cannot read DIR/metadata.yaml: endpoint k under provides: want its interface, a text"},
		{"an interface in capitals", "name: a\nprovides: {k: {Interface: z}}", "cannot read DIR/metadata.yaml: endpoint k under provides: want its interface, a text"},
		{"an endpoint that leads elsewhere", "name: a\nprovides: {../k: x}", `cannot read DIR/metadata.yaml: key provides: "../k" is not an endpoint's name`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := charmFolder(t, map[string]string{"metadata.yaml": test.yaml})
			_, err := session.ReadMetadata(dir)
			sameError(t, err, test.want, dir)
		})
	}
	t.Run("no file", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		_, err := session.ReadMetadata(dir)
		sameError(t, err, "cannot read DIR/metadata.yaml: no such file or directory", dir)
	})
}

func TestReadActions(t *testing.T) {
	t.Parallel()
	dir := charmFolder(t, map[string]string{"actions.yaml": "get-dns: {description: x}\nauth-user:\n"})
	got, err := session.ReadActions(dir)
	if diff := cmp.Diff([]string{"auth-user", "get-dns"}, got); diff != "" || err != nil {
		t.Errorf("error %v, actions (-want +got):\n%s", err, diff)
	}
	if got, err := session.ReadActions(t.TempDir()); len(got) != 0 || err != nil {
		t.Errorf("actions %q, error %v without a file", got, err)
	}
	for text, want := range map[string]string{
		"[a]":       "cannot read DIR/actions.yaml: want a map",
		"../a: {}":  `cannot read DIR/actions.yaml: "../a" is not an action's name`,
		"a: \"":     "cannot read DIR/actions.yaml: yaml: found unexpected end of stream",
		"a: 1\na: ": `cannot read DIR/actions.yaml: yaml: unmarshal errors: line 2: key "a" already set in map`,
	} {
		dir := charmFolder(t, map[string]string{"actions.yaml": text})
		_, err := session.ReadActions(dir)
		sameError(t, err, want, dir)
	}
}
