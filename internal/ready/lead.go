package ready

import (
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// lead is the leader's part: it keeps the ledger and signs.
func (p *master) lead() {
	l := &p.plan.Accepted
	if p.Authority == nil && !p.AuthorityExists {
		p.plan.Tokens, p.adopted = newAuthority(p.Random), true
	}
	if p.Options.MakeTag && l.tag == "" {
		if l.tag = p.Tag; l.tag == "" {
			l.tag = newTag(p.Random[seedSize:])
		}
	}
	p.forget(l)
	p.revoke(l)
	p.expireReplaced(l)
	if p.plan.Tokens != nil {
		p.adopt()
		p.answer()
		p.retire()
		if p.adopted {
			p.plan.Authority = p.plan.Tokens
		}
	}
	p.banReplaced()
	p.plan.Bag = l.changes()
	for _, m := range slices.SortedFunc(maps.Keys(p.sign), member.compare) {
		if last := len(p.plan.Sign) - 1; last < 0 || p.plan.Sign[last].Relation != m.relation {
			p.plan.Sign = append(p.plan.Sign, engine.Sign{Endpoint: p.Endpoint, Relation: m.relation})
		}
		sign := &p.plan.Sign[len(p.plan.Sign)-1]
		sign.Signatures = append(sign.Signatures, p.sign[m])
	}
}

// forget drops the grants of units that have left.
func (p *master) forget(l *Ledger) {
	for _, m := range l.members() {
		if !p.hasLeft(m) {
			continue
		}
		l.floor = max(l.floor, l.grants[m].Epoch+apart)
		if user := p.userOf(m, l.grants[m]); user != "" {
			p.plan.Left = append(p.plan.Left, Left{m.unit, user})
		}
		// A secret of a revoked request may have been left by a commit that was refused.
		if user := l.grants[m].lastUser(); user != "" {
			if p.plan.Gone == nil {
				p.plan.Gone = map[string]kubecontrol.Unit{}
			}
			p.plan.Gone[user] = m.unit
		}
		delete(l.grants, m)
	}
}

// lastUser is the user of a grant, or of the request that was revoked; "" where there is neither.
func (g Grant) lastUser() string {
	if g.User == "" && len(g.Revoked) == 2 {
		return g.Revoked[0]
	}
	return g.User
}

// userOf is the user of a grant. If it was revoked, it is the user of the revoked request, unless the policy would not have signed
// that: a hostile unit can ask for any name. It is "" where there is none.
func (p *master) userOf(m member, g Grant) string {
	if g.User != "" || len(g.Revoked) != 2 || p.Options.Policy == nil {
		return g.User
	}
	q := engine.Request{Relation: m.relation, Unit: m.unit, User: g.Revoked[0], Group: g.Revoked[1]}
	if p.Options.Policy.check(q, p.Users) != "" {
		return ""
	}
	return q.User
}

// revoke takes the grants of requests that were revoked, and those of the unit that a person revokes now. A revocation that
// is undone leaves an epoch above that of the revoked tokens, which are never accepted again.
func (p *master) revoke(l *Ledger) {
	if p.Revoke.Undo {
		for _, m := range l.members() {
			if g := l.grants[m]; m.unit == p.Revoke.Unit && g.User == "" {
				l.grants[m] = Grant{Epoch: g.Epoch + apart, Since: g.Epoch + apart}
			} else if m.unit == p.Revoke.Unit {
				g.Revoked = nil
				l.grants[m] = g
			}
		}
		return
	}
	for _, q := range p.Facts.Revoked(p.Endpoint) {
		// A unit may ask again for what was revoked while it has a grant for another request: that grant stays.
		m, revoked := member{q.Relation, q.Unit}, []string{q.User, group(q)}
		g := l.grants[m]
		if q.Unit == p.Revoke.Unit || g.User == "" || slices.Equal([]string{g.User, g.Group}, revoked) {
			l.grants[m] = Grant{Epoch: g.Epoch, Since: g.Epoch, Revoked: revoked}
		}
	}
	for m, g := range l.grants {
		if m.unit == p.Revoke.Unit && g.User != "" { // what it was given and does not ask for
			l.grants[m] = Grant{Epoch: g.Epoch + apart, Since: g.Epoch + apart}
		}
	}
}

// expireReplaced ends the time in which replaced tokens are accepted.
func (p *master) expireReplaced(l *Ledger) {
	for m, g := range l.grants {
		if p.IsUpdateStatus && g.Left > 0 {
			g.Left--
		}
		if p.Finish || g.Left == 0 {
			g.Since, g.Left, g.Old = g.Epoch, 0, ""
		}
		l.grants[m] = g
	}
}

// newTag makes a cluster tag of 32 random bytes.
func newTag(random []byte) string {
	const letters = "abcdefghijklmnopqrstuvwxyz012345" // 32, so that all are as likely
	tag := make([]byte, 32)
	for i := range tag {
		tag[i] = letters[random[i]%32]
	}
	return "kubernetes-" + string(tag)
}

// holder is the unit of another member that the ledger has given a user to, "" if there is none. That unit may not have
// joined yet as this master sees it.
func (p *master) holder(m member, user string) kubecontrol.Unit {
	if unit := p.held[kubecontrol.NormalUser(user)]; unit != m.unit {
		return unit
	}
	return ""
}

// grant puts a grant into the ledger.
func (p *master) grant(m member, g Grant) {
	p.plan.Accepted.grants[m] = g
	p.held[kubecontrol.NormalUser(g.User)] = m.unit
}

// answer signs the waiting requests that are in the ledger or that the policy allows.
func (p *master) answer() {
	for _, q := range p.Facts.Requests(p.Endpoint, "") {
		p.answerOne(q)
	}
	// Policy is judged before the conflict: it refuses a request no matter which unit holds the user.
	asking, _ := p.Facts.Asking(p.Endpoint)
	for _, f := range Refusals(p.Options, asking, p.Users) {
		if _, served := p.asks[member{f.Relation, f.Unit}]; !served {
			p.plan.Refused = append(p.plan.Refused, f)
		}
	}
	// Accepted credentials are published, even if the unit now asks for others that are refused. A user has one secret. If its
	// unit has left another relation, the secret may have the tokens of that one.
	for m, g := range p.plan.Accepted.grants {
		if g.User != "" && p.joined[m] && (!p.wire[m].Has(g.User) || p.plan.Gone[g.User] == m.unit) {
			p.renew(m)
		}
	}
}

// answerOne signs a request, refuses it, or does nothing.
func (p *master) answerOne(q engine.Request) {
	m := member{q.Relation, q.Unit}
	g := p.plan.Accepted.grants[m]
	switch {
	case !q.Pending && !p.stale[m] && (g.User != q.User || g.Group == group(q)): // it has its answer
	case g.User == q.User && q.Rotate:
		g.Epoch++
		g.Left = engine.Grace
		p.plan.Accepted.grants[m] = p.withClient(g)
		p.renew(m)
	case g.User == q.User && g.Group == group(q):
		p.renew(m)
	case g.revokes(q):
		p.refuse(engine.Refusal{Request: q, Cause: engine.RefusedRevoked})
		if p.stale[m] {
			p.plan.Revoked = append(p.plan.Revoked, q.Unit)
		}
	case p.holder(m, q.User) != "":
		p.refuse(engine.Refusal{Request: q, Cause: engine.RefusedConflict, Holder: p.holder(m, q.User)})
	case p.Options.Policy == nil, p.TokenFileUnreadable && !strings.HasPrefix(q.User, kubecontrol.NodeUserPrefix):
		// Nothing is signed before the policy and the other names can be read.
	default:
		if cause := p.Options.Policy.check(q, p.Users); cause != "" {
			p.refuse(engine.Refusal{Request: q, Cause: cause})
			return
		}
		p.signNew(m, q)
	}
}

// signNew gives a request that policy allows a grant of its own.
func (p *master) signNew(m member, q engine.Request) {
	old, known := p.plan.Accepted.grants[m]
	epoch := p.plan.Accepted.floor
	if known {
		epoch = max(epoch, old.Epoch+1)
	}
	next := Grant{User: q.User, Group: group(q), Epoch: epoch, Since: epoch, Revoked: old.Revoked, Old: p.notAdopted[m]}
	if next.Old != "" {
		next.Left = engine.Grace
	}
	p.grant(m, p.withClient(next))
	p.renew(m)
}

func (p *master) refuse(f engine.Refusal) { p.plan.Refused = append(p.plan.Refused, f) }

// withClient is a grant with the client token of the present policy.
func (p *master) withClient(g Grant) Grant {
	policy := p.Options.Policy
	if policy == nil {
		return g
	}
	g.Client, g.ClientGroup = policy.client, ""
	if g.Client == clientPerUnit {
		if g.ClientGroup = policy.clientGroup; g.ClientGroup == "" {
			g.ClientGroup = g.Group
		}
	}
	return g
}

// renew signs a member's grant as the ledger has it.
func (p *master) renew(m member) {
	g := p.plan.Accepted.grants[m]
	t := p.plan.Tokens.tokensOf(m, g, g.Epoch)
	p.sign[m] = engine.Signature{
		Scope: m.unit, User: g.User, Kubelet: t.Kubelet, Proxy: t.Proxy, Client: t.Client, Group: g.Group, Retire: p.old[m], Generation: g.Epoch,
	}
}

// revokes reports whether a request was revoked, in any spelling of its node.
func (g Grant) revokes(q engine.Request) bool {
	return len(g.Revoked) == 2 && kubecontrol.NormalUser(g.Revoked[0]) == kubecontrol.NormalUser(q.User) && g.Revoked[1] == group(q)
}

// retire forgets adopted tokens that are no longer accepted, except for a digest of the kubelet's, because another master may
// still have it in its file.
func (p *master) retire() {
	for _, key := range slices.Sorted(maps.Keys(p.plan.Tokens.adopted)) {
		m, _ := readMember(key)
		t, g := p.plan.Tokens.adopted[key], p.plan.Accepted.grants[m]
		if g.User == t.User && g.Since <= t.Epoch {
			continue
		}
		delete(p.plan.Tokens.adopted, key)
		p.adopted = true
		p.ban(TokenDigest(t.Kubelet))
	}
}

// banReplaced bans the tokens that there was no space to adopt, once they are no longer accepted.
func (p *master) banReplaced() {
	var over []string
	for m, g := range p.Ledger.grants {
		if g.Old != "" && g.Old != p.plan.Accepted.grants[m].Old {
			over = append(over, g.Old)
		}
	}
	slices.Sort(over)
	for _, digest := range over {
		p.ban(digest)
	}
}

// ban removes the row of a token that was made elsewhere from the files of all masters.
func (p *master) ban(sum string) {
	if !slices.Contains(p.plan.Accepted.retired, sum) {
		p.plan.Accepted.retired = append(p.plan.Accepted.retired, sum)
	}
}
