package cli_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// What a person reads first is what is wrong, then the flags.
func TestExplainAsText(t *testing.T) {
	t.Parallel()
	w := beside(serving(node("a"), node("a")), true, "active", nil)(t)
	const want = `kcp/0 (leader), master endpoint kube-control: waiting, Waiting for Auth Tokens

unsigned: kw/0 asks for "system:node:a" in "system:nodes" and is not signed yet
  key:  kubelet_user of kw/0 on kube-control:1
  next: juju exec --unit kcp/0 -- bin/kube-control sign-auth-request kw/0 --tokens FILE, or the charm signs by itself

conflict: kw/1 asks for "system:node:a" in "system:nodes", which kw/0 holds: one user is for one unit
  key:  kubelet_user of kw/1 on kube-control:1
  next: juju exec --unit kw/1 -- bin/kube-control set-auth-request USER (another user), or juju remove-unit kw/0 if it is the wrong one

units: 1 unsigned, 1 conflict

flags
  + connected                    kw/0, kw/1 joined
  - gpu.available                no joined unit says so
      set while a joined worker's gpu is exactly True
      next: on a worker with a GPU: bin/kube-control set-gpu
  + auth.requested               kw/0 waits
  - departed                     no unit has left since
      set while a worker has left since the last flush-departed
  + requests.changed             the list differs
`
	if got := w.Must(t, "", "explain"); got != want {
		t.Errorf("printed (-want +got):\n%s", cmp.Diff(want, got))
	}
	w.Must(t, tokens, "sign-auth-request", "kw/0")
	const signed = "\nnothing is wrong\n\nsigned: kw/0 has its credentials for \"system:node:a\"\n\nflags\n"
	if got := w.Must(t, "", "explain", "--unit", "kw/0"); !strings.Contains(got, signed) {
		t.Errorf("printed %s", got)
	}
}

// A unit that has lost the leadership knows, before its next hook, what it leaves on the wire.
func TestExplainFormerLeader(t *testing.T) {
	t.Parallel()
	w := withTokens(node("a"))(t)
	w.Leader = false
	problems := explain(t, w).Endpoints[0].Problems
	if len(problems) == 0 || problems[len(problems)-1].Cause != "stale-creds" || !strings.HasSuffix(problems[0].Next, "explain --unit kw/0") {
		t.Errorf("problems are %+v", problems)
	}
	w.Must(t, "", "refresh")
	if problems := explain(t, w).Endpoints[0].Problems; len(problems) != 1 || problems[0].Cause != "unsigned" {
		t.Errorf("after its next run problems are %+v", problems)
	}
}

// The same is in the action, and a wrong question is refused.
func TestExplainIsAsked(t *testing.T) {
	t.Parallel()
	w := withTokens(node("a"))(t)
	run := w.Begin(world.Hook{Action: "explain", Params: map[string]any{"unit": "kw/0", "format": "json"}})
	if res := run.Program("", w.CharmDir+"/actions/explain"); res.Code != 0 || !strings.Contains(res.Stdout, `"state":"signed"`) {
		t.Errorf("exit %d: %s%s", res.Code, res.Stdout, res.Stderr)
	}
	refuse(t, w, []refusal{
		{"explain --unit kw", "", 2, `"kw" is not a unit's name`},
		{"explain --endpoint other", "", 2, `this charm has no endpoint "other" of interface kube-control`},
		{"explain kw/0", "", 2, `explain takes no arguments, and "kw/0" was given`},
		{"explain --format xml", "", 2, "unknown format"},
	})
}

// Explaining costs as much with many workers as with few, and the text stays short.
func TestExplainDoesNotGrow(t *testing.T) {
	t.Parallel()
	var calls []int
	for _, n := range []int{5, 500} {
		w := world.New("kcp/0", world.Charm(t, "master", ""))
		w.Goal.Units = map[string]agent.Status{"kcp/0": {}, "kcp/1": {}}
		r := w.Relate("kube-control:1", "kw")
		for i := range n {
			r.Join(fmt.Sprintf("kw/%d", i), node(fmt.Sprint(i/2)))
		}
		w.MustHook(t, world.Hook{Name: "upgrade-charm"})
		run := w.Begin(world.Hook{})
		res := run.Command("explain", "--unit", "kw/3")
		calls = append(calls, len(run.Calls()))
		all := w.Begin(world.Hook{}).Command("explain")
		if res.Code != 0 || len(all.Stdout) > 8000 {
			t.Errorf("exit %d, %d bytes: %s", res.Code, len(all.Stdout), res.Stderr)
		}
	}
	if calls[0] != calls[1] || calls[0] > 10 {
		t.Errorf("%v tool calls", calls)
	}
}
