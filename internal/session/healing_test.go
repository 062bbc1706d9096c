package session_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/tests/world"
)

// Rows 39, 56: relation-ids still listed what every other tool denied, and the hook failed for ever.
func TestINV23ForgottenRelationReadsAsEmpty(t *testing.T) {
	t.Parallel()
	w, r := newMaster(t)
	other := w.Relate("kube-control:2", "kv")
	w.Joined(t, r, "kw/0", node("a"))
	w.Joined(t, other, "kv/0", node("b"))
	r.Forgotten = true
	run := w.MustHook(t, world.Hook{Name: "config-changed"})
	w.Must(t, "", "set-cluster-tag", "t")
	if len(r.Local) > 0 || other.Local["cluster-tag"] != "t" {
		t.Errorf("bags %v, %v", r.Local, other.Local)
	}
	if n := strings.Count(fmt.Sprint(run.Calls()), "relation-get -r "+r.ID); n > 1 {
		t.Errorf("asked %d times", n)
	}
	sign(t, w, "kv/0")
	wantScopes(t, other, "system:node:b", "kv/0")

	worker, up := newWorker(t)
	worker.Joined(t, up, "kcp/0", bag{"cluster-tag": "t"})
	up.Forgotten = true
	worker.MustHook(t, world.Hook{Name: "update-status"})
	wantFlags(t, worker, "")
}

// Rows 38, 43 and "resolve --no-retry": a hook that was skipped must not be missed for ever.
func TestINV25SkippedHookHeals(t *testing.T) {
	t.Parallel()
	w, r := newMaster(t)
	for i := range 40 {
		w.Joined(t, r, fmt.Sprintf("kw/%d", i), bag{})
	}
	r.Join("kw/23", node("a")) // its changed hook is skipped
	r.Leave("kw/7")            // its departed hook too
	for range 20 {
		w.MustHook(t, world.Hook{Name: "update-status"})
	}
	wantFlags(t, w, "auth.requested connected departed requests.changed")
	if got := w.Must(t, "", "flush-departed"); got != "kw/7\n" {
		t.Errorf("flushed %q", got)
	}
	r.Join("kw/24", bag{"gpu": "True"})
	w.Must(t, "", "refresh")
	wantFlags(t, w, "auth.requested connected gpu.available requests.changed")
}

// Rows 26, 27: nodes with capitals, and a node that changed its name.
func TestINV26NodeNamesAreLowerCase(t *testing.T) {
	t.Parallel()
	w, up := newWorker(t)
	w.Must(t, "", "set-auth-request", "system:node:Node-A")
	if up.Local["kubelet_user"] != "system:node:node-a" {
		t.Errorf("asked for %q", up.Local["kubelet_user"])
	}
	w.Joined(t, up, "kcp/0", bag{"creds": entry("system:node:node-a", "kw/0", "x")})
	wantFlags(t, w, "auth.available auth.ready connected")
	if got := w.Must(t, "", "get-auth-credentials", "system:node:NODE-A"); !strings.Contains(got, "client_token: sha256:") {
		t.Errorf("credentials %q", got)
	}

	m, r := newMaster(t)
	w2 := "kw/0"
	m.Joined(t, r, w2, node("h"))
	sign(t, m, w2)
	m.Changed(t, r, w2, node("h.example"))
	wantScopes(t, r, "system:node:h", w2)
	sign(t, m, w2)
	wantScopes(t, r, "system:node:h.example", w2)
	wantFlags(t, m, "connected requests.changed")
}
