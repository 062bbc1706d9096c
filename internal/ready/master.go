package ready

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// MasterInput is everything that a ready master's policy sees in one hook or command.
type MasterInput struct {
	Leader   bool
	Dying    bool // this unit is being removed: it revokes nothing
	Endpoint string
	Options  MasterOptions
	Facts    engine.Facts
	// Goal has the units that goal-state shows on the endpoint, and whether each is to stay. It is nil while all units with a
	// grant are joined. goal-state leaves out the subordinate units of other machines, and the units of other models.
	Goal map[kubecontrol.Unit]bool
	// Left is the unit that departs in this hook, and Departed are those that this unit has seen leave before.
	Left     kubecontrol.Unit
	Departed []kubecontrol.Unit
	// AllJoined: Juju runs update-status, so no joined hook is due, and the relations list all their units.
	AllJoined bool
	HasPeer   bool // the peer relation is there
	Ledger    Ledger
	// Authority is nil where there is none, or, if AuthorityExists is set, where it can't be read for now.
	Authority       *Authority
	AuthorityExists bool
	// Rested: nothing has changed since a run that left this master at rest, so the authority was not read.
	Rested    bool
	MaxSecret int      // how many bytes a value of a secret may have; 0 where Juju has no secrets
	Tag       string   // the cluster tag that this unit publishes
	Address   string   // of this unit, for workers; "" if not known
	Users     []string // of the token file's rows that are not ours
	// Groups are the groups of the same rows, by token: those that a token has before it is adopted.
	Groups map[kubecontrol.Token][]string
	ByHand []engine.Signature // what a person signs in this command
	// OrphanTokens are digests of kubelets' tokens that a charm before this one gave to units that have left.
	OrphanTokens        []string
	Random              []byte        // RandomSize secret random bytes
	TokenFileUnreadable bool          // the token file can't be read now, so Users are not known
	IsUpdateStatus      bool          // this is an update-status hook
	Finish              bool          // the time in which replaced tokens are accepted is to end
	Revoke              engine.Revoke // the revocation that a person asks for, or undoes
}

// MasterPlan is what a ready master has to do, in this order.
type MasterPlan struct {
	Authority   *Authority        // to be kept; nil if unchanged
	Bag         map[string]string // keys to write into the peer relation's application bag; "" deletes
	Values      map[string]string // to be published on every relation, by wire key; "" deletes
	Certificate string            // to be published in a secret; "" for none
	Withdraw    bool              // the published certificate has to be removed, because no option names one
	Sign        []engine.Sign
	Revoked     []kubecontrol.Unit             // units that this unit, which led before, still serves with revoked credentials
	Gone        map[string]kubecontrol.Unit    // units that have left, by user: their secrets may still exist
	Left        []Left                         // workers that have left; the operator's command runs for each
	byApp       map[string]map[string][]string // as in MasterOptions
	// Accepted and Tokens make the token file; Tokens is nil where the authority can't be read.
	Accepted Ledger
	Tokens   *Authority
	Refused  []engine.Refusal
	Trouble  Trouble
	Notes    []engine.Note
}

// RandomSize is how many random bytes a run may need: for the seed, and for the cluster's tag.
const RandomSize = seedSize + 32

// Master decides what a ready master does. The same input gives the same plan, and after it is carried out, a second
// one is empty.
func Master(in MasterInput) MasterPlan {
	p := &master{
		MasterInput: in, joined: map[member]bool{}, related: map[kubecontrol.RelationID]bool{},
		asks: map[member]engine.Request{}, sign: map[member]engine.Signature{}, wire: map[member]flags.Set{}, old: map[member][]string{},
		stale: map[member]bool{}, notAdopted: map[member]string{},
	}
	for relation, units := range in.Facts.Members(in.Endpoint) {
		p.related[relation] = true
		for _, u := range units {
			p.joined[member{relation, u}] = true
		}
	}
	p.plan.Accepted = Ledger{grants: maps.Clone(in.Ledger.grants), tag: in.Ledger.tag, retired: slices.Clone(in.Ledger.retired), floor: in.Ledger.floor, was: in.Ledger.was, from: in.Ledger.from}
	for _, digest := range in.OrphanTokens {
		p.ban(digest)
	}
	p.plan.Tokens = in.Authority.clone()
	if in.Leader && !in.Dying && in.HasPeer {
		p.lead()
	} else if !in.Dying {
		maps.DeleteFunc(p.plan.Accepted.grants, func(m member, _ Grant) bool { return p.hasLeft(m) })
	}
	p.values()
	p.status()
	return p.plan
}

// master is one run of Master.
type master struct {
	MasterInput
	plan    MasterPlan
	joined  map[member]bool
	related map[kubecontrol.RelationID]bool
	asks    map[member]engine.Request
	// notAdopted are the digests of kubelets' tokens that there was no space to adopt.
	notAdopted map[member]string
	stale      map[member]bool // this unit publishes credentials for it that are not accepted and must be replaced
	sign       map[member]engine.Signature
	wire       map[member]flags.Set        // the users that this unit publishes for a member
	old        map[member][]string         // users that this unit publishes for a member and that are no longer accepted
	held       map[string]kubecontrol.Unit // the unit that has each user by the ledger, by its normal name
	maker      *maker
	adopted    bool // what the authority lists has changed
}

