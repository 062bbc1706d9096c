package chaos

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/jujusim/model"
)

// entry is one credential as it stands on the wire.
type entry struct {
	Scope    string `json:"scope"`
	Kubelet  string `json:"kubelet_token"`
	SecretID string `json:"secret-id"`
}

// judge lists what is wrong with a cluster at rest:
//
//   - no unit is in error
//   - each living worker asks for a user, and if policy allows it is served: a master publishes its entry, in clear or in
//     a secret that is granted to it, and each living master accepts its token; of several that share a user one is served
//   - nobody else stands on the wire or in a token file
func (c *cluster) judge() []string {
	var wrong []string
	for _, unit := range sorted(c.model.Units) {
		if u := c.model.Units[unit]; u.Agent.Status == "error" {
			wrong = append(wrong, fmt.Sprintf("%s is in error: %s", unit, u.Agent.Message))
		}
	}
	alive := c.living(masters)
	if len(alive) == 0 {
		return wrong
	}
	asking := map[string][]string{} // by user, the living workers that policy allows
	served := map[string]int{}
	for _, id := range sorted(c.model.Relations) {
		r := c.model.Relations[id]
		if r.Side(masters) == nil {
			continue // of a subordinate with its principal
		}
		for _, unit := range c.workersOf(r) {
			user, group := c.asks(r, unit)
			if user == "" {
				wrong = append(wrong, unit+" asks for nothing")
			}
			if c.allows(group) {
				asking[user] = append(asking[user], unit)
			}
			ok, problem := c.served(r, unit)
			if ok {
				served[user]++
			}
			if problem != "" {
				wrong = append(wrong, fmt.Sprintf("%s: %s", unit, problem))
			}
		}
		for _, master := range sorted(r.Side(masters).Units) {
			for user, e := range c.creds(r, master) {
				if !slices.ContainsFunc(c.workersOf(r), func(unit string) bool { return r.Seen(masters, unit) == e.Scope }) {
					wrong = append(wrong, fmt.Sprintf("%s publishes %s for %s, which is not there", master, user, e.Scope))
				}
			}
		}
	}
	for _, user := range sorted(asking) {
		if served[user] == 0 {
			wrong = append(wrong, fmt.Sprintf("%v live, ask for %s, and are not served", asking[user], user))
		}
	}
	for _, user := range sorted(served) {
		if served[user] > 1 {
			wrong = append(wrong, fmt.Sprintf("%d units are served as %s", served[user], user))
		}
	}
	for _, master := range alive {
		for _, row := range c.rows(master) {
			owner := strings.Split(strings.TrimPrefix(row[2], "kube-control:"), "/") // RELATION/APP/N/ROLE
			if len(owner) == 4 && !c.isWorker(owner[0], owner[1]+"/"+owner[2]) {
				wrong = append(wrong, fmt.Sprintf("%s accepts %s of %s/%s, which is not there", master, row[1], owner[1], owner[2]))
			}
		}
	}
	return wrong
}

// living are an application's units that are not being removed.
func (c *cluster) living(app string) []string {
	a := c.model.Apps[app]
	if a == nil || a.Dying {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(a.Units), func(unit string) bool { return c.model.Units[unit].Dying })
}

// workersOf are the living workers of a living relation with the masters.
func (c *cluster) workersOf(r *model.Relation) []string {
	if r.Peer() || r.Dying || r.Side(masters) == nil {
		return nil
	}
	return c.living(r.Remote(masters).App)
}

func (c *cluster) isWorker(relation, unit string) bool {
	for _, r := range c.model.Relations {
		for _, worker := range c.workersOf(r) {
			if strings.HasSuffix(relation, fmt.Sprintf(":%d", r.ID)) && r.Seen(masters, worker) == unit {
				return true
			}
		}
	}
	return false
}

// asks is what a worker's databag asks for.
func (c *cluster) asks(r *model.Relation, unit string) (user, group string) {
	member := r.Remote(masters).Units[unit]
	if member == nil {
		return "", ""
	}
	return member.Settings["kubelet_user"], member.Settings["auth_group"]
}

func (c *cluster) allows(group string) bool {
	groups, _ := c.model.Config(masters)["allowed-groups"].(string)
	return slices.Contains(strings.Fields(groups), group)
}

// creds are the entries that a master publishes on a relation.
func (c *cluster) creds(r *model.Relation, master string) map[string]entry {
	var creds map[string]entry
	if member := r.Side(masters).Units[master]; member != nil && member.Scope == model.InScope {
		_ = json.Unmarshal([]byte(member.Settings["creds"]), &creds)
	}
	return creds
}

// served reports whether a worker has tokens that every living master accepts, and what is wrong if it has others.
func (c *cluster) served(r *model.Relation, unit string) (bool, string) {
	user, _ := c.asks(r, unit)
	for _, master := range c.living(masters) {
		e, ok := c.creds(r, master)[user]
		if !ok || e.Scope != r.Seen(masters, unit) {
			continue
		}
		token := e.Kubelet
		if e.SecretID != "" {
			s := c.model.Secrets[e.SecretID[strings.LastIndexAny(e.SecretID, ":/")+1:]]
			if s == nil || !slices.ContainsFunc(s.Grants, func(g model.Grant) bool { return g.Subject == unit }) {
				return false, "its secret " + e.SecretID + " is gone or not granted to it"
			}
			text, err := base64.StdEncoding.DecodeString(s.Revisions[len(s.Revisions)-1].Content["kubelet-token"])
			if err != nil {
				return false, err.Error()
			}
			token = string(text)
		}
		for _, other := range c.living(masters) {
			if !slices.ContainsFunc(c.rows(other), func(row []string) bool { return row[0] == token && row[1] == user }) {
				return false, other + " does not accept its token"
			}
		}
		return true, ""
	}
	return false, ""
}

// rows are a master's token file.
func (c *cluster) rows(master string) [][]string {
	f, err := os.Open(filepath.Join(c.charmDir(master), "known_tokens.csv"))
	if err != nil {
		return nil
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	rows, _ := r.ReadAll()
	return rows
}
