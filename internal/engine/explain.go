package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// LookAt is a question about one remote unit: its databag is read anew, whatever the records say, and a leader looks at
// the secrets that it has made for it. Nothing is to change by it.
type LookAt struct{ Unit kubecontrol.Unit }

func (LookAt) event() {}

// Surroundings are what an explanation rests on beyond the view.
type Surroundings struct {
	// Endpoint and Unit limit the explanation; empty is all.
	Endpoint string
	Unit     kubecontrol.Unit
	// Operated is true where the charm's ready policy signs requests, so that nobody needs to do it by hand.
	Operated bool
	// Unsigned is what to do before that policy signs anything, while one of its options can't be used; "" else.
	Unsigned string
	// Workload is the workload status that a charm with a ready policy has now, and Remedy what to do about it; zero in
	// other charms.
	Workload Status
	Remedy   string
	// Statuses are the workload statuses of the units that goal-state lists: our application's and the related ones'.
	Statuses map[kubecontrol.Unit]string
	// Colleagues holds the databags of our application's other units, by relation in which we are a master.
	Colleagues map[kubecontrol.RelationID]map[kubecontrol.Unit]kubecontrol.Bag
}

// Explanation says why the flags are what they are and what each unit waits for. It holds no token, at most
// fingerprints, and of what peers wrote at most 64 bytes a value. Its JSON keeps its names and gains others at most.
type Explanation struct {
	Unit      kubecontrol.Unit `json:"unit"`
	Leader    bool             `json:"leader"`
	Dying     bool             `json:"dying"` // this unit is being removed
	Endpoints []Explained      `json:"endpoints"`
}

// Explained is one endpoint's part of an explanation.
type Explained struct {
	Endpoint string      `json:"endpoint"`
	Role     string      `json:"role"`     // master or worker
	Status   Proposal    `json:"status"`   // the workload status for this endpoint
	Problems []Problem   `json:"problems"` // the endpoint's own first, then the units' by relation and number
	Flags    []WhyFlag   `json:"flags"`
	Units    []WhichUnit `json:"units"` // by relation and number
}

// Proposal is the status that an endpoint asks for, whether or not the charm sets it; or, where a ready charm has trouble
// of its own, its workload status.
type Proposal struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

// Problem is one thing that keeps a flag clear or a unit waiting.
type Problem struct {
	Cause    string                 `json:"cause"` // a fixed word, like "conflict"
	Relation kubecontrol.RelationID `json:"relation,omitempty"`
	Unit     kubecontrol.Unit       `json:"unit,omitempty"` // whose data or doing it is
	Key      string                 `json:"key,omitempty"`  // what of that unit's databag is missing or bad
	Text     string                 `json:"text"`
	Next     string                 `json:"next"` // the command or the event that changes it
}

// WhyFlag is a flag with its value, its rule, and what the rule finds.
type WhyFlag struct {
	Name    string           `json:"flag"`
	Set     bool             `json:"set"`
	Rule    string           `json:"rule"`
	Because string           `json:"because"`
	Key     string           `json:"key,omitempty"`  // the key that decides
	Unit    kubecontrol.Unit `json:"unit,omitempty"` // whose key it is, where one unit decides
	Next    string           `json:"next,omitempty"` // what changes the flag
}

// WhichUnit is a remote unit with how far it has come.
type WhichUnit struct {
	Unit     kubecontrol.Unit       `json:"unit"`
	Relation kubecontrol.RelationID `json:"relation"`
	State    string                 `json:"state"` // "signed", "no-request", "publishes", "silent", or the cause of its problem
	User     string                 `json:"user,omitempty"`
	Group    string                 `json:"group,omitempty"`
	Text     string                 `json:"text"`
	Next     string                 `json:"next,omitempty"`
}

