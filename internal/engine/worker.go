package engine

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// DNS is what the master says of the cluster's DNS, as wire text. A nil field is absent.
type DNS struct {
	Domain *string
	// PrivateAddress is that of the master unit that gave the domain, or its ingress-address where Juju gives no
	// private-address any more.
	PrivateAddress *string
	SDNIP          *string
	Port           *string
	EnableKubeDNS  *string
}

// first is the relation that single values come from: the lowest id that has a joined master.
func (r *run) first(endpoint string, only kubecontrol.RelationID) (Relation, bool) {
	for _, rel := range r.view.RelationsOf(endpoint) {
		if (only == "" || rel.ID == only) && len(rel.Members) > 0 {
			return rel, true
		}
	}
	return Relation{}, false
}

// Value is a single value with the unit that gives it: the first unit, by number, whose value is not empty.
func (rel Relation) Value(key string) (string, kubecontrol.Unit) {
	for _, u := range rel.Members {
		if value := rel.Remote[u][key]; value != "" {
			return value, u
		}
	}
	return "", ""
}

// usable is the first value that can be read. An unreadable value does not hide another unit's.
func (rel Relation) usable(key string, ok func(string) bool) (string, bool) {
	for _, u := range rel.Members {
		if value := rel.Remote[u][key]; value != "" && ok(value) {
			return value, true
		}
	}
	return "", false
}

// list is a merged list, without the entries that do not parse. api-endpoints of all masters are united and sorted; of
// the others the first master's list counts.
func (rel Relation) list(key string) []string {
	if key != kubecontrol.KeyAPIEndpoints {
		value, _ := rel.usable(key, func(value string) bool {
			return strings.HasPrefix(strings.TrimSpace(value), "[") && json.Valid([]byte(value))
		})
		list, _ := kubecontrol.DecodeList(key, value)
		return list
	}
	var lists [][]string
	for _, u := range rel.Members {
		list, _ := kubecontrol.DecodeList(key, rel.Remote[u][key])
		lists = append(lists, list)
	}
	return kubecontrol.UniteEndpoints(lists...)
}

// cohortKeys are nil where no master gives an object.
func (rel Relation) cohortKeys() map[string]string {
	value, _ := rel.usable(kubecontrol.KeyCohortKeys, func(value string) bool { return kubecontrol.DecodeObject(value) != nil })
	return kubecontrol.DecodeObject(value)
}

// defaultCNI is nil where no master gives a JSON string; the empty one is a value.
func (rel Relation) defaultCNI() *string {
	isText := func(value string) bool { _, ok := kubecontrol.DecodeText(value); return ok }
	value, ok := rel.usable(kubecontrol.KeyDefaultCNI, isText)
	if !ok {
		return nil
	}
	text, _ := kubecontrol.DecodeText(value)
	return &text
}

// noteUnusable notes the lists of masters that have entries which are left out.
func (r *run) noteUnusable(rel Relation) {
	for _, u := range rel.Members {
		for _, key := range []string{kubecontrol.KeyAPIEndpoints, kubecontrol.KeyTaints, kubecontrol.KeyLabels} {
			if _, err := kubecontrol.DecodeList(key, rel.Remote[u][key]); err != nil {
				r.noteFor(rel.ID, u, "%s of %s on %s %v", key, u, rel.ID, err)
			}
		}
	}
}

// optional is the merged value of a key, nil where no master gives one.
func (rel Relation) optional(key string) *string {
	if value, _ := rel.Value(key); value != "" {
		return &value
	}
	return nil
}

func (rel Relation) dns() DNS {
	d := DNS{
		Domain:        rel.optional(kubecontrol.KeyDomain),
		SDNIP:         rel.optional(kubecontrol.KeySDNIP),
		Port:          rel.optional(kubecontrol.KeyPort),
		EnableKubeDNS: rel.optional(kubecontrol.KeyEnableKubeDNS),
	}
	if _, giver := rel.Value(kubecontrol.KeyDomain); giver != "" {
		address := rel.Remote[giver][kubecontrol.KeyPrivateAddress]
		if address == "" {
			address = rel.Remote[giver][kubecontrol.KeyIngressAddress]
		}
		if address != "" {
			d.PrivateAddress = &address
		}
	}
	return d
}

// merged are the credentials that the masters of one relation publish, merged for this unit, with the tokens of its own
// secrets.
func (r *run) merged(rel Relation) kubecontrol.Creds {
	creds := maps.Clone(r.onWire(rel))
	for user, c := range creds {
		creds[user] = r.withToken(c)
	}
	return creds
}

// withToken is a credential with the tokens of its secret, where this unit has read it.
func (r *run) withToken(c kubecontrol.Credential) kubecontrol.Credential {
	if content := r.view.Secrets.Read[c.SecretID]; content != nil && c.SecretID != "" {
		return c.With(content)
	}
	return c
}

// onWire is the same as it stands in the bags. The first call merges them and notes the bags and entries that it leaves out.
func (r *run) onWire(rel Relation) kubecontrol.Creds {
	if creds, known := r.given[rel.ID]; known {
		return creds
	}
	var all []kubecontrol.Creds
	for _, u := range rel.Members {
		creds, err := r.view.Creds.Read(rel.Remote[u][kubecontrol.KeyCreds])
		if err != nil {
			r.noteFor(rel.ID, u, "creds of %s on %s are not used: %v", u, rel.ID, err)
		}
		if reason := rel.Refused[u]; reason != "" {
			r.noteFor(rel.ID, u, "the bag of %s on %s is not used: it %s", u, rel.ID, reason)
		}
		all = append(all, creds)
	}
	r.given[rel.ID] = kubecontrol.MergeCreds(r.view.Unit, all)
	return r.given[rel.ID]
}

// schema tells the master whether this unit reads its credentials from a secret; a worker that asks for none says
// nothing. A Python peer's text with the same meaning stays.
func (r *run) schema(rel Relation) {
	reason, supported := r.view.Secrets.Reason, r.view.Secrets.Supported
	if len(rel.Members) > 0 && strings.HasPrefix(rel.Members[0].App(), "remote-") {
		reason, supported = "a master of another model can't grant its secrets here", false
	}
	bag := r.bags[rel.ID]
	asks := bag[kubecontrol.KeyKubeletUser] != ""
	value := ""
	switch {
	case asks && r.policy.Schemas == "1":
		value = "[1]" // never in clear, even if the master cannot serve that
	case asks && supported && r.policy.Schemas != "0":
		value = kubecontrol.SchemaVers
	}
	if r.policy.Schemas != "" || (value != "") != kubecontrol.ReadRequest(bag).Secrets {
		r.put(rel.ID, kubecontrol.KeySchemaVers, value, "credentials may come in a secret")
	}
	arises := r.hook.Kind == Joined && r.hook.Relation == rel.ID && !r.hook.Again || bag[kubecontrol.KeyKubeletUser] != rel.Local[kubecontrol.KeyKubeletUser]
	if asks && !supported && arises && r.policy.Schemas != "1" {
		r.note(Info, "credentials come in clear on %s: %s", rel.ID, reason)
	}
}
