package judge

import "slices"

// Tokens are all tokens that the model and the files have at this moment, and what tokens are made from. None may stand in
// a log, a status, an argument or a unit's state.
func (s Scene) Tokens() map[string]bool {
	tokens := map[string]bool{}
	add := func(token string) {
		if len(token) >= 16 {
			tokens[token] = true
		}
	}
	for _, master := range s.units(s.Masters) {
		rows, _ := s.rows(master)
		for _, r := range rows {
			add(r.token)
		}
	}
	for unit := range s.Model.Units {
		held, _ := s.held(unit)
		for _, token := range held {
			add(token)
		}
	}
	public := []string{"endpoint", "scope", "count", "ca-certificate"}
	for _, secret := range s.Model.Secrets {
		for _, revision := range secret.Revisions {
			for key, value := range revision.Content {
				if !slices.Contains(public, key) {
					add(opened(value))
				}
			}
		}
	}
	return tokens
}
