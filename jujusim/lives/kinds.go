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
	// After: only when this has been met before in the life. "told": the unit has had the hook for the same secret. "denied
	// read": a secret-get was refused. "extra HOOK": that hook ran where Juju did not run it.
	After  string `json:"after"`
	Juju   string `json:"juju"` // the versions, such as "2.9 3"
	Reason string `json:"reason"`

	pattern *regexp.Regexp
}

// kinds are those that hold for one version.
type kinds struct {
	list []kind
	met  map[string]bool // what After may name
}

// note notes what a run means for kinds that need something before.
func (k kinds) note(ran Ran) {
	k.met[ran.told()] = true
	for _, a := range ran.Did {
		if a.Argv[0] == "secret-get" && strings.HasSuffix(a.Err, "is not allowed to read this secret") {
			k.met["denied read"] = true
		}
	}
	if ran.recorded == nil {
		k.met["extra "+ran.Hook] = true
	}
}

// told names the unit, the hook and the secret that the hook is about.
func (r Ran) told() string {
	return strings.Join([]string{r.Unit, r.Hook, r.Env["JUJU_SECRET_ID"]}, " ")
}

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

// has tells whether all differences of something in a run, or in a state with the zero Ran, are of a kind on the list.
func (k kinds) has(about, name string, ran Ran) bool {
	return slices.ContainsFunc(k.list, func(one kind) bool {
		return one.About == about && one.Name == name && one.Pattern == "" && k.holds(one, ran) &&
			(one.Hook == "" || slices.Contains(strings.Fields(one.Hook), ran.Hook))
	})
}

func (k kinds) holds(one kind, ran Ran) bool {
	if one.After == "told" {
		return k.met[ran.told()]
	}
	return one.After == "" || k.met[one.After]
}

// tasks are tasks less what may differ in them.
func (k kinds) tasks(all map[string]Task) map[string]Task {
	shown := map[string]Task{}
	for id, t := range all {
		if k.has("state", "results", Ran{}) {
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
		if k.has("state", "agent-data", Ran{}) {
			s.AgentData = nil
		}
		shown[unit] = s
	}
	return shown
}

// without is an answer less what may differ in it.
func (k kinds) without(a Answer) Answer {
	for _, one := range k.list {
		if one.About != "answer" || len(a.Argv) == 0 || one.Name != a.Argv[0] || !k.holds(one, Ran{}) {
			continue
		}
		if one.Pattern == "" {
			return Answer{Argv: a.Argv}
		}
		a.Out, a.Err = one.pattern.ReplaceAllString(a.Out, ""), one.pattern.ReplaceAllString(a.Err, "")
	}
	return a
}