// Explain explains a view. It decides nothing. In a view that was loaded for a LookAt it also compares what that unit says
// now with what the hooks know of it; flags and status are as the hooks know it.
func Explain(st State, v View, s Surroundings) Explanation {
	x := explainer{run: looked(st, v.asKnown(st, s.Unit)), now: looked(st, v), Surroundings: s}
	all := Explanation{Unit: v.Unit, Leader: v.Leader, Dying: x.state.Dying, Endpoints: []Explained{}}
	for _, e := range v.Endpoints {
		if s.Endpoint == "" || s.Endpoint == e.Name {
			all.Endpoints = append(all.Endpoints, x.endpoint(e))
		}
	}
	if here := func(e Explained) bool { return len(e.Units) > 0 }; s.Unit != "" && slices.ContainsFunc(all.Endpoints, here) {
		all.Endpoints = slices.DeleteFunc(all.Endpoints, func(e Explained) bool { return !here(e) })
	}
	return all
}

func looked(st State, v View) *run {
	r := newRun(st, Look{}, v)
	_ = r.evaluate() // a Look is never refused
	return r
}

// asKnown is the view without the databag of a unit of which a master has a record.
func (v View) asKnown(st State, u kubecontrol.Unit) View {
	v.Relations = slices.Clone(v.Relations)
	for i, rel := range v.Relations {
		e, _ := v.endpoint(rel.ID.Endpoint())
		if _, known := st.Seen[rel.ID][u]; known && e.Role == kubecontrol.Master {
			remote, refused := maps.Clone(rel.Remote), maps.Clone(rel.Refused)
			delete(remote, u)
			delete(refused, u)
			v.Relations[i].Remote, v.Relations[i].Refused = remote, refused
		}
	}
	return v
}

// explainer is one explanation at work.
type explainer struct {
	*run
	now *run // with the databag that was read anew
	Surroundings
}

func (x explainer) endpoint(e Endpoint) Explained {
	out := Explained{Endpoint: e.Name, Role: e.Role.String(), Problems: []Problem{}, Units: []WhichUnit{}}
	out.Problems = append(out.Problems, x.relationProblems(e)...)
	if e.Role == kubecontrol.Worker {
		out.Status = Proposal(x.workerStatus(e.Name))
		x.explainWorker(&out)
	} else {
		out.Status = Proposal(x.masterStatus(e.Name))
		x.explainMaster(&out)
	}
	if p, ok := x.ofCharm(out.Status); ok {
		out.Status, out.Problems = Proposal(x.Workload), append([]Problem{p}, out.Problems...)
	}
	if x.Unit != "" && len(out.Units) == 0 {
		out.Problems = append(out.Problems, x.stranger(e))
	}
	return out
}

// ofCharm is what the charm's policy says of its own work in the workload status, beyond what the endpoint asks for.
func (x explainer) ofCharm(asked Proposal) (Problem, bool) {
	own := x.Workload.Message != "" && x.Workload.Message != asked.Message && x.Workload.Status != Active
	return Problem{Cause: "charm", Unit: x.view.Unit, Text: "the charm says: " + x.Workload.Message, Next: x.Remedy}, own
}

// relationProblems are those of the endpoint as a whole: nobody is there, or Juju says two things.
func (x explainer) relationProblems(e Endpoint) []Problem {
	var problems []Problem
	if x.state.Dying {
		problems = append(problems, Problem{
			Cause: "dying", Unit: x.view.Unit, Text: fmt.Sprintf("%s is being removed: it publishes what it did and takes nothing back", x.view.Unit),
			Next: "Juju removes the unit; the units that stay go on",
		})
	}
	if x.Statuses[x.view.Unit] == "error" {
		problems = append(problems, Problem{
			Cause: "in-error", Unit: x.view.Unit, Text: fmt.Sprintf("%s is in error: it runs no hook and knows nothing newer than its last one", x.view.Unit),
			Next: mend(x.view.Unit),
		})
	}
	for _, rel := range x.view.relationsOf(e.Name) {
		if rel.Forgotten {
			problems = append(problems, Problem{
				Cause: "forgotten", Relation: rel.ID, Text: fmt.Sprintf("Juju lists %s and then denies it; it reads as empty", rel.ID),
				Next: "nothing, if the relation was removed; else remove it and integrate again",
			})
		}
	}
	alone := x.absence(e)
	needed := e.Role == kubecontrol.Worker || x.view.RequireWorkers || alone.Cause != "no-relation"
	if !x.state.Flags.Has(flags.Name(e.Name, flags.Connected)) && needed {
		problems = append(problems, alone)
	}
	return problems
}

