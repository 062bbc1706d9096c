package hookenv_test

import (
	"strings"
	"testing"

	"github.com/kube-control/kube-control/internal/hookenv"
)

// A hook that a handler of the same hook starts again, as ops does, knows it; another hook, or a later one, does not.
func TestNestedHook(t *testing.T) {
	t.Parallel()
	parse := func(argv0, id string, more ...string) hookenv.Context {
		c, err := hookenv.Parse(argv0, append(more, "JUJU_CONTEXT_ID="+id, "JUJU_DISPATCH_PATH=hooks/start"))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	outer := parse("dispatch", "one")
	if outer.Nested {
		t.Error("the outer hook is nested")
	}
	for _, test := range []struct {
		argv0, id string
		want      bool
	}{
		{"hooks/start", "one", true},
		{"dispatch", "one", true},
		{"hooks/stop", "one", false},
		{"hooks/start", "two", false},
		{"kube-control", "one", false},
	} {
		if got := parse(test.argv0, test.id, outer.Running()).Nested; got != test.want {
			t.Errorf("%s in context %s: nested is %v", test.argv0, test.id, got)
		}
	}
	if strings.Contains(outer.Running(), "one") {
		t.Errorf("%q shows the context's ID", outer.Running())
	}
}
