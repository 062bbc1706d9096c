package lives

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// kind is one kind of difference that a life may have, and still passes. It never names a scenario.
type kind struct {
	About string `json:"about"` // variable, answer, state, missing-hook (Juju has run it), extra-hook (the simulator runs it)
	Name  string `json:"name"`  // of the variable, the tool, the field of a state or the hook
	Hook  string `json:"hook"`  // the only hooks in which a variable may differ; "" for all
	Field string `json:"field"` // what of the answer may differ; "" for all of it
	// Pattern finds the field in what a tool prints; both sides are compared without it.
	Pattern string `json:"pattern"`
	// After: only when a difference of the list in whether that hook runs has been met in the life.
	After  string `json:"after"`
	Juju   string `json:"juju"` // the versions, such as "2.9 3"
	Reason string `json:"reason"`

	pattern *regexp.Regexp
}

// kinds are those that hold for one version.
type kinds struct {
	list []kind
	met  map[string]bool // hooks whose absence or presence was accepted
}

// accept notes that a hook was missing, or ran and should not, as the list permits.
func (k kinds) accept(hook string) { k.met[hook] = true }

//go:embed kinds.json
var kindsFile []byte

// readKinds reads the list.
func readKinds() ([]kind, error) {
	var list []kind
	if err := json.Unmarshal(kindsFile, &list); err != nil {
		return nil, fmt.Errorf("cannot read the list of kinds: %w", err)
	}
	return list, nil
}

// kindsOf are the kinds of a list that hold for a version of Juju.
func kindsOf(list []kind, version string) kinds {
	held := kinds{met: map[string]bool{}}
	for _, one := range list {
		if slices.ContainsFunc(strings.Fields(one.Juju), func(prefix string) bool { return strings.HasPrefix(version, prefix+".") }) {
			one.pattern = regexp.MustCompile(one.Pattern)
			held.list = append(held.list, one)
		}
	}
	return held
}

// has tells whether all differences of something are of a kind on the list.
func (k kinds) has(about, name, hook string) bool {
	return slices.ContainsFunc(k.list, func(one kind) bool {
		return one.About == about && one.Name == name && one.Pattern == "" && k.holds(one) &&
			(one.Hook == "" || slices.Contains(strings.Fields(one.Hook), hook))
	})
}

func (k kinds) holds(one kind) bool { return one.After == "" || k.met[one.After] }

// tasks are tasks less what may differ in them.
func (k kinds) tasks(all map[string]Task) map[string]Task {
	shown := map[string]Task{}
	for id, t := range all {
		if k.has("state", "results", "") {
			t.Results = nil
		}
		shown[id] = t
	}
	return shown
}

// statuses are statuses less what may differ in them.
func (k kinds) statuses(all map[string]Statuses) map[string]Statuses {
	shown := map[string]Statuses{}
	for unit, s := range all {
		if k.has("state", "agent-data", "") {
			s.AgentData = nil
		}
		shown[unit] = s
	}
	return shown
}

// without is an answer less what may differ in it.
func (k kinds) without(a Answer) Answer {
	for _, one := range k.list {
		if one.About != "answer" || len(a.Argv) == 0 || one.Name != a.Argv[0] || !k.holds(one) {
			continue
		}
		if one.Pattern == "" {
			return Answer{Argv: a.Argv}
		}
		a.Out, a.Err = one.pattern.ReplaceAllString(a.Out, ""), one.pattern.ReplaceAllString(a.Err, "")
	}
	return a
}
