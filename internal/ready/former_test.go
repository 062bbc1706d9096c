package ready_test

import (
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// Tokens of a unit that has left, or whose credentials were revoked, are never accepted again, whatever commits were refused and
// whichever master leads.
func TestFormerTokensAreNeverAcceptedAgain(t *testing.T) {
	t.Parallel()
	for name, life := range map[string]func(t *testing.T, w *world.World, r *world.Relation, keep func()) *world.World{
		"a unit leaves after refused rotations, and joins again": func(t *testing.T, w *world.World, r *world.Relation, keep func()) *world.World {
			for range 3 {
				refused(w, r, func() { w.Must(t, "", "rotate-credentials", "--unit", "kw/0") })
				keep()
			}
			w.Departed(t, r, "kw/0", "kw/0")
			w.Joined(t, r, "kw/0", world.Asking("system:node:a", "system:nodes", true))
			return w
		},
		"a revocation after refused rotations is undone": func(t *testing.T, w *world.World, r *world.Relation, keep func()) *world.World {
			for revision := 1; revision < 4; revision++ {
				refused(w, r, func() {
					if secret := w.Vault.Labelled("kcp", "system:node:a-creds"); revision > 1 {
						w.MustHook(t, world.Hook{Name: "secret-remove", Secret: secret.ID, Label: secret.Label, Revision: revision - 1})
					}
					w.Must(t, "", "rotate-credentials", "--unit", "kw/0")
				})
				keep()
			}
			w.Must(t, "", "revoke", "kw/0")
			w.Must(t, "", "revoke", "--undo", "kw/0")
			return w
		},
		"what a unit no longer asked for is revoked, and a former leader leads": func(t *testing.T, w *world.World, r *world.Relation, _ func()) *world.World {
			other := w.Beside(t, "kcp/1")
			theirs := other.Relate("kube-control:1", "kw")
			w.Leader, other.Leader = false, true
			other.Joined(t, theirs, "kw/0", world.Asking("system:node:a", "system:nodes", false))
			other.MustHook(t, world.Hook{Name: "leader-elected"})
			other.Changed(t, theirs, "kw/0", agent.Settings{"gpu": "False"})
			other.Must(t, "", "revoke", "kw/0")
			w.Leader, other.Leader = true, false
			w.MustHook(t, world.Hook{Name: "leader-elected"})
			w.Changed(t, r, "kw/0", world.Asking("system:node:a", "system:nodes", false))
			return w
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world.ReadyMaster(t, "kcp/0")
			inClear := strings.Contains(name, "former leader")
			if inClear {
				w.Version = "2.9.51"
			}
			r := w.Relate("kube-control:1", "kw")
			w.Joined(t, r, "kw/0", world.Asking("system:node:a", "system:nodes", !inClear))
			given := map[string]bool{}
			keep := func() {
				if secret := w.Vault.Labelled("kcp", "system:node:a-creds"); secret != nil {
					given[secret.Content()["kubelet-token"]] = true
				}
			}
			first, _, _ := strings.Cut(w.TokenFile(t), ",")
			given[first] = true
			keep()
			w = life(t, w, r, keep)
			w.MustHook(t, world.Hook{Name: "update-status"})
			now := w.TokenFile(t)
			for token := range given {
				if strings.Contains(now, token) {
					t.Errorf("a token that was given before is accepted:\n%s", now)
				}
			}
			if !strings.Contains(now, "/kw/0/kubelet") {
				t.Errorf("the unit is not served again:\n%s", now)
			}
		})
	}
}
