package operator

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

func TestGrammar(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		check     func(string) error
		good, bad []string
	}{
		{
			CheckEndpoint,
			[]string{"https://10.0.0.1:6443", "https://api.example", "https://[fd00::1]:6443/k8s", "https://[2001:DB8::1]:6443", "https://[2001:0db8:0:0:0:0:0:1]:6443", "https://[::ffff:10.0.0.1]:6443", "https://[::]"},
			[]string{"http://h", "https://u@h", "https://h?x", "https://h#x", "https://", "https://[fe80::1%25eth0]", "https://h_x", "h:6443", "https://a b", "https://[fe80::1%eth0]", "https://[::g]", "https://[10.0.0.1]x"},
		},
		{
			CheckRegistry,
			[]string{"rocks.canonical.com:443/cdk", "h", "10.0.0.1:5000/a/b-c", "[fd00::1]:5000", "[FD00::1]", "[fd00:0::1]:5000/a", "[::ffff:10.0.0.1]:5000"},
			[]string{"", "--x", "[fe80::1%eth0]:5000", "[::g]:5000", "[]:5000", "fd00::1", "[fd00::1", "[fd00::1]5000", "[1:2]", "h/../x", "h /x", "h/A", "h:port", "h/x\n", "-h", "h//x"},
		},
		{checkAddress, []string{"10.0.0.1", "fd00::1", "FD00:0::1", "::ffff:10.0.0.1"}, []string{"", "10.0.0.300", "fe80::1%eth0", "[fd00::1]", "x"}},
		{CheckTaint, []string{"a:NoSchedule", "k8s.io/a=b:NoExecute"}, []string{"a", "a:Never", "=b:NoExecute", "a=b c:NoExecute", "a:NoExecute\n"}},
		{CheckLabel, []string{"a=", "k8s.io/a=b"}, []string{"a", "=b", "a=b c", "a=b\n"}},
		{CheckName, []string{"system:node:a.b", "kube-e2e/0", "x@y"}, []string{"", "a,b", "a b", "a\"", "a\nb", "é", string(bytes.Repeat([]byte{'a'}, 254))}},
	} {
		for _, text := range tt.good {
			if err := tt.check(text); err != nil {
				t.Errorf("%q: it %v", text, err)
			}
		}
		for _, text := range tt.bad {
			if tt.check(text) == nil {
				t.Errorf("%q passes", text)
			}
		}
	}
}
