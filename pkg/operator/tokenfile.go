package operator

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// ownPrefix begins the uid of every row that we write, and is refused to workers as a user's name.
const ownPrefix = "kube-control:"

// The users of our tokens that are not the worker's own to choose.
const (
	proxyUser  = "system:kube-proxy"
	adminUser  = ownPrefix + "admin"
	adminGroup = "system:masters"
)

// TokenFile is a static token file of kube-apiserver, known_tokens.csv: what stands in it beside our own rows, and what
// the server would not read.
type TokenFile struct {
	foreign  []row
	own      []row
	rejected []string
}

// row is one row of the file.
type row struct {
	token, user, uid string
	group            string // "" for none; of a row that is not ours several with commas between them
	text             string // of a row that is not ours: as it stands in the file, with its newline
}

// ReadTokenFile reads a token file as kube-apiserver 1.37 does, row by row. A row that the server would refuse to start
// with, or would let anybody in with, is rejected: a comment, one with fewer than three columns or an unbalanced quote,
// one without a user. Empty lines are passed over.
func ReadTokenFile(text []byte) TokenFile {
	var f TokenFile
	buffer := bufio.NewReader(nil) // one for all rows
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		if len(bytes.TrimSpace(line)) == 0 {
			text = rest
			continue
		}
		buffer.Reset(bytes.NewReader(text))
		r := csv.NewReader(buffer)
		r.FieldsPerRecord = -1
		fields, err := r.Read()
		if err != nil || len(fields) < 3 || fields[0] == "" || fields[1] == "" || strings.HasPrefix(fields[0], "#") {
			f.rejected = append(f.rejected, strings.TrimSuffix(string(line), "\r")+"\n")
			text = rest
			continue
		}
		entry := string(text[:r.InputOffset()])
		text = text[r.InputOffset():]
		if !strings.HasSuffix(entry, "\n") {
			entry += "\n"
		}
		parsed := row{token: fields[0], user: fields[1], uid: fields[2], text: entry}
		if len(fields) > 3 {
			parsed.group = fields[3]
		}
		if strings.HasPrefix(parsed.uid, ownPrefix) {
			f.own = append(f.own, parsed)
		} else {
			f.foreign = append(f.foreign, parsed)
		}
	}
	return f
}

// Rejected are the lines that were rejected, each with its newline; "" for none.
func (f TokenFile) Rejected() string { return strings.Join(f.rejected, "") }

// Users are the users of the rows that are not ours.
func (f TokenFile) Users() []string {
	var users []string
	for _, r := range f.foreign {
		users = append(users, r.user)
	}
	return users
}

// Groups are the groups of the rows that are not ours, by token.
func (f TokenFile) Groups() map[kubecontrol.Token][]string {
	groups := map[kubecontrol.Token][]string{}
	for _, r := range f.foreign {
		groups[kubecontrol.NewToken(r.token)] = strings.Split(r.group, ",")
	}
	return groups
}

// Render writes the file anew: the rows that are not ours as they were, then ours, in order. Without the authority our
// rows cannot be made: those that are there stay as long as their member has a grant.
func (f TokenFile) Render(l Ledger, a *Authority) []byte {
	var b bytes.Buffer
	seen := map[string]bool{}
	own := f.rows(l, a)
	replaced := map[string]bool{} // tokens of ours that a foreign row gives to the same user
	for _, r := range own {
		replaced[r.token+","+r.user] = true // ours are normal names
	}
	for _, r := range f.foreign {
		retired := slices.Contains(l.retired, TokenDigest(kubecontrol.NewToken(r.token))) && strings.HasPrefix(r.user, "system:node:")
		node := strings.HasPrefix(r.user, "system:node:") && replaced[r.token+","+kubecontrol.NormalUser(r.user)]
		if !retired && !node {
			b.WriteString(r.text)
			seen[r.token] = true
		}
	}
	for _, r := range own {
		if !seen[r.token] {
			r.write(&b)
			seen[r.token] = true
		}
	}
	return b.Bytes()
}

// rows are ours.
func (f TokenFile) rows(l Ledger, a *Authority) []row {
	var rows []row
	for _, m := range l.members() {
		g := l.grants[m]
		if g.User == "" {
			continue
		}
		if a == nil {
			rows = append(rows, f.kept(m)...)
			continue
		}
		// The next epoch's tokens nobody has yet. They are listed ahead, for after a rotation a worker may come with them
		// to the API server of a master that has not heard of it.
		for epoch := g.Since; epoch <= g.Epoch+1; epoch++ {
			for _, r := range rowsOf(m, g, a.tokensOf(m, g, epoch)) {
				if isToken(r.token) {
					rows = append(rows, r)
				}
			}
		}
	}
	return rows
}

// rowsOf are the rows of one set of tokens.
func rowsOf(m member, g Grant, t tokens) []row {
	rows := []row{
		{t.Kubelet.Reveal(), kubecontrol.NormalUser(g.User), m.uid(kubelet), g.Group, ""},
		{t.Proxy.Reveal(), proxyUser, m.uid(proxy), "", ""},
	}
	switch g.Client {
	case clientPerUnit:
		rows = append(rows, row{t.Client.Reveal(), clientUser(m), m.uid(client), g.ClientGroup, ""})
	case clientAdmin:
		rows = append(rows, row{t.Client.Reveal(), adminUser, m.uid(client), adminGroup, ""})
	}
	return rows
}

// clientUser is the user of a member's own client token.
func clientUser(m member) string { return ownPrefix + "client:" + string(m.unit) }

// uid is how a row of ours says whose it is.
func (m member) uid(r role) string { return ownPrefix + m.key() + "/" + string(r) }

// kept are a member's rows as they are in the file.
func (f TokenFile) kept(m member) []row {
	return slices.Concat(f.keptAs(m.uid(kubelet)), f.keptAs(m.uid(proxy)), f.keptAs(m.uid(client)))
}

func (f TokenFile) keptAs(uid string) []row {
	var rows []row
	for _, r := range f.own {
		if r.uid == uid {
			rows = append(rows, r)
		}
	}
	return rows
}

// write writes a row of ours. The server splits the fourth column at commas, so it is quoted, also when it has none.
func (r row) write(b *bytes.Buffer) {
	w := csv.NewWriter(b)
	_ = w.Write([]string{r.token, r.user, r.uid}) // a buffer takes everything
	w.Flush()
	if r.group != "" {
		b.Truncate(b.Len() - 1)
		b.WriteString(`,"` + strings.ReplaceAll(r.group, `"`, `""`) + "\"\n")
	}
}
