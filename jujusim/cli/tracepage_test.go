package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/uniter"
)

// A page leads from a changed hook to the run that wrote the databag last, and from a secret hook to the run that changed the
// secret. It has the values before and after.
func TestPageOfTrace(t *testing.T) {
	t.Parallel()
	p := newPage("m", "3.6.1", []traceRecord{
		{Unit: "db/0", Name: "web-relation-created", Bags: []uniter.BagChange{{Relation: "web:3", Of: "db/0", Set: agent.Settings{"a": "1", "b": "2"}}}},
		{Unit: "db/0", Name: "update-status", Revised: []string{"x"}},
		{Unit: "db/0", Name: "update-status", Secrets: []string{"secret:x granted to web for relation 3"}},
		{Unit: "db/0", Name: "config-changed", Calls: []traceCall{{Tool: "juju-log", Argv: []string{"--", "the password is 5ecret"}}}, Bags: []uniter.BagChange{{Relation: "web:3", Of: "db/0", Set: agent.Settings{"a": "3"}, Removed: []string{"b"}}}},
		{Unit: "web/0", Name: "backend-relation-changed", Relation: "backend:3", Remote: "db/0"},
		{Unit: "web/0", Name: "backend-relation-changed", Relation: "backend:4", Remote: "db/0"},
		{Unit: "web/0", Name: "secret-changed", Secret: "x"},
	})
	var causes [][]int
	for _, h := range p.Hooks {
		causes = append(causes, h.Causes)
	}
	if diff := cmp.Diff([][]int{{}, {}, {}, {}, {3}, {}, {1}}, causes); diff != "" {
		t.Errorf("causes (-want +got):\n%s", diff)
	}
	one, two, three := "1", "2", "3"
	want := []pageChange{{Bag: "web:3 db/0", Key: "a", Before: &one, After: &three}, {Bag: "web:3 db/0", Key: "b", Before: &two}}
	if diff := cmp.Diff(want, p.Hooks[3].Changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if text, err := renderPage(p); err != nil || strings.Contains(string(text), "5ecret") {
		t.Errorf("%v: the page has what was logged", err)
	}
}

// What a charm writes cannot break out of the page's data.
func TestPageIsEscaped(t *testing.T) {
	t.Parallel()
	text, err := renderPage(newPage("</title><script>", "3.6.1", []traceRecord{
		{Unit: "db/0", Name: "install", Failure: "</script><script>alert(1)</script><!--", Bags: []uniter.BagChange{{Set: agent.Settings{"</script>": "<!--"}}}},
	}))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "<script"); n != 2 {
		t.Errorf("the page has %d scripts", n)
	}
	if strings.Contains(string(text), "alert(1)</script>") || strings.Contains(string(text), "<!--") {
		t.Errorf("the page has what the charm wrote as it is:\n%s", text)
	}
}
