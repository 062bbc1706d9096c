package engine

import (
	"slices"

	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Answers is what can be asked of a view: the getters of the interface. They see what a hook's flags see.
type Answers struct{ run *run }

// Ask evaluates a view for its getters alone.
func Ask(st State, v View) Answers {
	r := newRun(st, Look{}, v)
	_ = r.evaluate() // a Look is never refused
	return Answers{run: r}
}

// Status is the workload status to set, as v has the present one and what the policy says of its own work; false if it
// stands already or is not ours to set.
func (a Answers) Status(v View) (SetStatus, bool) {
	r := *a.run
	r.view.SetStatus, r.view.Status, r.view.Planned = v.SetStatus, v.Status, v.Planned
	r.view.Proposed, r.view.RequireWorkers = v.Proposed, v.RequireWorkers
	return r.status()
}

// Flags are all flags that are set: the computed ones and those of the author.
func (a Answers) Flags() flags.Set { return a.run.state.Flags.Union(a.run.state.Author) }

// Requests lists the units that ask a master endpoint for credentials, by relation id, then by unit number. A request
// for a user that another unit holds is not among them. With a relation it lists that one's.
func (a Answers) Requests(endpoint string, relation kubecontrol.RelationID) []Request {
	var list []Request
	for _, q := range a.run.requests(endpoint) {
		if relation == "" || q.Relation == relation {
			list = append(list, q)
		}
	}
	return list
}

// Refused lists the requests of a master endpoint that are not signed, with the reasons: those for a user that another
// unit holds, those that the charm's policy refuses, and those that were revoked.
func (a Answers) Refused(endpoint string, relation kubecontrol.RelationID) []Refusal {
	return slices.DeleteFunc(a.run.refusals(endpoint), func(f Refusal) bool { return relation != "" && f.Relation != relation })
}

// Asking lists all requests of a master endpoint: what Requests does, and then those for a user that another unit holds or
// has asked for before. Contested is false where there are none of these.
func (a Answers) Asking(endpoint string) (all []Request, contested bool) {
	all = a.run.requests(endpoint)
	for _, v := range a.run.judged(endpoint, verdict.contested) {
		all, contested = append(all, v.Request), true
	}
	return all, contested
}

// Signed lists what this unit publishes on a master endpoint, by relation id, then by user; the tokens of a secret are
// there where this run has read it.
func (a Answers) Signed(endpoint string) []Signed {
	var list []Signed
	for _, rel := range a.run.view.relationsOf(endpoint) {
		creds := a.run.creds[rel.ID]
		for _, user := range creds.Users() {
			s := Signed{Relation: rel.ID, User: user, Credential: creds[user]}
			if own := a.run.view.Secrets.Own[kubecontrol.CredsLabel(user)]; s.SecretID != "" && own != nil && own.Content != nil {
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
func (a Answers) Revoked(endpoint string) []Request {
	var list []Request
	for _, v := range a.run.standing(endpoint, requestRevoked) {
		list = append(list, v.Request)
	}
	return list
}

// Members lists who is joined on an endpoint, by relation.
func (a Answers) Members(endpoint string) map[kubecontrol.RelationID][]kubecontrol.Unit {
	members := map[kubecontrol.RelationID][]kubecontrol.Unit{}
	for _, rel := range a.run.view.relationsOf(endpoint) {
		members[rel.ID] = rel.Members
	}
	return members
}

// GPU reports whether a joined worker says that it has one.
func (a Answers) GPU(endpoint string, relation kubecontrol.RelationID) bool {
	for _, rel := range a.run.view.relationsOf(endpoint) {
		for _, u := range rel.Members {
			if (relation == "" || rel.ID == relation) && a.run.state.Seen[rel.ID][u].GPU {
				return true
			}
		}
	}
	return false
}

// DNS is what the masters of a worker's endpoint say, all fields nil if nothing.
func (a Answers) DNS(endpoint string, relation kubecontrol.RelationID) DNS {
	rel, _ := a.run.first(endpoint, relation)
	return rel.dns()
}

// Value is one single value of the masters, nil if none gives it.
func (a Answers) Value(endpoint string, relation kubecontrol.RelationID, key string) *string {
	rel, _ := a.run.first(endpoint, relation)
	return rel.optional(key)
}

// List is a list that the masters give: api-endpoints, taints or labels; never nil. Entries that do not parse are left
// out.
func (a Answers) List(endpoint string, relation kubecontrol.RelationID, key string) []string {
	rel, _ := a.run.first(endpoint, relation)
	if list := rel.list(key); list != nil {
		return list
	}
	return []string{}
}

// CohortKeys are the snaps' cohort keys, nil if the masters give none.
func (a Answers) CohortKeys(endpoint string, relation kubecontrol.RelationID) map[string]string {
	rel, _ := a.run.first(endpoint, relation)
	return rel.cohortKeys()
}

// DefaultCNI is the name of the default CNI, which may be empty; nil if the masters do not say.
func (a Answers) DefaultCNI(endpoint string, relation kubecontrol.RelationID) *string {
	rel, _ := a.run.first(endpoint, relation)
	return rel.defaultCNI()
}

// HasXCP reports whether the cluster has an external cloud provider; false if the masters do not say.
func (a Answers) HasXCP(endpoint string, relation kubecontrol.RelationID) bool {
	rel, _ := a.run.first(endpoint, relation)
	value, _ := rel.value(kubecontrol.KeyHasXCP)
	return kubecontrol.DecodeBool(value)
}

// CACertificate is the cluster's CA certificate, PEM, from the masters' secret; nil if there is none to be read.
func (a Answers) CACertificate(endpoint string, relation kubecontrol.RelationID) *string {
	rel, _ := a.run.first(endpoint, relation)
	return a.run.caCertificate(rel)
}

// Readiness says what a worker's endpoint waits for, in the words of the status; "" if for nothing: DNS is settled, and
// the credentials that this unit asked for, if it did, are there.
func (a Answers) Readiness(endpoint string) string { return a.run.workerStatus(endpoint).Message }

// Credential finds the tokens for a user: of the relation with the lowest id that has a complete entry for it, one
// scoped to this unit before any other. The user's name is compared as Kubernetes compares it, the exact text first.
func (a Answers) Credential(endpoint string, relation kubecontrol.RelationID, user string) (kubecontrol.Credential, bool) {
	var best kubecontrol.Credential
	found := false
	for _, rel := range a.run.view.relationsOf(endpoint) {
		if relation != "" && rel.ID != relation {
			continue
		}
		c, ok := lookUp(a.run.merged(rel), user)
		if ok && (!found || c.Scope == a.run.view.Unit && best.Scope != a.run.view.Unit) {
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