// absence says why no unit is joined, and what brings one.
func (x explainer) absence(e Endpoint) Problem {
	relations := x.view.relationsOf(e.Name)
	switch {
	case x.view.Planned[e.Name]:
		p := Problem{
			Cause: "planned", Text: fmt.Sprintf("a relation is there or planned, but no unit has joined %s yet", e.Name),
			Next: "the unit joins when its agent has started: juju status",
		}
		if units := x.inError(); len(units) > 0 {
			p.Text += fmt.Sprintf("; %s is in error", units[0])
			p.Next = mend(units[0])
		}
		return p
	case len(relations) > 0:
		return Problem{
			Cause: "no-unit", Relation: relations[0].ID, Text: fmt.Sprintf("%s is related, but the other application has no unit", e.Name),
			Next: "juju add-unit APPLICATION",
		}
	}
	other := map[kubecontrol.Role]string{kubecontrol.Worker: "MASTER", kubecontrol.Master: "WORKER"}[e.Role]
	return Problem{
		Cause: "no-relation", Text: fmt.Sprintf("nothing is related to %s", e.Name),
		Next: fmt.Sprintf("juju integrate %s:%s %s:kube-control", x.view.Unit.App(), e.Name, other),
	}
}

// mend is what an operator does about a unit in error.
func mend(u kubecontrol.Unit) string {
	return fmt.Sprintf("juju debug-log --replay --include %s, then juju resolve %s", u, u)
}

// inError are the units whose workload status is error, our own left out.
func (x explainer) inError() []kubecontrol.Unit {
	var units []kubecontrol.Unit
	for u, status := range x.Statuses {
		if status == "error" && u != x.view.Unit {
			units = append(units, u)
		}
	}
	slices.SortFunc(units, kubecontrol.Unit.Compare)
	return units
}

// stranger explains a unit that was asked for and is not joined.
func (x explainer) stranger(e Endpoint) Problem {
	p := Problem{Cause: "not-joined", Unit: x.Unit, Text: fmt.Sprintf("%s is not joined on %s", x.Unit, e.Name), Next: "juju status " + x.Unit.App() + " --relations"}
	if slices.Contains(x.state.Departed[e.Name], x.Unit) {
		p.Text = fmt.Sprintf("%s has left %s", x.Unit, e.Name)
	} else if status, ok := x.Statuses[x.Unit]; ok {
		p.Text += fmt.Sprintf("; Juju knows it, workload %s", status)
	}
	return p
}

// on is a command of ours on a unit, as an operator types it. A unit of another model is known there by another name.
func on(u kubecontrol.Unit, command string) string {
	if strings.HasPrefix(string(u), "remote-") {
		return fmt.Sprintf("in the other model, on its unit %d: bin/kube-control %s", u.Number(), command)
	}
	return fmt.Sprintf("juju exec --unit %s -- bin/kube-control %s", u, command)
}

// onLeader is a command for the leader of a unit's application.
func onLeader(u kubecontrol.Unit, command string) string {
	if strings.HasPrefix(string(u), "remote-") {
		return "in the other model, on the leader: bin/kube-control " + command
	}
	return fmt.Sprintf("juju exec --unit %s/leader -- bin/kube-control %s", u.App(), command)
}

// word is a peer's text as an argument of a command that is there to be copied: the text if no shell reads anything into
// it, else the placeholder.
func word(text, placeholder string) string {
	odd := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune(":._-/@", c)
	}
	if text == "" || len(text) > 64 || text[0] == '-' || strings.ContainsFunc(text, odd) {
		return placeholder
	}
	return text
}

// shown is a value on the wire as a person reads it best: JSON in plain characters as it is, else quoted and cut.
func shown(value string) string {
	odd := func(c rune) bool { return c < ' ' || c > '~' }
	if len(value) <= 64 && json.Valid([]byte(value)) && !strings.ContainsFunc(value, odd) {
		return value
	}
	return quoted(value)
}

// some names the first of a list of units, and how many more there are.
func some(units []kubecontrol.Unit) string {
	const most = 3
	var names []string
	for _, u := range units[:min(most, len(units))] {
		names = append(names, string(u))
	}
	text := strings.Join(names, ", ")
	if n := len(units) - most; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}
