package ready

import "github.com/kube-control/kube-control/pkg/kubecontrol"

// StandIn makes an authority from another seed that takes the place of this one in a dump: its decisions are the same, and its
// tokens give access to nothing. The map has for each token of the ledger's members, and for the digest, the text that stands for
// it. Tokens that were made elsewhere become what fingerprint makes of them.
func (a *Authority) StandIn(l Ledger, seed []byte, fingerprint func(string) string) (content, texts map[string]string) {
	other := newAuthority(seed)
	stand := func(t kubecontrol.Token) kubecontrol.Token { return kubecontrol.NewToken(fingerprint(t.Reveal())) }
	for key, t := range a.adopted {
		other.adopted[key] = tokens{t.User, t.Epoch, stand(t.Kubelet), stand(t.Proxy), stand(t.Client)}
	}
	texts = map[string]string{a.Digest(): other.Digest()}
	for m, g := range l.grants {
		for epoch := g.Since; epoch <= g.Epoch+1; epoch++ {
			for _, r := range [...]role{kubelet, proxy, client, admin} {
				texts[a.token(r, m, g.User, epoch).Reveal()] = other.token(r, m, g.User, epoch).Reveal()
			}
		}
	}
	return other.Encode(), texts
}
