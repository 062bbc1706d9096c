package ready

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

func authority(b byte) *Authority { return newAuthority(bytes.Repeat([]byte{b}, seedSize)) }

// Each token is its own: whatever differs of what it is for, or of the seed, gives another one, also where the parts only
// seem to differ when they are written one behind the other.
func TestTokensDiffer(t *testing.T) {
	t.Parallel()
	m := member{"kube-control:1", "kw/0"}
	seen := map[string]string{}
	for name, token := range map[string]kubecontrol.Token{
		"base":     authority(1).token(kubelet, m, "u", 0),
		"seed":     authority(2).token(kubelet, m, "u", 0),
		"role":     authority(1).token(proxy, m, "u", 0),
		"relation": authority(1).token(kubelet, member{"kube-control:11", "kw/0"}, "u", 0),
		"unit":     authority(1).token(kubelet, member{"kube-control:1", "1kw/0"}, "u", 0),
		"user":     authority(1).token(kubelet, m, "u0", 0),
		"epoch":    authority(1).token(kubelet, m, "u", 1),
		"admin":    authority(1).token(admin, m, "u", 0),
	} {
		if other := seen[token.Reveal()]; other != "" || !isToken(token.Reveal()) || len(token.Reveal()) != 43 {
			t.Errorf("the token of %q is that of %q, or none: %d bytes", name, other, len(token.Reveal()))
		}
		seen[token.Reveal()] = name
	}
	if again := authority(1).token(kubelet, m, "u", 0).Reveal(); seen[again] != "base" {
		t.Error("the same token twice is two")
	}
}

// What is kept comes back, fits what a Juju secret takes, and what does not fit is refused and changes nothing.
func TestAuthorityHasRoom(t *testing.T) {
	t.Parallel()
	a, taken := authority(3), 0
	for i := range 1000 {
		m := member{"kube-control:1", kubecontrol.Unit(fmt.Sprintf("kw/%d", i))}
		token := kubecontrol.NewToken(fmt.Sprintf("%064d", i))
		if !a.adopt(m, tokens{User: fmt.Sprintf("system:node:n%d", i), Kubelet: token, Proxy: token, Client: token}) {
			break
		}
		taken++
	}
	if taken < 150 || taken == 1000 {
		t.Fatalf("%d units' tokens were taken", taken)
	}
	content, size := a.Encode(), 0
	for key, value := range content {
		if size += len(value); len(value) > maxPart {
			t.Errorf("%s has %d bytes", key, len(value))
		}
	}
	if size > 64<<10 {
		t.Errorf("the secret has %d bytes", size)
	}
	back, err := DecodeAuthority(content)
	if err != nil || back.seed != a.seed || len(back.adopted) != taken {
		t.Errorf("read back: %v, %d units of %d", err, len(back.adopted), taken)
	}
}

func TestDecodeAuthority(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		content map[string]string
		fails   bool
	}{
		"none":    {map[string]string{"cluster-tag": "x"}, false},
		"base64":  {map[string]string{"seed": "?"}, true},
		"short":   {map[string]string{"seed": "AAAA"}, true},
		"adopted": {map[string]string{"seed": authority(1).Encode()["seed"], "adopted-0": "no JSON"}, false},
	} {
		a, err := DecodeAuthority(tt.content)
		if (err != nil) != tt.fails || (a == nil) != (name != "adopted") {
			t.Errorf("%s: %v, %v", name, a, err)
		}
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, name string
		want          bool
	}{
		{"a", "a", true},
		{"a", "ab", false},
		{"*", "", true},
		{"*", "x", true},
		{"a*", "a", true},
		{"a*", "ba", false},
		{"*a", "ba", true},
		{"*a", "ab", false},
		{"a*b*c", "a-b-c", true},
		{"a*b*c", "abc", true},
		{"a*b*c", "acb", false},
		{"a*a", "a", false},
		{"system:node:*", "system:node:", true},
		{"a*bc*c", "abc", false},
	} {
		if got := matches(tt.pattern, tt.name); got != tt.want {
			t.Errorf("%q covers %q: %v", tt.pattern, tt.name, got)
		}
	}
}
