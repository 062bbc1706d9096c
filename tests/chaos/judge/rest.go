package judge

import (
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/jujusim/model"
)

// AtRest lists what is wrong with a model at rest, beside what is always wrong:
//
//   - a unit is in error
//   - a living worker asks for nothing, or it is allowed and not served; of several that ask for one user, one is served
//   - a master that does not lead publishes credentials, or a master publishes some for a unit that is not there
//   - a master accepts a unit that is not there, or not exactly what the worker has on the wire and in its files
//   - a worker without a relation, or one that is not served, has files with tokens that a master accepts
//   - a worker that is served has a kubeconfig in a folder that its option does not name
//   - a flag or a status is not as the documents have it
//   - a secret with tokens has lost its unit, or keeps more than two revisions
func (s Scene) AtRest() []string {
	wrong := s.Always()
	for _, unit := range slices.Sorted(maps.Keys(s.Model.Units)) {
		if u := s.Model.Units[unit]; u.Agent.Status == "error" {
			wrong = append(wrong, fmt.Sprintf("%s is in error: %s", unit, u.Agent.Message))
		}
	}
	if len(s.living(s.Masters)) == 0 {
		return wrong
	}
	wrong = append(wrong, s.allServed()...)
	wrong = append(wrong, s.published()...)
	wrong = append(wrong, s.acceptedMembers()...)
	wrong = append(wrong, s.withoutRelation()...)
	wrong = append(wrong, s.says()...)
	return append(wrong, s.secrets()...)
}

// allServed says which workers do not have what they are to have.
func (s Scene) allServed() []string {
	var wrong []string
	asking, served := map[string][]string{}, map[string]int{} // by user
	for _, r := range s.relations() {
		for _, unit := range s.workersOf(r) {
			user, group := s.asks(r, unit)
			mute := s.Mute(model.AppOf(unit))
			if user == "" && !mute {
				wrong = append(wrong, unit+" asks for nothing")
			}
			if s.allows(group) && !mute && !s.Revoked[unit] {
				asking[normal(user)] = append(asking[normal(user)], unit)
			}
			as, tokens, problem := s.onWire(r, unit, user)
			if problem != "" {
				wrong = append(wrong, unit+": "+problem)
			}
			switch {
			case tokens != nil && s.Barred[unit]:
				wrong = append(wrong, unit+" is served, and its request was revoked")
			case tokens != nil:
				served[normal(as)]++
				wrong = append(wrong, s.accepted(r, unit, as, tokens)...)
			case !mute:
				wrong = append(wrong, s.notServed(unit)...)
			}
		}
	}
	for _, user := range slices.Sorted(maps.Keys(asking)) {
		if served[user] == 0 {
			wrong = append(wrong, fmt.Sprintf("%v live, ask for %s, and are not served", asking[user], user))
		}
	}
	for _, user := range slices.Sorted(maps.Keys(served)) {
		if served[user] > 1 {
			wrong = append(wrong, fmt.Sprintf("%d units are served as %s", served[user], user))
		}
	}
	return wrong
}

// normal is a user as users are compared: node names are in lower case.
func normal(user string) string {
	if node, ok := strings.CutPrefix(user, "system:node:"); ok {
		return "system:node:" + strings.ToLower(node)
	}
	return user
}

// asks is what a worker's databag asks for.
func (s Scene) asks(r *model.Relation, unit string) (user, group string) {
	member := r.Remote(s.Masters).Units[unit]
	if member == nil {
		return "", ""
	}
	group = member.Settings["auth_group"]
	if group == "" {
		group = "system:nodes"
	}
	return member.Settings["kubelet_user"], group
}

func (s Scene) allows(group string) bool {
	groups, _ := s.Model.Config(s.Masters)["allowed-groups"].(string)
	return slices.Contains(strings.Fields(groups), group)
}

// onWire are the tokens that the leader publishes for a worker, and their user; nil if there are none. A unit that asks for
// another user and is refused keeps what it has.
func (s Scene) onWire(r *model.Relation, unit, asked string) (user string, tokens map[string]string, problem string) {
	creds := s.creds(r, s.Model.Apps[s.Masters].Leader)
	for _, user := range append([]string{asked}, slices.Sorted(maps.Keys(creds))...) {
		if e, ok := creds[user]; ok && e.Scope == r.Seen(s.Masters, unit) {
			tokens, problem = s.tokens(e, unit)
			return user, tokens, problem
		}
	}
	return "", nil, ""
}

// accepted says where the files of masters and worker differ from the wire. A master lists each token of the worker with
// the one that follows it in a rotation, which nobody has yet.
func (s Scene) accepted(r *model.Relation, unit, user string, tokens map[string]string) []string {
	var wrong []string
	if s.HasFiles(model.AppOf(unit)) {
		wrong = append(wrong, s.strays(unit)...)
		// A unit that asked for another user before it read its credentials has no files of the user that it was given.
		asked, _ := s.asks(r, unit)
		if held, _ := s.held(unit); !maps.Equal(held, tokens) && (len(held) > 0 || asked == user) {
			wrong = append(wrong, fmt.Sprintf("%s holds %v in its files, and not what the wire has: %v", unit, roles(held), roles(tokens)))
		}
	}
	users := map[string]string{"kubelet": normal(user), "proxy": "system:kube-proxy"}
	for _, master := range s.living(s.Masters) {
		rows, _ := s.rows(master)
		count, found := map[string]int{}, map[string]bool{}
		for _, row := range rows {
			relation, seen, role, _ := row.owner()
			if relation != s.relationID(r) || seen != r.Seen(s.Masters, unit) {
				continue
			}
			if count[role]++; tokens[role] == row.token {
				found[role] = true
			}
			if want := users[role]; want != "" && row.user != want {
				wrong = append(wrong, fmt.Sprintf("%s accepts the %s token of %s for %s", master, role, unit, row.user))
			}
		}
		for role := range tokens {
			// The administrator's row is not the unit's own.
			if !found[role] && !slices.ContainsFunc(rows, func(row row) bool { return row.token == tokens[role] }) {
				wrong = append(wrong, fmt.Sprintf("%s does not accept the %s token of %s", master, role, unit))
			}
			if found[role] && count[role] != 2 {
				wrong = append(wrong, fmt.Sprintf("%s lists %d %s tokens of %s, not one and the next", master, count[role], role, unit))
			}
		}
	}
	return wrong
}

