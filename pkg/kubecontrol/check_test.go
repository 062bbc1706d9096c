package kubecontrol

import (
	"encoding/json"
	"strings"
	"testing"
)

// Row 120: the options, the commands and the reader have one check for each value.
func TestRow120CheckItem(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		key       string
		good, bad []string
	}{
		{
			KeyAPIEndpoints,
			[]string{"https://10.0.0.1:6443", "https://api.example", "https://[fd00::1]:6443/k8s", "https://[2001:DB8::1]:6443", "https://[2001:0db8:0:0:0:0:0:1]:6443", "https://[::ffff:10.0.0.1]:6443", "https://[::]", "https://h:65535"},
			[]string{"", "http://h", "https://u@h", "https://h?x", "https://h#x", "https://", "https://[fe80::1%25eth0]", "https://h_x", "h:6443", "https://a b", "https://[fe80::1%eth0]", "https://[::g]", "https://[10.0.0.1]x", "https://h:99999", "https://h:0", "https://h:", "https://h:65536"},
		},
		{
			KeyRegistryLocation,
			[]string{"rocks.canonical.com:443/cdk", "h", "10.0.0.1:5000/a/b-c", "[fd00::1]:5000", "[FD00::1]", "[fd00:0::1]:5000/a", "[::ffff:10.0.0.1]:5000"},
			[]string{"", "https://foo/bar", "--x", "[fe80::1%eth0]:5000", "[::g]:5000", "[]:5000", "fd00::1", "[fd00::1", "[fd00::1]5000", "[1:2]", "h/../x", "h /x", "h/A", "h:port", "h:99999", "h:0", "h/x\n", "-h", "h//x"},
		},
		{KeySDNIP, []string{"10.0.0.1", "fd00::1", "FD00:0::1", "::ffff:10.0.0.1"}, []string{"", "10.0.0.300", "fe80::1%eth0", "[fd00::1]", "x"}},
		{KeyDomain, []string{"cluster.local", "cluster.local.", "a"}, []string{"", "CLUSTER local", "a_b", "a..b", "-a"}},
		{KeyPort, []string{"1", "53", "65535"}, []string{"", "0", "65536", "dns", " 53", "+53", "053"}},
		{KeyClusterTag, []string{"kubernetes-abc", "a.b_c"}, []string{"", "a b", "-a", "kubernetes-\u00e9"}},
		{KeyDefaultCNI, []string{"calico"}, []string{"a b", "a/b"}},
		{KeyTaints, []string{"a:NoSchedule", "k8s.io/a=b:NoExecute"}, []string{"", "a", "a:Never", "=b:NoExecute", "a=b c:NoExecute", "a:NoExecute\n"}},
		{KeyLabels, []string{"a=", "k8s.io/a=b"}, []string{"", "a", "=b", "a=b c", "a=b\n"}},
		{KeyCohortKeys, []string{"{}", `{"kubelet": "k"}`}, []string{"[]", `{"kubelet": 5}`, `{"kubelet": null}`}},
	} {
		for _, text := range tt.good {
			if err := CheckItem(tt.key, text); err != nil {
				t.Errorf("%s %q: it %v", tt.key, text, err)
			}
			if err := CheckValue(Master, tt.key, onWire(tt.key, text)); err != nil {
				t.Errorf("%s %q as a value: %v", tt.key, text, err)
			}
		}
		for _, text := range tt.bad {
			if CheckItem(tt.key, text) == nil {
				t.Errorf("%s %q passes", tt.key, text)
			}
			if text != "" && CheckValue(Master, tt.key, onWire(tt.key, text)) == nil {
				t.Errorf("%s %q passes as a value", tt.key, text)
			}
		}
	}
}

// The names of users and groups go into files whose form they must not break.
func TestCheckName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"system:node:a.b", "kube-e2e/0", "x@y"} {
		if err := CheckName(name); err != nil {
			t.Errorf("%q: it %v", name, err)
		}
		if err := CheckValue(Worker, KeyAuthGroup, name); err != nil {
			t.Errorf("group %q: %v", name, err)
		}
	}
	for _, name := range []string{"", "a,b", "a b", "a\"", "a\nb", "é", strings.Repeat("a", 254)} {
		if CheckName(name) == nil {
			t.Errorf("%q passes", name)
		}
		if name != "" && CheckValue(Worker, KeyAuthGroup, name) == nil {
			t.Errorf("group %q passes", name)
		}
	}
}

// onWire is a value with that text.
func onWire(key, text string) string {
	switch key {
	case KeyAPIEndpoints, KeyTaints, KeyLabels:
		return EncodeList([]string{text})
	case KeyDefaultCNI:
		quoted, _ := json.Marshal(text)
		return string(quoted)
	}
	return strings.Clone(text)
}
