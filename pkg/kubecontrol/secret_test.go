package kubecontrol

import (
	"maps"
	"testing"
)

func TestSecretIDs(t *testing.T) {
	t.Parallel()
	const bare = "cq1f3oa5g5v7t8m9n0p0"
	for id, ok := range map[string]bool{
		bare: true, "secret:" + bare: true, "secret://11111111-2222-4333-8444-555555555555/" + bare: true,
		"": false, "secret:": false, "secret:" + bare + "0": false, "secret:" + bare[:19] + "W": false, "label/" + bare: false,
		"secret:/" + bare: false, "secret://x/" + bare: false, "secret://11111111-2222-4333-8444-55555555555z/" + bare: false,
		"secret://11111111-2222-4333-8444-555555555555/?" + bare: false, "--label=" + bare: false,
	} {
		if IsSecretID(id) != ok {
			t.Errorf("IsSecretID(%q) = %t", id, !ok)
		}
		if ok && BareSecretID(id) != bare {
			t.Errorf("BareSecretID(%q) = %q", id, BareSecretID(id))
		}
	}
}

func TestSecretLabels(t *testing.T) {
	t.Parallel()
	for label, ok := range map[string]bool{
		"ca-certificate": true, CredsLabel("system:node:a"): true, "": false, "database": false, "ca-certificate2": false,
	} {
		if IsSecretLabel(label) != ok {
			t.Errorf("IsSecretLabel(%q) = %t", label, !ok)
		}
	}
}

// A credential goes into a secret and comes out again. All three tokens are there, for ops-interface-kube-control's
// readers fail without one.
func TestSecretContent(t *testing.T) {
	t.Parallel()
	c := Credential{Scope: "kw/0", Kubelet: NewToken("k"), Client: NewToken("")}
	content := c.Content("kube-control")
	want := SecretContent{
		"endpoint": NewToken("kube-control"), "scope": NewToken("kw/0"),
		"kubelet-token": NewToken("k"), "proxy-token": NewToken(""), "client-token": NewToken(""),
	}
	if !maps.Equal(want, content) {
		t.Errorf("content %v, want %v", content, want)
	}
	entry := c.InSecret("secret:x")
	if entry.Complete() || entry.Scope != "kw/0" || entry.SecretID != "secret:x" {
		t.Errorf("entry %+v", entry)
	}
	if back := entry.With(content); back.Kubelet.Reveal() != "k" || !back.Client.IsEmpty() || !back.Proxy.IsEmpty() {
		t.Errorf("read back %+v", back)
	}
}

func TestSecretContentIsCounted(t *testing.T) {
	t.Parallel()
	a, b := SecretContent{"client-token": NewToken("a")}, SecretContent{"client-token": NewToken("b")}
	next := a.Next(b)
	if next["count"].Reveal() != "1" || b.Next(next)["count"].Reveal() != "1" || next.Next(a)["count"].Reveal() != "2" {
		t.Errorf("counts %v", next)
	}
	if !next.Same(b) || next.Same(a) || !SecretContent(nil).Same(SecretContent{}) {
		t.Error("a count makes a difference, or a token none")
	}
	if _, changed := b["count"]; changed {
		t.Error("a content that is given is changed")
	}
}