// roles are the roles of tokens, for messages, which show no token.
func roles(tokens map[string]string) []string { return slices.Sorted(maps.Keys(tokens)) }

// notServed says which tokens in the files of a worker that is not served a master accepts.
func (s Scene) notServed(unit string) []string {
	if !s.HasFiles(model.AppOf(unit)) {
		return nil
	}
	var wrong []string
	held, _ := s.held(unit)
	for _, master := range s.living(s.Masters) {
		rows, _ := s.rows(master)
		for role, token := range held {
			if slices.ContainsFunc(rows, func(r row) bool { return r.token == token }) {
				wrong = append(wrong, fmt.Sprintf("%s is not served, and %s accepts its %s token", unit, master, role))
			}
		}
	}
	return wrong
}

// published says who publishes credentials and must not, and for whom.
func (s Scene) published() []string {
	var wrong []string
	for _, r := range s.relations() {
		for _, master := range s.living(s.Masters) {
			creds := s.creds(r, master)
			if len(creds) > 0 && master != s.Model.Apps[s.Masters].Leader {
				wrong = append(wrong, master+" does not lead, and publishes credentials")
			}
			for _, user := range slices.Sorted(maps.Keys(creds)) {
				if scope := creds[user].Scope; !s.isWorker(s.relationID(r), scope) {
					wrong = append(wrong, fmt.Sprintf("%s publishes %s for %s, which is not there", master, user, scope))
				}
			}
		}
	}
	return wrong
}

// relationID is a relation's ID as masters see it.
func (s Scene) relationID(r *model.Relation) string {
	return fmt.Sprintf("%s:%d", r.Side(s.Masters).Endpoint, r.ID)
}

// acceptedMembers says which rows are of units that are not there, and for which users no row may be.
func (s Scene) acceptedMembers() []string {
	var wrong []string
	for _, master := range s.living(s.Masters) {
		rows, _ := s.rows(master)
		for _, row := range rows {
			relation, unit, role, own := row.owner()
			switch {
			case !own:
			case !s.isWorker(relation, unit):
				wrong = append(wrong, fmt.Sprintf("%s accepts %s of %s, which is not there", master, row.user, unit))
			case role == "kubelet" && !strings.HasPrefix(row.user, "system:node:") && row.user != unit:
				wrong = append(wrong, fmt.Sprintf("%s accepts %s, which asked for the user %q", master, unit, row.user))
			case role == "kubelet" && !s.Groups[row.groups]:
				wrong = append(wrong, fmt.Sprintf("%s accepts %s in the groups %q", master, unit, row.groups))
			}
		}
	}
	return wrong
}

// withoutRelation says which ready workers have files, and no relation with the masters.
func (s Scene) withoutRelation() []string {
	related := map[string]bool{}
	for _, r := range s.relations() {
		for _, unit := range s.workersOf(r) {
			related[unit] = true
		}
	}
	var wrong []string
	for _, unit := range slices.Sorted(maps.Keys(s.Model.Units)) {
		app := model.AppOf(unit)
		if app == s.Masters || !s.HasFiles(app) {
			continue
		}
		if related[unit] {
			continue
		}
		wrong = append(wrong, s.strays(unit)...)
		if held, _ := s.held(unit); len(held) > 0 {
			wrong = append(wrong, fmt.Sprintf("%s has no relation with the masters, and has files of %v", unit, roles(held)))
		}
	}
	return wrong
}

// strays are the kubeconfigs of a worker in folders that its option does not name.
func (s Scene) strays(unit string) []string {
	var wrong []string
	_ = filepath.WalkDir(s.Dir(unit), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !slices.Contains(slices.Collect(maps.Values(files())), d.Name()) {
			return nil //nolint:nilerr // a folder that is not there has no strays
		}
		if filepath.Dir(path) != s.path(unit, "kubeconfig-dir") {
			wrong = append(wrong, fmt.Sprintf("%s has left %s behind", unit, strings.TrimPrefix(path, s.Dir(unit))))
		}
		return nil
	})
	return wrong
}

// secrets says which secrets with tokens are of units that are not there, or keep what nobody reads.
func (s Scene) secrets() []string {
	var wrong []string
	for _, secret := range s.credentials() {
		there := slices.ContainsFunc(s.relations(), func(r *model.Relation) bool { return s.isWorker(s.relationID(r), secret.scope) })
		if !there {
			wrong = append(wrong, fmt.Sprintf("the secret %s is of %s, which is not there", secret.Label, secret.scope))
		}
		if n := len(secret.Revisions); n > 2 {
			wrong = append(wrong, fmt.Sprintf("the secret %s has %d revisions", secret.Label, n))
		}
	}
	return wrong
}
