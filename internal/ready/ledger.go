package ready

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// The keys of the peer relation's application bag: a grant for each member that was signed, the cluster's tag, the ID of
// the secret with the authority, the digests of adopted tokens that are no longer accepted, and the epoch that a new grant
// begins with.
const (
	keyGrant     = "grant/"
	KeyAuthority = "token-authority"
	KeyDigest    = "token-authority-digest" // of its content: when it changes, a master makes its file again
	keyTag       = "cluster-tag"
	keyRetired   = "retired"
	keyFloor     = "floor"
)

// Grant is what the leader has signed for one member. It has no token: with the authority every master makes the same
// tokens of it.
type Grant struct {
	User  string `json:"user,omitempty"` // byte for byte as it was asked for; "" where nothing is accepted
	Group string `json:"group,omitempty"`
	// Epoch counts the renewals of the member's tokens; those from Since on are accepted, for Left more update-status
	// hooks of the leader, then those of Epoch alone.
	Epoch int `json:"epoch"`
	Since int `json:"since"`
	Left  int `json:"left,omitempty"`
	// Client is how the client token was signed: "per-unit" with its group, "admin" or "none".
	Client      string `json:"client,omitempty"`
	ClientGroup string `json:"client-group,omitempty"`
	// Old is the digest of a kubelet's token that the member had from another source, and that is accepted as long as
	// replaced ones are: it stands in the token file, and there was no space to adopt it.
	Old string `json:"old,omitempty"`
	// Revoked is the user and the group of a request that is refused from now on.
	Revoked []string `json:"revoked,omitempty"`
}

// equal reports whether two grants say the same.
func (g Grant) equal(o Grant) bool {
	return slices.Equal(g.Revoked, o.Revoked) && g.User == o.User && g.Group == o.Group && g.Epoch == o.Epoch && g.Since == o.Since &&
		g.Left == o.Left && g.Client == o.Client && g.ClientGroup == o.ClientGroup && g.Old == o.Old
}

// Ledger is the leader's record of accepted credentials, by member, and the other data that the peer relation keeps for all
// masters.
type Ledger struct {
	grants  map[member]Grant
	tag     string
	retired []string
	// floor is above the epochs of all members that have left, so that a member that comes back, for example after a relation was
	// suspended, gets new tokens.
	floor int
	was   map[string]string // as it was decoded
	from  map[member]Grant  // its grants then
}

// DecodeLedger reads the peer relation's application bag. What can't be read is left out.
func DecodeLedger(bag map[string]string) Ledger {
	l := Ledger{grants: map[member]Grant{}, tag: bag[keyTag], was: bag}
	for key, value := range bag {
		name, ok := strings.CutPrefix(key, keyGrant)
		m, known := readMember(name)
		var g Grant
		if ok && known && json.Unmarshal([]byte(value), &g) == nil {
			l.grants[m] = g
		}
	}
	if json.Unmarshal([]byte(bag[keyRetired]), &l.retired) != nil {
		l.retired = nil
	}
	l.from = maps.Clone(l.grants)
	l.floor, _ = strconv.Atoi(bag[keyFloor]) // 0 while no unit has left
	return l
}

// Same reports whether two ledgers have the same grants.
func (l Ledger) Same(o Ledger) bool { return maps.EqualFunc(l.grants, o.grants, Grant.equal) }

// changes are the keys to write for the changed ledger, "" for those to delete.
func (l Ledger) changes() map[string]string {
	want, set := map[string]string{}, map[string]string{}
	for m, g := range l.grants {
		key := keyGrant + m.key()
		if old, ok := l.from[m]; ok && old.equal(g) {
			want[key] = l.was[key]
			continue
		}
		text, _ := json.Marshal(g) // always encodes
		want[key] = string(text)
	}
	if len(l.retired) > 0 {
		text, _ := json.Marshal(l.retired)
		want[keyRetired] = string(text)
	}
	if l.tag != "" {
		want[keyTag] = l.tag
	}
	if l.floor > 0 {
		want[keyFloor] = strconv.Itoa(l.floor)
	}
	for key, value := range want {
		if l.was[key] != value {
			set[key] = value
		}
	}
	for key := range l.was {
		if _, ok := want[key]; !ok && (strings.HasPrefix(key, keyGrant) || key == keyRetired) {
			set[key] = ""
		}
	}
	return set
}

// members are those with a grant, by relation and unit.
func (l Ledger) members() []member {
	return slices.SortedFunc(maps.Keys(l.grants), member.compare)
}

// Bound names the unit that holds each user, by its normal name. The wire does not show all of them.
func (l Ledger) Bound() map[string]kubecontrol.Unit {
	holders := map[string]member{}
	for m, g := range l.grants {
		name := kubecontrol.NormalUser(g.User)
		if other, held := holders[name]; name != "" && (!held || other.compare(m) < 0) {
			holders[name] = m
		}
	}
	bound := make(map[string]kubecontrol.Unit, len(holders))
	for name, m := range holders {
		bound[name] = m.unit
	}
	return bound
}

// HasAbsent reports whether a unit with a grant is not among the joined ones: it will join, or has left.
func (l Ledger) HasAbsent(joined map[kubecontrol.RelationID][]kubecontrol.Unit) bool {
	there := map[member]bool{}
	for relation, members := range joined {
		for _, u := range members {
			there[member{relation, u}] = true
		}
	}
	for m := range l.grants {
		if !there[m] {
			return true
		}
	}
	return false
}

// HasRetired reports whether the token with a digest is banned from the token files of all masters.
func (l Ledger) HasRetired(digest string) bool { return slices.Contains(l.retired, digest) }
