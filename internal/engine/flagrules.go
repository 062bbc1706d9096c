package engine

import (
	"fmt"
	"slices"

	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// FlagRule is the rule of one computed flag of an endpoint. Evaluation, explain and the tables of docs/protocol.md
// use it.
type FlagRule struct {
	Flag string // behind the endpoint's name
	Role kubecontrol.Role
	Rule string // the condition: "a worker is joined"
	Key  string // the key that decides, "" for none
	// Command makes a master publish the key: "set-cluster-tag TAG"; "" where no value decides.
	Command string
	holds   func(r *run, endpoint string) bool
}

// FlagRules are the rules of both roles, in the order of flags.OfMaster and flags.OfWorker.
func FlagRules() []FlagRule { return slices.Concat(masterRules(), workerRules()) }

func masterRules() []FlagRule {
	rules := []FlagRule{
		{Flag: flags.Connected, Rule: "a worker is joined", holds: (*run).connected},
		{Flag: flags.GPUAvailable, Rule: "a joined worker's gpu is exactly True", Key: kubecontrol.KeyGPU, holds: (*run).hasGPU},
		{
			Flag: flags.AuthRequested, Key: kubecontrol.KeyKubeletUser, holds: (*run).awaitsSignature,
			Rule: "a joined worker's request can be served and waits to be signed: it has no entry, its group has changed, or a " +
				"rotation is due. A unit that does not lead publishes no creds, so there it stays set: combine it with leadership.is_leader",
		},
		{
			Flag: flags.Departed, Rule: "a worker has left since the last flush-departed",
			holds: func(r *run, endpoint string) bool { return len(r.state.Departed[endpoint]) > 0 },
		},
		{
			Flag: flags.RequestsChanged, Rule: "the list of requests (unit, user, group) differs from the one at the last flags clear of it",
			holds: func(r *run, endpoint string) bool { return mark(r.requests(endpoint)) != r.state.Requests[endpoint] },
		},
	}
	for i := range rules {
		rules[i].Role = kubecontrol.Master
	}
	return rules
}

func workerRules() []FlagRule {
	const single, list = "a joined master's %s is not empty", "at least one entry in a joined master's %s parses"
	rules := []FlagRule{
		{Flag: flags.Connected, Rule: "a master is joined", holds: (*run).connected},
		{
			Flag: flags.DNSAvailable, Rule: "a joined master's enable-kube-dns is not empty; False counts too, because then there is nothing to wait for",
			Key: kubecontrol.KeyEnableKubeDNS, Command: "set-dns 53 cluster.local ADDRESS", holds: given(Relation.hasValue, kubecontrol.KeyEnableKubeDNS),
		},
		{Flag: flags.AuthAvailable, Rule: "the merged creds hold at least one well-formed entry", Key: kubecontrol.KeyCreds, holds: (*run).hasCreds},
		{
			Flag: flags.AuthReady, Rule: "the merged creds hold an entry with a token for the user that this unit asks for, scoped to this unit",
			Key: kubecontrol.KeyCreds, holds: (*run).hasOwnCreds,
		},
		ofValue(flags.ClusterTagAvailable, single, kubecontrol.KeyClusterTag, Relation.hasValue),
		ofValue(flags.RegistryLocationAvailable, single, kubecontrol.KeyRegistryLocation, Relation.hasValue),
		ofValue(flags.ControllerTaintsAvailable, list, kubecontrol.KeyTaints, Relation.hasList),
		ofValue(flags.ControllerLabelsAvailable, list, kubecontrol.KeyLabels, Relation.hasList),
		ofValue(flags.APIEndpointsAvailable, list, kubecontrol.KeyAPIEndpoints, Relation.hasList),
		{
			Flag: flags.CohortKeysAvailable, Rule: "a joined master's cohort-keys is a JSON object that is not empty", Key: kubecontrol.KeyCohortKeys,
			Command: "set-cohort-keys (JSON on standard input)",
			holds:   given(func(rel Relation, _ string) bool { return len(rel.cohortKeys()) > 0 }, ""),
		},
		ofValue(flags.DefaultCNIAvailable, "a joined master's %s is a JSON string; the empty one counts too", kubecontrol.KeyDefaultCNI,
			func(rel Relation, _ string) bool { return rel.defaultCNI() != nil }),
		{
			Flag: flags.CACertificateAvailable, Rule: "a joined master names the secret with the CA certificate, and this unit can read it",
			Key: kubecontrol.KeyCASecretID, Command: "set-ca-certificate FILE",
			holds: func(r *run, endpoint string) bool {
				first, _ := r.first(endpoint, "")
				return r.caCertificate(first) != nil
			},
		},
	}
	for i := range rules {
		rules[i].Role = kubecontrol.Worker
	}
	return rules
}

// ofValue is the rule of a flag that a value with a simple set command decides. The rule's %s is the value's key.
func ofValue(flag, rule, key string, has func(Relation, string) bool) FlagRule {
	command := ""
	for _, k := range kubecontrol.Keys() {
		if k.Name == key {
			command = "set-" + k.Command + " " + k.Usage()
		}
	}
	return FlagRule{Flag: flag, Rule: fmt.Sprintf(rule, key), Key: key, Command: command, holds: given(has, key)}
}

// given is a predicate of the relation that single values come from.
func given(has func(Relation, string) bool, key string) func(*run, string) bool {
	return func(r *run, endpoint string) bool {
		first, _ := r.first(endpoint, "")
		return has(first, key)
	}
}

func (rel Relation) hasValue(key string) bool { value, _ := rel.Value(key); return value != "" }

func (rel Relation) hasList(key string) bool { return len(rel.list(key)) > 0 }

// connected reports whether a unit is joined.
func (r *run) connected(endpoint string) bool {
	return slices.ContainsFunc(r.view.RelationsOf(endpoint), func(rel Relation) bool { return len(rel.Members) > 0 })
}

func (r *run) hasGPU(endpoint string) bool { return Facts{r}.GPU(endpoint, "") }

// awaitsSignature reports whether a request that can be served waits.
func (r *run) awaitsSignature(endpoint string) bool {
	return slices.ContainsFunc(r.requests(endpoint), func(q Request) bool { return q.Pending })
}

func (r *run) hasCreds(endpoint string) bool {
	return slices.ContainsFunc(r.view.RelationsOf(endpoint), func(rel Relation) bool { return len(r.onWire(rel)) > 0 })
}

// hasOwnCreds reports whether a relation gives this unit what it asks for there.
func (r *run) hasOwnCreds(endpoint string) bool {
	return slices.ContainsFunc(r.view.RelationsOf(endpoint), func(rel Relation) bool {
		user := r.bags[rel.ID][kubecontrol.KeyKubeletUser]
		c := r.withToken(r.onWire(rel)[user])
		return user != "" && r.isOurs(c.Scope) && c.Complete()
	})
}

// updateFlags computes all flags of all endpoints, from nothing but the view and the state.
func (r *run) updateFlags() {
	r.state.Flags = flags.Set{}
	r.state.Flags.Put(flags.IsLeader, r.view.Leader)
	for _, e := range r.view.Endpoints {
		for _, rule := range FlagRules() {
			if rule.Role == e.Role {
				r.state.Flags.Put(flags.Name(e.Name, rule.Flag), rule.holds(r, e.Name))
			}
		}
	}
}

// notePeerData notes the peers' data that this unit does not use, and each request for a user that another unit holds.
func (r *run) notePeerData() {
	for _, e := range r.view.Endpoints {
		if e.Role == kubecontrol.Worker {
			for _, rel := range r.view.RelationsOf(e.Name) {
				r.noteUnusable(rel)
			}
		}
	}
	for _, v := range r.requestFacts().verdicts {
		if v.Contested() {
			r.noteFor(v.Relation, v.Unit, "%s asks for the user of %s", v.Unit, v.Holder)
		}
	}
}
