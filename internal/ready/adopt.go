package ready

import (
	"slices"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// adopt adds credentials on our wire that were made elsewhere to the ledger. A charm before this one, or a person, has signed
// them, and they stay signed.
func (p *master) adopt() {
	p.held, p.maker = p.plan.Accepted.Bound(), p.plan.Tokens.maker()
	for _, q := range p.Facts.Requests(p.Endpoint, "") {
		p.asks[member{q.Relation, q.Unit}] = q
	}
	for _, s := range p.Facts.Signed(p.Endpoint) {
		m := member{s.Relation, s.Scope}
		if p.wire[m] == nil {
			p.wire[m] = flags.Set{}
		}
		p.wire[m].Put(s.User, true)
		// A secret may not have been read in this hook, and a unit may be leaving. A unit that led before may not have seen
		// that another leader gave the user to another unit.
		if s.Complete() && p.joined[m] && p.holder(m, s.User) == "" {
			p.compare(m, s)
		}
	}
}

// compare compares the credentials on our wire for a member with its grant.
func (p *master) compare(m member, s engine.Signed) {
	g := p.plan.Accepted.grants[m]
	t := tokens{s.User, s.Generation, s.Kubelet, s.Proxy, s.Client}
	if g.User == s.User && p.plan.Tokens.makes(p.maker, m, g, t) {
		return // it is right
	}
	asked, asks := p.asks[m]
	asks = asks && asked.User == s.User
	epoch, made := p.epochOf(m, g, t)
	switch {
	case made && g.User == s.User && epoch > g.Epoch: // its secret was committed, and the databag of the rotation was refused
		g.Epoch, g.Left = epoch, engine.Grace
		p.grant(m, p.withClient(g))
		p.renew(m)
	case made && (g.User != "" || g.Revoked != nil || epoch < max(g.Epoch, p.plan.Accepted.floor)), p.wasAdopted(m, t):
		p.replace(m, g, s.User)
	case made: // the ledger was lost, or the databag of the signing was refused
		p.recover(m, t, epoch)
	case g.User != "" && g.User != s.User && !asks: // a second user that a person gave; the ledger has one of each member
	default:
		t.Epoch = max(g.Epoch, s.Generation)
		p.takeOver(m, t, g)
	}
}

// maxRefused is how many refused commits in a row are recognised. After more, the tokens count as made elsewhere.
const maxRefused = 16

// apart is how far an epoch is from one whose tokens must never be accepted again. A secret may be ahead of the ledger by as many
// epochs as commits were refused.
const apart = maxRefused + 1

// epochOf is the epoch in which a member's tokens on the wire were made here. Juju commits secrets before databags, so after a
// refused commit a secret has tokens of an epoch that the databag does not name.
func (p *master) epochOf(m member, g Grant, t tokens) (epoch int, made bool) {
	madeIn := func(epoch int) bool { return p.plan.Tokens.token(kubelet, m, t.User, epoch) == t.Kubelet }
	if _, adopted := p.plan.Tokens.adopted[m.key()]; madeIn(t.Epoch) || adopted {
		return t.Epoch, madeIn(t.Epoch)
	}
	last := max(p.plan.Accepted.floor, g.Epoch)
	for epoch := max(0, last-maxRefused); epoch <= last+maxRefused; epoch++ {
		if madeIn(epoch) {
			return epoch, true
		}
	}
	return 0, false
}

// wasAdopted reports whether a member's tokens on the wire are no longer accepted, though they once were: they were made elsewhere.
func (p *master) wasAdopted(m member, t tokens) bool {
	old, ok := p.plan.Tokens.adopted[m.key()]
	return ok && old.User == t.User && old.same(t) || slices.Contains(p.plan.Accepted.retired, TokenDigest(t.Kubelet))
}

// replace takes tokens from the wire that are no longer accepted. This unit led before, and has not seen since what another leader
// signed.
func (p *master) replace(m member, g Grant, user string) {
	if g.User != "" && g.User != user {
		p.old[m] = append(p.old[m], user)
	}
	if g.User != "" {
		p.renew(m)
	}
	p.stale[m] = g.User == ""
}

// recover makes a member's grant again from its tokens on the wire. The policy decides as if the request were new, also about the
// client's token.
func (p *master) recover(m member, t tokens, epoch int) {
	asked, asks := p.asks[m]
	allowed := asks && asked.User == t.User && p.Options.Policy != nil && p.Options.Policy.check(asked, p.Users) == ""
	if p.stale[m] = !allowed; !allowed {
		return
	}
	g := p.withClient(Grant{User: t.User, Group: group(asked), Epoch: epoch, Since: epoch})
	p.grant(m, g)
	if epoch != t.Epoch || !p.plan.Tokens.makes(p.maker, m, g, t) {
		p.renew(m)
	}
}

// takeOver takes tokens that were made elsewhere into the ledger, or has new ones made.
func (p *master) takeOver(m member, t tokens, old Grant) {
	if kubecontrol.CheckName(t.User) != nil || !p.plan.Tokens.adopt(m, t) {
		p.note(engine.Warning, "the credentials of %s on %s were made elsewhere and cannot be adopted, so new ones are made", m.unit, m.relation)
		p.stale[m], p.notAdopted[m] = true, TokenDigest(t.Kubelet)
		return
	}
	p.adopted = true
	g := Grant{User: t.User, Group: kubecontrol.DefaultGroup, Epoch: t.Epoch, Since: t.Epoch, Client: clientPerUnit, Revoked: old.Revoked}
	if asked, asks := p.asks[m]; asks && asked.User == t.User && p.mayKeep(asked, t) {
		g.Group = group(asked)
	}
	g.ClientGroup = g.Group
	p.grant(m, g)
}

// mayKeep reports whether a unit whose tokens are taken over may have the group that it asks for now: a person signs
// it in this command, policy allows it, or the token file has given it to that token already.
func (p *master) mayKeep(q engine.Request, t tokens) bool {
	byHand := slices.ContainsFunc(p.ByHand, func(s engine.Signature) bool { return s.Scope == q.Unit })
	return kubecontrol.CheckName(group(q)) == nil &&
		(byHand || p.Options.Policy != nil && covered(p.Options.Policy.groups, q.Unit, group(q)) || slices.Contains(p.Groups[t.Kubelet], group(q)))
}
