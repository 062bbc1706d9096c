package kubecontrol

import (
	"slices"
	"strings"
	"testing"
)

func TestUnitParts(t *testing.T) {
	t.Parallel()
	for unit, want := range map[Unit]struct {
		app    string
		number int
	}{
		"kw/0":                    {"kw", 0},
		"kw/10":                   {"kw", 10},
		"remote-0f3c9a/3":         {"remote-0f3c9a", 3},
		"a/b/4":                   {"a/b", 4},
		"kw":                      {"kw", -1},
		"kw/x":                    {"kw", -1},
		"kw/-1":                   {"kw", -1},
		"":                        {"", -1},
		"kw/99999999999999999999": {"kw", -1},
	} {
		if unit.App() != want.app || unit.Number() != want.number {
			t.Errorf("%q: %q %d, want %q %d", unit, unit.App(), unit.Number(), want.app, want.number)
		}
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	units := []Unit{"kw/10", "kw/2", "a/11", "kw/x", "kw", "a/2"}
	slices.SortFunc(units, Unit.Compare)
	if got, want := join(units), "a/2 a/11 kw kw/x kw/2 kw/10"; got != want {
		t.Errorf("units: %s, want %s", got, want)
	}
	ids := []RelationID{"x:10", "x:3", "a:4", "b:3", "x"}
	slices.SortFunc(ids, RelationID.Compare)
	if got, want := join(ids), "x b:3 x:3 a:4 x:10"; got != want {
		t.Errorf("relations: %s, want %s", got, want)
	}
}

func TestRelationIDParts(t *testing.T) {
	t.Parallel()
	for id, want := range map[RelationID]struct {
		endpoint string
		number   int
	}{
		"kube-control:3": {"kube-control", 3},
		"kube-control":   {"kube-control", -1},
		"kube-control:":  {"kube-control", -1},
		"":               {"", -1},
	} {
		if id.Endpoint() != want.endpoint || id.Number() != want.number {
			t.Errorf("%q: %q %d, want %q %d", id, id.Endpoint(), id.Number(), want.endpoint, want.number)
		}
	}
}

func join[T ~string](list []T) string {
	var b strings.Builder
	for i, s := range list {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(s))
	}
	return b.String()
}