// Quiet reports whether there is nothing to do: every request has its answer, and each unit with a grant is joined.
func (in MasterInput) Quiet() bool {
	asking, contested := in.Facts.Asking(in.Endpoint)
	open := slices.ContainsFunc(asking, func(q engine.Request) bool { return q.Pending || q.Rotate })
	return !open && !contested && len(in.Facts.Revoked(in.Endpoint)) == 0 && !in.Ledger.HasAbsent(in.Facts.Members(in.Endpoint))
}

// hasLeft reports whether a member with a grant is certain to be gone. A master that is new, or that was asleep, has still to
// hear of the others: no joined hook has told it of them, and goal-state does not show them all.
func (p *master) hasLeft(m member) bool {
	stays, shown := p.Goal[m.unit]
	switch {
	case p.joined[m]:
		return false
	case m.unit == p.Left || !p.related[m.relation]:
		return true
	case shown:
		return !stays
	}
	return p.AllJoined || slices.Contains(p.Departed, m.unit) || p.showsAll(m.unit.App())
}

// showsAll reports whether goal-state shows all units of an application. Of a subordinate application it shows only the unit
// on this machine.
func (p *master) showsAll(app string) bool {
	shown := 0
	for unit := range p.Goal {
		if unit.App() == app {
			shown++
		}
	}
	return shown > 1
}

// Left is a worker that has left, with the user that it had.
type Left struct {
	Unit kubecontrol.Unit `json:"unit"`
	User string           `json:"user"`
}

// Environ is what the operator's command for a worker that has left gets: the unit, its user, and its node, which is empty for
// a user that is not a node's.
func (l Left) Environ() []string {
	node, isNode := strings.CutPrefix(kubecontrol.NormalUser(l.User), kubecontrol.NodeUserPrefix)
	if !isNode || checkNode(node) != nil {
		node = ""
	}
	return []string{"KUBE_CONTROL_UNIT=" + string(l.Unit), "KUBE_CONTROL_USER=" + l.User, "KUBE_CONTROL_NODE=" + node}
}

// ForApp has the lists that can have entries for single applications, by wire key, as the relation of an application gets
// them. For an application that is not known, "", a list with such entries is empty.
func (p MasterPlan) ForApp(app string) map[string]string {
	lists := map[string]string{}
	for key, byApp := range p.byApp {
		general, ok := p.Values[key]
		switch {
		case !ok: // it does not change
		case app == "" && len(byApp) > 0:
			lists[key] = ""
		default:
			lists[key] = withOwn(general, byApp[app])
		}
	}
	return lists
}

// values are the values that every master unit publishes.
func (p *master) values() {
	p.plan.Values, p.plan.byApp = maps.Clone(p.Options.Values), p.Options.ByApp
	if tag := p.plan.Accepted.tag; p.Options.MakeTag && tag != "" {
		p.plan.Values[kubecontrol.KeyClusterTag] = tag
	}
	if p.Options.OwnEndpoint && p.Address != "" {
		host := p.Address
		if address, err := netip.ParseAddr(host); err == nil && address.Is6() {
			host = "[" + host + "]"
		}
		own := url.URL{Scheme: "https", Host: host + ":6443"}
		p.plan.Values[kubecontrol.KeyAPIEndpoints] = kubecontrol.EncodeList([]string{own.String()})
	}
	p.leaveOut()
	text, known := p.Options.Certificate, p.Options.HasCertificate
	switch {
	case p.Dying || !known:
	case text == "":
		p.plan.Withdraw = true
	case p.MaxSecret > 0 && len(text) > p.MaxSecret: // the published one stays
		p.Options.Problems = append(p.Options.Problems, Problem{"ca-certificate", fmt.Sprintf("has %d bytes, and this Juju keeps %d in a secret", len(text), p.MaxSecret)})
	case p.Leader:
		p.plan.Certificate = text
	}
}

// leaveOut notes the values that may not be published; the published values stay. Not all values come from options: neither this unit's address nor the
// tag of a charm before this one comes from an option.
func (p *master) leaveOut() {
	for _, key := range slices.Sorted(maps.Keys(p.plan.Values)) {
		if err := kubecontrol.CheckValue(kubecontrol.Master, key, p.plan.Values[key]); err != nil {
			p.note(engine.Warning, "not published: %v", err)
			delete(p.plan.Values, key)
		}
	}
}

// status is the policy's own status: what a person must fix, what it waits for, what is risky.
func (p *master) status() {
	rights := func(message string) Trouble {
		return Trouble{Cause: CauseRights, Status: engine.Status{Status: engine.Active, Message: message}}
	}
	switch {
	case len(p.Options.Problems) > 0:
		p.plan.Trouble = OfOptions(p.Options.Problems)
	case p.Authority == nil && p.AuthorityExists && !p.Rested:
		p.plan.Trouble = Awaiting(CauseSeed, "", "Waiting for the secret with the token seed")
	case p.Options.Policy.client == clientAdmin:
		p.plan.Trouble = rights("client-token=admin gives every worker all rights")
	case slices.ContainsFunc(slices.Collect(maps.Values(p.plan.Accepted.grants)), func(g Grant) bool { return g.Client == clientAdmin }):
		p.plan.Trouble = rights("client-token was admin: workers keep all rights until rotate-credentials")
	}
}

func (p *master) note(level engine.Level, format string, args ...any) {
	p.plan.Notes = append(p.plan.Notes, engine.Note{Level: level, Text: fmt.Sprintf(format, args...)})
}
