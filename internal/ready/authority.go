package ready

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// The keys under which the authority is kept: the seed, and the adopted tokens in numbered parts.
const (
	KeySeed    = "seed"
	KeyAdopted = "adopted-"
)

// What a Juju secret holds at most under one key; and in how many parts adopted tokens may come, so that the whole
// secret stays below 64 KiB.
const (
	maxPart  = 8 << 10
	maxParts = 7
)

// seedSize is the size of a seed in bytes.
const seedSize = 32

// Authority is what all tokens are made from. It is the application's, so that every unit of it makes the same tokens:
// nothing is made twice, and nothing is lost with a unit. It prints without its content.
type Authority struct {
	seed    kubecontrol.Token // 32 bytes
	adopted map[string]tokens // by member.key
}

// tokens are the three of one credential.
type tokens struct {
	User                   string
	Epoch                  int // that they are accepted for, if they are adopted
	Kubelet, Proxy, Client kubecontrol.Token
}

// member is one unit on one relation, which a credential is for.
type member struct {
	relation kubecontrol.RelationID
	unit     kubecontrol.Unit
}

func (m member) key() string { return string(m.relation) + "/" + string(m.unit) }

// compare orders members by relation, then by unit.
func (m member) compare(o member) int {
	return cmp.Or(m.relation.Compare(o.relation), m.unit.Compare(o.unit))
}

// readMember reads a member's key.
func readMember(key string) (member, bool) {
	relation, unit, ok := strings.Cut(key, "/")
	m := member{kubecontrol.RelationID(relation), kubecontrol.Unit(unit)}
	return m, ok && m.relation.Number() >= 0 && m.unit.Number() >= 0
}

// newAuthority makes one from 32 random bytes.
func newAuthority(random []byte) *Authority {
	return &Authority{seed: kubecontrol.NewToken(string(random[:seedSize])), adopted: map[string]tokens{}}
}

// clone is a copy that may be changed; nil of nil.
func (a *Authority) clone() *Authority {
	if a == nil {
		return nil
	}
	return &Authority{a.seed, maps.Clone(a.adopted)}
}

// DecodeAuthority reads what Encode wrote, from a secret or from the peer relation's application bag; nil without a seed.
func DecodeAuthority(content map[string]string) (*Authority, error) {
	if content[KeySeed] == "" {
		return nil, nil
	}
	seed, err := base64.StdEncoding.DecodeString(content[KeySeed])
	if err != nil || len(seed) != seedSize {
		return nil, errors.New("cannot read the token authority: its seed is damaged")
	}
	a := newAuthority(seed)
	for i := range maxParts {
		var part map[string]adoptedForm
		if text := content[adoptedKey(i)]; text == "" || json.Unmarshal([]byte(text), &part) != nil {
			continue
		}
		for key, form := range part {
			a.adopted[key] = tokens{
				form.User, form.Epoch, kubecontrol.NewToken(form.Kubelet), kubecontrol.NewToken(form.Proxy), kubecontrol.NewToken(form.Client),
			}
		}
	}
	return a, nil
}

// Digest is of all that the authority has; "" for none. It reveals nothing about the seed, which is random.
func (a *Authority) Digest() string {
	if a == nil {
		return ""
	}
	text, _ := json.Marshal(a.Encode()) // texts always encode
	return Digest(text)[:32]
}

// adoptedForm is how adopted tokens are kept.
type adoptedForm struct {
	User    string `json:"user"`
	Epoch   int    `json:"epoch,omitempty"`
	Kubelet string `json:"kubelet"`
	Proxy   string `json:"proxy"`
	Client  string `json:"client"`
}

func adoptedKey(part int) string { return fmt.Sprintf("%s%d", KeyAdopted, part) }

// Encode is the authority as a secret's content, or as keys of a bag, each value of at most 8 KiB.
func (a *Authority) Encode() map[string]string {
	content := map[string]string{KeySeed: base64.StdEncoding.EncodeToString([]byte(a.seed.Reveal()))}
	for i, part := range a.parts() {
		text, _ := json.Marshal(part) // texts always encode
		content[adoptedKey(i)] = string(text)
	}
	return content
}

// parts spreads the adopted tokens over as many maps as they need, in order of their members.
func (a *Authority) parts() []map[string]adoptedForm {
	var parts []map[string]adoptedForm
	size := maxPart
	for _, key := range slices.Sorted(maps.Keys(a.adopted)) {
		t := a.adopted[key]
		form := adoptedForm{t.User, t.Epoch, t.Kubelet.Reveal(), t.Proxy.Reveal(), t.Client.Reveal()}
		text, _ := json.Marshal(map[string]adoptedForm{key: form})
		if size += len(text); size > maxPart {
			parts, size = append(parts, map[string]adoptedForm{}), len(text)
		}
		parts[len(parts)-1][key] = form
	}
	return parts
}

