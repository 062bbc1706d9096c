package ready_test

import (
	"maps"
	"testing"

	"github.com/kube-control/kube-control/tests/world"
)

// Juju commits secrets before databags. A refused rotation leaves the next tokens in the secret, and the ledger without
// them. The next hook that reads the secret completes the rotation, and the rotation after that brings other tokens again.
func TestRefusedRotationIsCompleted(t *testing.T) {
	t.Parallel()
	for _, refusals := range []int{1, 3} {
		w := world.ReadyMaster(t, "kcp/0")
		r := w.Relate("kube-control:1", "kw")
		asks := node("a")
		asks["schema_vers"] = "[0, 1]"
		w.Joined(t, r, "kw/0", asks)
		first := rows(t, w, "kw/0")
		peer := w.Relation("masters:0")
		for range refusals {
			bag, app, state := maps.Clone(r.Local), maps.Clone(peer.App), maps.Clone(w.State)
			w.Must(t, "", "rotate-credentials", "--unit", "kw/0")
			r.Local, w.State = bag, state
			clear(peer.App)
			maps.Copy(peer.App, app)
		}
		secret := w.Vault.Labelled("kcp", "system:node:a-creds")
		w.MustHook(t, world.Hook{Name: "secret-remove", Secret: secret.ID, Label: secret.Label, Revision: 1})
		during := rows(t, w, "kw/0")
		if len(during) != 9 || during[0] != first[0] || during[3] != first[3] {
			t.Errorf("%d refusals: while the rotation is completed the rows are %q, were %q", refusals, during, first)
		}
		for range 2 {
			w.MustHook(t, world.Hook{Name: "update-status"})
		}
		second := rows(t, w, "kw/0")
		w.Must(t, "", "rotate-credentials", "--unit", "kw/0")
		w.Must(t, "", "rotate-credentials", "--finish")
		third := rows(t, w, "kw/0")
		if len(second) != 6 || len(third) != 6 || third[0] != second[3] || third[0] == second[0] {
			t.Errorf("%d refusals: a rotation from %q leads to %q", refusals, second, third)
		}
	}
}
