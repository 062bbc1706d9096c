package session

import (
	"context"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/charmfile"
	"github.com/kube-control/kube-control/internal/hookenv"
	"github.com/kube-control/kube-control/internal/ready"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// markOrphans is the mark of the digests of kubelets' tokens that a charm before this one gave to units that have left
// since. No unit owns their rows in the token file, and the entry that named the unit leaves the wire in this hook.
const markOrphans = "outlived"

// keepOrphanTokens remembers the tokens of units that have left and that the ledger does not know: those on the wire,
// and those that a Python charm kept on the disk. The mark stays until the leader's ledger has them.
func (s *Session) keepOrphanTokens(ctx context.Context) error {
	if s.settings.Operator != charmfile.OperatorMaster || s.dryRun || !s.state.IsNew() && s.env.HookKind != hookenv.RelationDeparted {
		return nil
	}
	digests := strings.Fields(s.marks[markOrphans])
	joined := map[kubecontrol.Unit]bool{}
	for _, rel := range s.view.Relations {
		for _, u := range rel.Members {
			joined[u] = true
		}
	}
	var alive []string // a user's token may have passed to another unit, as a node that was built again
	keep := func(creds kubecontrol.Creds) {
		for user, c := range creds {
			switch known := s.policy.Holders[kubecontrol.NormalUser(user)] == c.Scope; {
			case c.Kubelet.IsEmpty() || known:
			case joined[c.Scope]:
				alive = append(alive, ready.TokenDigest(c.Kubelet))
			default:
				digests = append(digests, ready.TokenDigest(c.Kubelet))
			}
		}
	}
	for _, rel := range s.view.Relations {
		creds, _ := s.view.Creds.Read(rel.Local[kubecontrol.KeyCreds]) // the engine notes what is damaged
		keep(creds)
	}
	keep(s.view.Former.Creds)
	digests = slices.DeleteFunc(digests, func(digest string) bool { return slices.Contains(alive, digest) })
	slices.Sort(digests)
	return s.mark(ctx, markOrphans, strings.Join(slices.Compact(digests), " "))
}

// forgetOrphanTokens drops the mark once the ledger has all of it.
func (s *Session) forgetOrphanTokens(ctx context.Context, ledger ready.Ledger) error {
	for _, digest := range strings.Fields(s.marks[markOrphans]) {
		if !ledger.HasRetired(digest) {
			return nil
		}
	}
	return s.mark(ctx, markOrphans, "")
}
