package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/uniter"
)

// A page leads from a changed hook to the runs that wrote the databag since the hook before it, and from a secret hook to the run
// that changed the secret. It has each changed databag whole, before and after.
func TestPageOfTrace(t *testing.T) {
	t.Parallel()
	p := newPage("m", "3.6.1", []traceRecord{
		{Unit: "db/0", Name: "web-relation-created", Bags: []uniter.BagChange{{Relation: "web:3", Of: "db/0", Set: agent.Settings{"a": "1", "b": "2", "c": "0"}}}},
		{Unit: "db/0", Name: "update-status", Revised: []string{"x"}},
		{Unit: "db/0", Name: "update-status", Secrets: []string{"secret:x granted to web for relation 3"}},
		{Unit: "db/0", Name: "config-changed", Calls: []traceCall{{Tool: "juju-log", Argv: []string{"--", "the password is 5ecret"}}}, Bags: []uniter.BagChange{{Relation: "web:3", Of: "db/0", Set: agent.Settings{"a": "3"}, Removed: []string{"b"}}}},
		{Unit: "web/0", Name: "backend-relation-changed", Relation: "backend:3", Remote: "db/0"},
		{Unit: "web/0", Name: "backend-relation-changed", Relation: "backend:4", Remote: "db/0"},
		{Unit: "web/0", Name: "secret-changed", Secret: "x"},
		{Unit: "db/0", Name: "update-status", Bags: []uniter.BagChange{{Relation: "web:3", Of: "db/0", Set: agent.Settings{"a": "4"}}}},
		{Unit: "db/0", Name: "update-status", Bags: []uniter.BagChange{{Relation: "web:3", Of: "db/0", Set: agent.Settings{"a": "5"}}}},
		{Unit: "web/0", Name: "backend-relation-changed", Relation: "backend:3", Remote: "db/0", Code: 1},
		{Unit: "web/0", Name: "backend-relation-changed", Relation: "backend:3", Remote: "db/0"},
		{Unit: "web/1", Name: "backend-relation-changed", Relation: "backend:3", Remote: "db/0"},
	})
	var causes [][]int
	for _, h := range p.Hooks {
		causes = append(causes, h.Causes)
	}
	if diff := cmp.Diff([][]int{{}, {}, {}, {}, {3}, {}, {1}, {}, {}, {7, 8}, {7, 8}, {8}}, causes); diff != "" {
		t.Errorf("causes (-want +got):\n%s", diff)
	}
	zero, one, two, three := "0", "1", "2", "3"
	want := []pageBag{{Name: "web:3 db/0", Keys: []pageKey{
		{Key: "a", Before: &one, After: &three, Changed: true}, {Key: "b", Before: &two, Changed: true}, {Key: "c", Before: &zero, After: &zero},
	}}}
	if diff := cmp.Diff(want, p.Hooks[3].Databags); diff != "" {
		t.Errorf("databags (-want +got):\n%s", diff)
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
