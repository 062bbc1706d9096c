package judge

import (
	"fmt"
	"os"
	"strings"
)

// Always lists what is wrong at any moment:
//
//   - a token is accepted for two units, or one unit's token in a file or on the wire is accepted for another
//   - a token file cannot be read or has another mode than 0600; a kubeconfig is incomplete, or others can read it
//   - a secret with tokens is granted to another unit than its own
func (s Scene) Always() []string {
	var wrong []string
	owners := map[string]string{} // by token
	for _, master := range s.units(s.Masters) {
		rows, err := s.rows(master)
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%s has a token file that cannot be read: %v", master, err))
		}
		if info, err := os.Stat(s.path(master, "token-auth-file")); err == nil && info.Mode().Perm() != 0o600 {
			wrong = append(wrong, fmt.Sprintf("%s has a token file of mode %v", master, info.Mode()))
		}
		for _, r := range rows {
			relation, unit, _, own := r.owner()
			if !own {
				continue
			}
			if r.token == "" || r.user == "" {
				wrong = append(wrong, master+" has an incomplete row of "+unit)
			}
			owner := relation + " " + unit
			if other, known := owners[r.token]; known && other != owner {
				wrong = append(wrong, fmt.Sprintf("one token is accepted for %s and for %s", other, owner))
			}
			owners[r.token] = owner
		}
	}
	return append(append(wrong, s.heldByOwner(owners)...), s.granted()...)
}

// heldByOwner says which units have the tokens of others, in their files or on the wire.
func (s Scene) heldByOwner(owners map[string]string) []string {
	var wrong []string
	for _, r := range s.relations() {
		app := r.Remote(s.Masters).App
		for _, unit := range s.units(app) {
			if !s.HasFiles(app) {
				break
			}
			held, problems := s.held(unit)
			wrong = append(wrong, problems...)
			for role, token := range held {
				if owner := owners[token]; owner != "" && !strings.HasSuffix(owner, " "+r.Seen(s.Masters, unit)) {
					wrong = append(wrong, fmt.Sprintf("%s has the %s token of %s", unit, role, owner))
				}
			}
		}
		for _, master := range s.units(s.Masters) {
			for user, e := range s.creds(r, master) {
				tokens, _ := s.tokens(entry{Scope: e.Scope, Kubelet: e.Kubelet, Proxy: e.Proxy, Client: e.Client}, "")
				for _, token := range tokens {
					if owner := owners[token]; owner != "" && owner != s.relationID(r)+" "+e.Scope {
						wrong = append(wrong, fmt.Sprintf("%s publishes for %s, as %s, a token of %s", master, e.Scope, user, owner))
					}
				}
			}
		}
	}
	return wrong
}

// granted says which secrets with tokens others than their unit may read.
func (s Scene) granted() []string {
	var wrong []string
	for _, secret := range s.credentials() {
		for _, g := range secret.Grants {
			seen := g.Subject
			if r := s.Model.Relations[g.Relation]; r != nil {
				seen = r.Seen(s.Masters, g.Subject)
			}
			_, isUnit := s.Model.Units[g.Subject]
			if gone := strings.Contains(g.Subject, "/") && !isUnit; seen != secret.scope && !gone { // Juju never uses a unit's name again
				wrong = append(wrong, fmt.Sprintf("the secret %s of %s is granted to %s", secret.Label, secret.scope, g.Subject))
			}
		}
	}
	return wrong
}

// units are an application's, those that are being removed included.
func (s Scene) units(app string) []string {
	if a := s.Model.Apps[app]; a != nil {
		return a.Units
	}
	return nil
}
