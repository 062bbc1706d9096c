package flags

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNamesOfBothRoles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		got  []string
		want string
	}{
		{OfMaster("kc"), "kc.connected kc.gpu.available kc.auth.requested kc.departed kc.requests.changed"},
		{OfWorker("a.b"), "a.b.connected a.b.dns.available a.b.auth.available a.b.auth.ready a.b.cluster_tag.available a.b.registry_location.available " +
			"a.b.controller_taints.available a.b.controller_labels.available a.b.api_endpoints.available a.b.cohort_keys.available a.b.default_cni.available a.b.ca_certificate.available"},
		{OfMaster("{}%s"), "{}%s.connected {}%s.gpu.available {}%s.auth.requested {}%s.departed {}%s.requests.changed"},
	} {
		if got := strings.Join(tt.got, " "); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	var none Set
	if none.Has("a") || none.Sorted() == nil || len(none.Sorted()) != 0 || none.Clone() == nil || none.Missing(NewSet("a")) != nil {
		t.Error("the nil set is not an empty one")
	}
	a := NewSet("x", "a.b", "a", "x")
	if d := cmp.Diff([]string{"a", "a.b", "x"}, a.Sorted()); d != "" {
		t.Error(d)
	}
	b := a.Clone()
	b.Put("x", false)
	b.Put("absent", false)
	b.Put("new", true)
	if !a.Has("x") || a.Has("new") {
		t.Error("a clone's changes reach the original")
	}
	if d := cmp.Diff([]string{"x"}, a.Missing(b)); d != "" {
		t.Error(d)
	}
	union := a.Union(b)
	union.Put("only", true)
	if d := cmp.Diff([]string{"a", "a.b", "new", "only", "x"}, union.Sorted()); d != "" || a.Has("only") || b.Has("only") {
		t.Errorf("union: %v", union.Sorted())
	}
	if d := cmp.Diff([]string{"a", "a.b", "x"}, none.Union(a).Sorted()); d != "" {
		t.Error(d)
	}
}

func TestAllow(t *testing.T) {
	t.Parallel()
	set := NewSet("a", "b")
	for _, tt := range []struct {
		when, whenNot []string
		want          bool
	}{
		{nil, nil, true},
		{[]string{"a", "b"}, nil, true},
		{[]string{"a", "c"}, nil, false},
		{nil, []string{"c", "d"}, true},
		{nil, []string{"c", "a"}, false},
		{[]string{"a"}, []string{"c"}, true},
		{[]string{"a"}, []string{"a"}, false},
		{[]string{"c"}, []string{"c"}, false},
	} {
		if got := set.Allow(tt.when, tt.whenNot); got != tt.want {
			t.Errorf("when %v, when not %v: %v", tt.when, tt.whenNot, got)
		}
	}
}

func TestIsValid(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"a":                      true,
		"kube-control.x_y":       true,
		"\u00e9{}%s":             true,
		strings.Repeat("x", 200): true,
		strings.Repeat("x", 201): false,
		"":                       false,
		"a b":                    false,
		"a\nb":                   false,
		"a\x00":                  false,
		"a\x7f":                  false,
		"a\xff":                  false,
		"a\u00a0b":               false,
		"a\u2028b":               false,
		"a\u0085b":               false,
	} {
		if got := IsValid(name); got != want {
			t.Errorf("%.20q: %v", name, got)
		}
	}
}
