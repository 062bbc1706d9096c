package engine

import (
	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Facts is what can be asked of a view: the getters of the interface. They see what a hook's flags see.
type Facts struct{ run *run }

// Ask evaluates a view for its getters alone.
func Ask(st State, v View, p Policy) Facts {
	r := newRun(st, Look{}, v.at(Look{}), p)
	_ = r.evaluate() // a Look is never refused
	return Facts{run: r}
}

// Flags are all flags that are set: the computed ones and those of the author.
func (f Facts) Flags() flags.Set { return f.run.state.Flags.Union(f.run.state.Author) }

// Requests lists the units that ask a master endpoint for credentials, by relation id, then by unit number. A request
// for a user that another unit holds is not among them. With a relation it lists that one's.
func (f Facts) Requests(endpoint string, relation kubecontrol.RelationID) []Request {
	var list []Request
	for _, q := range f.run.requests(endpoint) {
		if relation == "" || q.Relation == relation {
			list = append(list, q)
		}
	}
	return list
}

// Refused lists the requests of a master endpoint that are not signed, each once: those that the charm's policy refuses,
// then those for a user that another unit holds, then those that were revoked. With a relation it lists that one's.
func (f Facts) Refused(endpoint string, relation kubecontrol.RelationID) []Refusal {
	var all []Refusal
	add := func(standing Standing, refusal func(Verdict) Refusal) {
		for _, v := range f.run.standing(endpoint, standing) {
			if relation == "" || v.Relation == relation {
				all = append(all, refusal(v))
			}
		}
	}
	add(RequestRefused, func(v Verdict) Refusal { return *v.Refusal })
	add(RequestConflict, func(v Verdict) Refusal {
		return Refusal{Request: v.Request, Cause: RefusedConflict, Holder: v.Holder}
	})
	add(RequestRevoked, func(v Verdict) Refusal {
		return Refusal{Request: Request{Relation: v.Relation, Unit: v.Unit, User: v.User, Group: v.Group}, Cause: RefusedRevoked}
	})
	return all
}

// Asking lists all requests of a master endpoint: what Requests does, and then those for a user that another unit holds or
// has asked for before. Contested is false where there are none of these.
func (f Facts) Asking(endpoint string) (all []Request, contested bool) {
	all = f.run.requests(endpoint)
	for _, v := range f.run.judged(endpoint, Verdict.Contested) {
		all, contested = append(all, v.Request), true
	}
	return all, contested
}

// Signed lists what this unit publishes on a master endpoint, by relation id, then by user; the tokens of a secret are
// there where this run has read it.
func (f Facts) Signed(endpoint string) []Signed {
	var list []Signed
	for _, rel := range f.run.view.RelationsOf(endpoint) {
		creds := f.run.creds[rel.ID]
		for _, user := range creds.Users() {
			s := Signed{Relation: rel.ID, User: user, Credential: creds[user]}
			if own := f.run.view.Secrets.Own[kubecontrol.CredsLabel(user)]; s.SecretID != "" && own != nil && own.Content != nil {
				s.Credential = s.With(own.Content)
			}
			list = append(list, s)
		}
	}
	return list
}

// Signed is a credential that is published for a user.
type Signed struct {
	Relation kubecontrol.RelationID
	User     string
	kubecontrol.Credential
}

// Revoked lists the joined units whose present request was revoked, by relation id, then by unit number.
func (f Facts) Revoked(endpoint string) []Request {
	var list []Request
	for _, v := range f.run.standing(endpoint, RequestRevoked) {
		list = append(list, v.Request)
	}
	return list
}

// Members lists the joined units of an endpoint, by relation.
func (f Facts) Members(endpoint string) map[kubecontrol.RelationID][]kubecontrol.Unit {
	members := map[kubecontrol.RelationID][]kubecontrol.Unit{}
	for _, rel := range f.run.view.RelationsOf(endpoint) {
		members[rel.ID] = rel.Members
	}
	return members
}

// GPU reports whether a joined worker says that it has one.
func (f Facts) GPU(endpoint string, relation kubecontrol.RelationID) bool {
	for _, rel := range f.run.view.RelationsOf(endpoint) {
		for _, u := range rel.Members {
			if (relation == "" || rel.ID == relation) && f.run.state.Seen[rel.ID][u].GPU {
				return true
			}
		}
	}
	return false
}

// DNS is what the masters of a worker's endpoint say, all fields nil if nothing.
func (f Facts) DNS(endpoint string, relation kubecontrol.RelationID) DNS {
	rel, _ := f.run.first(endpoint, relation)
	return rel.dns()
}

// Value is one single value of the masters, nil if none gives it.
func (f Facts) Value(endpoint string, relation kubecontrol.RelationID, key string) *string {
	rel, _ := f.run.first(endpoint, relation)
	return rel.optional(key)
}

// List is a list that the masters give: api-endpoints, taints or labels; never nil. Entries that do not parse are left
// out.
func (f Facts) List(endpoint string, relation kubecontrol.RelationID, key string) []string {
	rel, _ := f.run.first(endpoint, relation)
	if list := rel.list(key); list != nil {
		return list
	}
	return []string{}
}

// CohortKeys are the snaps' cohort keys, nil if the masters give none.
func (f Facts) CohortKeys(endpoint string, relation kubecontrol.RelationID) map[string]string {
	rel, _ := f.run.first(endpoint, relation)
	return rel.cohortKeys()
}

// DefaultCNI is the name of the default CNI, which may be empty; nil if the masters do not say.
func (f Facts) DefaultCNI(endpoint string, relation kubecontrol.RelationID) *string {
	rel, _ := f.run.first(endpoint, relation)
	return rel.defaultCNI()
}

// HasXCP reports whether the cluster has an external cloud provider; false if the masters do not say.
func (f Facts) HasXCP(endpoint string, relation kubecontrol.RelationID) bool {
	rel, _ := f.run.first(endpoint, relation)
	value, _ := rel.Value(kubecontrol.KeyHasXCP)
	return kubecontrol.DecodeBool(value)
}

// CACertificate is the cluster's CA certificate, PEM, from the masters' secret; nil if this unit can read none.
func (f Facts) CACertificate(endpoint string, relation kubecontrol.RelationID) *string {
	rel, _ := f.run.first(endpoint, relation)
	return f.run.caCertificate(rel)
}

// Credential finds the tokens for a user: of the relation with the lowest id that has a complete entry for it, one
// scoped to this unit before any other. The user's name is compared as Kubernetes compares it, the exact text first.
func (f Facts) Credential(endpoint string, relation kubecontrol.RelationID, user string) (kubecontrol.Credential, bool) {
	var best kubecontrol.Credential
	found := false
	for _, rel := range f.run.view.RelationsOf(endpoint) {
		if relation != "" && rel.ID != relation {
			continue
		}
		c, ok := lookUp(f.run.merged(rel), user)
		if ok && (!found || c.Scope == f.run.view.Unit && best.Scope != f.run.view.Unit) {
			best, found = c, true
		}
	}
	return best, found
}

func lookUp(creds kubecontrol.Creds, user string) (kubecontrol.Credential, bool) {
	if c, ok := creds[user]; ok && c.Complete() {
		return c, true
	}
	for _, other := range creds.Users() {
		if c := creds[other]; c.Complete() && kubecontrol.NormalUser(other) == kubecontrol.NormalUser(user) {
			return c, true
		}
	}
	return kubecontrol.Credential{}, false
}

// State is the kept state as the evaluation leaves it.
func (f Facts) State() State { return f.run.state }

// View is the view as the evaluation saw it: without the unit that departs, relations and members in order.
func (f Facts) View() View { return f.run.view }

// Verdicts lists the verdicts of one endpoint that are wanted, by relation and unit number.
func (f Facts) Verdicts(endpoint string, wanted func(Verdict) bool) []Verdict {
	return f.run.judged(endpoint, wanted)
}

// Verdict is that of a joined unit.
func (f Facts) Verdict(relation kubecontrol.RelationID, u kubecontrol.Unit) Verdict {
	return f.run.verdict(relation, u)
}

// Published are the credentials that this unit publishes on a master's relation.
func (f Facts) Published(relation kubecontrol.RelationID) kubecontrol.Creds {
	return f.run.creds[relation]
}

// Merged are the credentials that the masters of a worker's relation publish, as they stand on the wire.
func (f Facts) Merged(rel Relation) kubecontrol.Creds { return f.run.onWire(rel) }

// First is the relation of an endpoint that single values come from; false if no relation has a member.
func (f Facts) First(endpoint string) (Relation, bool) { return f.run.first(endpoint, "") }
