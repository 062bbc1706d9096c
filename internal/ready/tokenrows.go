package ready

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// ownRow is a row of ours. The token is valid until the next row is made.
type ownRow struct {
	token  []byte
	user   string
	member member
	role   role
	mint   role   // what the token is made for: the client's may be the administrator's
	group  string // "" for none
	made   bool   // of the authority: no other row has its token
}

// Render writes the file: the rows that are not ours as they were, then ours, in order. Without the authority our rows
// cannot be made: existing ones stay as long as their member has a grant.
func (f TokenFile) Render(l Ledger, a *Authority) []byte {
	replaced := f.replaced(l, a)
	seen := map[string]bool{}
	const perMember = 800 // bytes, about
	text := make([]byte, 0, perMember*len(l.grants))
	for _, r := range f.foreign {
		isNode := strings.HasPrefix(r.user, kubecontrol.NodeUserPrefix)
		if isNode && (replaced[r.key()] || slices.Contains(l.retired, TokenDigest(kubecontrol.NewToken(r.token)))) {
			continue
		}
		text = append(text, r.text...)
		seen[r.token] = true
	}
	f.eachOwn(l, a, func(r ownRow) {
		if seen[string(r.token)] {
			return
		}
		if !r.made {
			seen[string(r.token)] = true
		}
		text = r.append(text)
	})
	return text
}

// key is a row's token with its normal user.
func (r row) key() string { return r.token + "," + kubecontrol.NormalUser(r.user) }

// replaced are the keys of the nodes' rows that are not ours, and whether ours give the token to the same user.
func (f TokenFile) replaced(l Ledger, a *Authority) map[string]bool {
	keys := map[string]bool{}
	for _, r := range f.foreign {
		if strings.HasPrefix(r.user, kubecontrol.NodeUserPrefix) {
			keys[r.key()] = false
		}
	}
	if len(keys) == 0 {
		return nil
	}
	f.eachOwn(l, a, func(r ownRow) {
		key := string(r.token) + "," + r.user
		if _, known := keys[key]; known {
			keys[key] = true
		}
	})
	return keys
}

// eachOwn gives our rows, in order of their members.
func (f TokenFile) eachOwn(l Ledger, a *Authority, give func(ownRow)) {
	if a == nil {
		f.eachKept(l, give)
		return
	}
	maker := a.maker()
	var token []byte
	for _, m := range l.members() {
		g := l.grants[m]
		if g.User == "" {
			continue
		}
		rows := rowsOf(m, g)
		// No worker has the next epoch's tokens yet. They are listed in advance, because after a rotation a worker may use
		// them at the API server of a master that does not know of it yet.
		for epoch := g.Since; epoch <= g.Epoch+1; epoch++ {
			adopted, isAdopted := a.adoptedFor(m, g, epoch)
			for _, row := range rows {
				row.made = !isAdopted
				if isAdopted {
					token = append(token[:0], adopted.of(row.role).Reveal()...)
				} else {
					token = maker.append(token[:0], row.mint, m, g.User, epoch)
				}
				if row.token = token; row.made || isToken(string(token)) {
					give(row)
				}
			}
		}
	}
}

// rowsOf are the rows of a member's grant, without tokens.
func rowsOf(m member, g Grant) []ownRow {
	rows := []ownRow{
		{member: m, role: kubelet, mint: kubelet, user: kubecontrol.NormalUser(g.User), group: g.Group},
		{member: m, role: proxy, mint: proxy, user: proxyUser},
	}
	switch g.Client {
	case clientPerUnit:
		rows = append(rows, ownRow{member: m, role: client, mint: client, user: clientUser(m), group: g.ClientGroup})
	case clientAdmin:
		rows = append(rows, ownRow{member: m, role: client, mint: admin, user: adminUser, group: adminGroup})
	}
	return rows
}

// eachKept gives the rows of members with a grant as they are in the file.
func (f TokenFile) eachKept(l Ledger, give func(ownRow)) {
	kept := map[string][]row{} // by uid
	for _, r := range f.own {
		kept[r.uid] = append(kept[r.uid], r)
	}
	for _, m := range l.members() {
		if l.grants[m].User == "" {
			continue
		}
		for _, of := range [...]role{kubelet, proxy, client} {
			for _, r := range kept[m.uid(of)] {
				give(ownRow{token: []byte(r.token), user: r.user, member: m, role: of, group: r.group})
			}
		}
	}
}

// of is the token of a set for a role.
func (t tokens) of(r role) kubecontrol.Token {
	return map[role]kubecontrol.Token{kubelet: t.Kubelet, proxy: t.Proxy, client: t.Client}[r]
}

// clientUser is the user of a member's own client token.
func clientUser(m member) string { return ownPrefix + "client:" + string(m.unit) }

// uid is how a row of ours names its unit.
func (m member) uid(r role) string { return ownPrefix + m.key() + "/" + string(r) }

// append writes the row as CSV. The server splits the fourth column at commas, so it is quoted, also when it has none.
func (r ownRow) append(text []byte) []byte {
	if r.made { // of characters that need no quotes
		text = append(text, r.token...)
	} else {
		text = appendField(text, string(r.token))
	}
	text = append(text, ',')
	text = appendField(text, r.user)
	text = append(text, ',')
	text = r.appendUID(text)
	if r.group != "" {
		text = append(text, `,"`...)
		text = append(text, strings.ReplaceAll(r.group, `"`, `""`)...)
		text = append(text, '"')
	}
	return append(text, '\n')
}

// appendUID writes the row's third column.
func (r ownRow) appendUID(text []byte) []byte {
	if !isPlain(string(r.member.relation)) || !isPlain(string(r.member.unit)) {
		return appendField(text, r.member.uid(r.role))
	}
	text = append(append(text, ownPrefix...), r.member.relation...)
	text = append(append(text, '/'), r.member.unit...)
	return append(append(text, '/'), r.role...)
}

// isPlain reports whether a column needs no quotes. It may be false for a column that needs none.
func isPlain(field string) bool {
	special := func(r rune) bool { return r <= ' ' || r > '~' || r == ',' || r == '"' || r == '\\' }
	return field != "" && strings.IndexFunc(field, special) < 0
}

// appendField writes a column, in quotes where it needs them.
func appendField(text []byte, field string) []byte {
	if isPlain(field) {
		return append(text, field...)
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{field, ""}) // a buffer accepts everything
	w.Flush()
	return append(text, bytes.TrimSuffix(b.Bytes(), []byte(",\n"))...)
}
