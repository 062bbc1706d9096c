package kubecontrol

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// INV-16: lists, objects and texts are written as reactive-latest's json.dumps does.
func TestINV16EncodeJSON(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ got, want string }{
		{EncodeList(nil), "[]"},
		{EncodeList([]string{"b=1:NoExecute", "a:NoSchedule", "b=1:NoExecute"}), `["a:NoSchedule", "b=1:NoExecute"]`},
		{EncodeObject(map[string]string{"kubelet": "k1", "kube-proxy": "k2"}), `{"kube-proxy": "k2", "kubelet": "k1"}`},
		{EncodeObject(nil), "{}"},
		{EncodeText(""), `""`},
		{EncodeText("é<"), `"\u00e9<"`},
	} {
		if tt.got != tt.want {
			t.Errorf("encoded %s, want %s", tt.got, tt.want)
		}
	}
}

func TestDecodeList(t *testing.T) {
	t.Parallel()
	const noArray, bad = "is not a JSON array", "has entries that can't be used"
	for _, tt := range []struct {
		key, value string
		want       []string
		err        string
	}{
		{"taints", "", nil, ""},
		{"taints", "[]", nil, ""},
		{"taints", `["b=:NoExecute", "a/b.c_d-e:PreferNoSchedule", "a=b:Odd"]`, []string{"b=:NoExecute", "a/b.c_d-e:PreferNoSchedule", "a=b:Odd"}, ""},
		{"taints", `["ok:NoSchedule", "a", "a:b:c", "a=b=c:NoSchedule", "=v:NoSchedule", "a:", "a:NoSchedule\n", "a;b:NoSchedule", 5, null, ["x"]]`, []string{"ok:NoSchedule"}, bad},
		{"taints", "null", nil, ""},
		{"taints", "a:NoSchedule", nil, noArray},
		{"taints", `{"a": 1}`, nil, noArray},
		{"labels", `["a=", "b=2", "=v", "a=b=c", "a", "--opt x=1"]`, []string{"a=", "b=2"}, bad},
		{"api-endpoints", `["https://h:6443", "http://[::1]:8080/x", "https://", "h:6443", "ftp://h", 6443]`, []string{"https://h:6443", "http://[::1]:8080/x"}, bad},
		{"api-endpoints", "https://h:6443", nil, noArray},
		{"domain", `["a"]`, nil, bad},
	} {
		got, err := DecodeList(tt.key, tt.value)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if d := cmp.Diff(tt.want, got); d != "" || text != tt.err {
			t.Errorf("%s %s: error %q, want %q (-want +got):\n%s", tt.key, tt.value, text, tt.err, d)
		}
	}
}

func TestDecodeOthers(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]map[string]string{
		"": nil, "null": nil, "[]": nil, `"x"`: nil, "{": nil,
		"{}":                            {},
		`{"a": "1", "b": 2, "c": null}`: {"a": "1"},
	} {
		if d := cmp.Diff(want, DecodeObject(value)); d != "" {
			t.Errorf("object %s (-want +got):\n%s", value, d)
		}
	}
	for value, want := range map[string]bool{"true": true, "True": true, "TRUE ": true, "false": false, "": false, "1": false, "yes": false, "none": false} {
		if got := DecodeBool(value); got != want {
			t.Errorf("bool %q is %v", value, got)
		}
	}
	for value, want := range map[string]bool{`""`: true, `"calico"`: true, "calico": false, "null": false, "": false, "5": false} {
		if _, got := DecodeText(value); got != want {
			t.Errorf("text %s is given: %v", value, got)
		}
	}
}

func TestSameValue(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		key, a, b string
		want      bool
	}{
		{"taints", `["a:b"]`, `[ "a:b" ]`, true},
		{"taints", `["a:b"]`, `["a:c"]`, false},
		{"cohort-keys", `{"a": "1", "b": "2"}`, `{"b":"2","a":"1"}`, true},
		{"domain", `"a"`, ` "a"`, false},
		{"taints", "junk", "junk ", false},
	} {
		if got := SameValue(tt.key, tt.a, tt.b); got != tt.want {
			t.Errorf("%s: %s and %s are the same: %v", tt.key, tt.a, tt.b, got)
		}
	}
}

// Two spellings of one address are one endpoint; other hosts, ports, paths and schemes are others.
func TestRow113EndpointsAreComparedByValue(t *testing.T) {
	t.Parallel()
	got := UniteEndpoints(
		[]string{"https://[2001:DB8::1]:6443", "https://10.0.0.1:6443", "https://Master:6443"},
		[]string{"https://[2001:db8:0:0::1]:6443", "https://[2001:db8::1]:6444", "https://[::ffff:10.0.0.1]:6443", "https://master:6443/x"},
		[]string{"https://[2001:db8::1]:6443", "https://master:6443", "http://10.0.0.1:6443"},
	)
	want := []string{
		"http://10.0.0.1:6443", "https://10.0.0.1:6443", "https://Master:6443", "https://[2001:DB8::1]:6443", "https://[2001:db8::1]:6444",
		"https://master:6443/x",
	}
	if !slices.Equal(got, want) {
		t.Errorf("united are %q", got)
	}
	if got := UniteEndpoints(nil, nil); len(got) != 0 {
		t.Errorf("no lists are %q", got)
	}
}