// adopt lists a credential that was made elsewhere; false if there is no space for it.
func (a *Authority) adopt(m member, t tokens) bool {
	old, had := a.adopted[m.key()]
	a.adopted[m.key()] = t
	parts := a.parts()
	fits := len(parts) <= maxParts
	for _, part := range parts {
		text, _ := json.Marshal(part)
		fits = fits && len(text) <= maxPart
	}
	if fits {
		return true
	}
	delete(a.adopted, m.key())
	if had {
		a.adopted[m.key()] = old
	}
	return false
}

// role is what a token is for.
type role string

const (
	kubelet role = "kubelet"
	proxy   role = "proxy"
	client  role = "client"
	admin   role = "admin" // the client's, with all rights
)

// maker makes tokens, one after the other.
type maker struct {
	mac       hash.Hash
	text, sum []byte
}

func (a *Authority) maker() *maker { return &maker{mac: hmac.New(sha256.New, []byte(a.seed.Reveal()))} }

// append writes the token of a member's user for a role and an epoch: an HMAC of all these with the seed as its key. Without the seed
// no token can be made.
func (k *maker) append(token []byte, r role, m member, user string, epoch int) []byte {
	k.text = append(k.text[:0], `["kube-control token"`...)
	for _, part := range [...]string{string(r), string(m.relation), string(m.unit), user} {
		k.text = appendJSON(append(k.text, ','), part)
	}
	k.text = append(strconv.AppendInt(append(k.text, ','), int64(epoch), 10), ']')
	k.mac.Reset()
	k.mac.Write(k.text)
	k.sum = k.mac.Sum(k.sum[:0])
	return base64.RawURLEncoding.AppendEncode(token, k.sum)
}

// appendJSON writes a text as encoding/json does.
func appendJSON(to []byte, text string) []byte {
	special := func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune(`"\<>&`, r) }
	if strings.IndexFunc(text, special) < 0 {
		return append(append(append(to, '"'), text...), '"')
	}
	quoted, _ := json.Marshal(text) // always encodes
	return append(to, quoted...)
}

// token is one token by itself.
func (a *Authority) token(r role, m member, user string, epoch int) kubecontrol.Token {
	return kubecontrol.NewToken(string(a.maker().append(nil, r, m, user, epoch)))
}

// adoptedFor are the tokens of a member's grant for an epoch that were made elsewhere.
func (a *Authority) adoptedFor(m member, g Grant, epoch int) (tokens, bool) {
	if len(a.adopted) == 0 {
		return tokens{}, false
	}
	t, ok := a.adopted[m.key()]
	return t, ok && t.User == g.User && t.Epoch == epoch
}

// tokensOf are the tokens of a member's grant for an epoch.
func (a *Authority) tokensOf(m member, g Grant, epoch int) tokens {
	if t, ok := a.adoptedFor(m, g, epoch); ok {
		return t
	}
	t := tokens{
		User: g.User, Epoch: epoch,
		Kubelet: a.token(kubelet, m, g.User, epoch), Proxy: a.token(proxy, m, g.User, epoch), Client: kubecontrol.NewToken(""),
	}
	switch g.Client {
	case clientPerUnit:
		t.Client = a.token(client, m, g.User, epoch)
	case clientAdmin:
		t.Client = a.token(admin, m, g.User, epoch)
	}
	return t
}

// makes reports whether the tokens of a grant's epoch are those of a set.
func (a *Authority) makes(k *maker, m member, g Grant, t tokens) bool {
	if adopted, ok := a.adoptedFor(m, g, g.Epoch); ok {
		return adopted.same(t)
	}
	is := func(r role, token kubecontrol.Token) bool {
		return string(k.append(nil, r, m, g.User, g.Epoch)) == token.Reveal()
	}
	var ofClient bool
	switch g.Client {
	case clientPerUnit:
		ofClient = is(client, t.Client)
	case clientAdmin:
		ofClient = is(admin, t.Client)
	default:
		ofClient = t.Client.Reveal() == ""
	}
	return ofClient && is(kubelet, t.Kubelet) && is(proxy, t.Proxy)
}

// same reports whether two sets hold the same tokens.
func (t tokens) same(o tokens) bool {
	return t.Kubelet.Reveal() == o.Kubelet.Reveal() && t.Proxy.Reveal() == o.Proxy.Reveal() && t.Client.Reveal() == o.Client.Reveal()
}

// TokenDigest identifies a token that is no longer kept: 32 hexadecimal digits.
func TokenDigest(t kubecontrol.Token) string {
	sum := sha256.Sum256([]byte(t.Reveal()))
	return hex.EncodeToString(sum[:16])
}
