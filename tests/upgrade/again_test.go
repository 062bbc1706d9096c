package upgrade

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/tests/world"
)

// TestS4ForthAgain makes a ready master of an application that was one before, went back to a charm without the peer relation,
// and comes again. Juju gives it another peer relation, and some versions keep the old one beside it (juju/juju#19631). No
// token changes either way, and both masters accept the same.
func TestS4ForthAgain(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2.9.51", "3.6.1"} {
		for _, kept := range []bool{false, true} {
			t.Run(map[bool]string{false: "replaced ", true: "kept "}[kept]+version, func(t *testing.T) {
				t.Parallel()
				m := world.ReadyMaster(t, "kcp/0")
				m.Version = version
				r := m.Relate("kube-control:1", "kw")
				asks := world.Asking("system:node:a", "system:nodes", version != "2.9.51")
				m.Joined(t, r, "kw/0", asks)
				for range 3 {
					m.MustHook(t, world.Hook{Name: "update-status"})
				}
				file, creds := inUse(t, m), r.Local["creds"]
				if creds == "" {
					t.Fatal("the worker is not signed")
				}

				other := m.Beside(t, "kcp/1")
				for _, w := range []*world.World{m, other} {
					again := w.Relate("masters:5", "kcp")
					again.App = m.Relation("masters:5").App
					if !kept {
						w.Relations = slices.DeleteFunc(w.Relations, func(r *world.Relation) bool { return r.ID == "masters:0" })
					}
				}
				follows := other.Relate("kube-control:1", "kw")
				follows.Join("kw/0", asks)
				follows.Join("kcp/0", maps.Clone(r.Local))
				for range 3 {
					m.MustHook(t, world.Hook{Name: "upgrade-charm"})
					m.MustHook(t, world.Hook{Name: "update-status"})
					other.MustHook(t, world.Hook{Name: "config-changed"})
				}
				if d := cmp.Diff(creds, r.Local["creds"]); d != "" {
					t.Errorf("creds (-before +after):\n%s", d)
				}
				for _, w := range []*world.World{m, other} {
					if d := cmp.Diff(file, inUse(t, w)); d != "" {
						t.Errorf("the tokens that %s accepts (-before +after):\n%s", w.Unit, d)
					}
				}
				if run := m.MustHook(t, world.Hook{Name: "update-status"}); run.Changed() {
					t.Errorf("a later hook writes: %v", run.Calls())
				}
			})
		}
	}
}

// inUse are the rows of tokens that a worker has: those for the next rotation follow them.
func inUse(t *testing.T, w *world.World) []string {
	t.Helper()
	return strings.SplitN(w.TokenFile(t), "\n", 4)[:3]
}
