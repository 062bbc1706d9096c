package explain

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/internal/printable"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Input is everything that a report is made from.
type Input struct {
	State  engine.State
	View   engine.View // as it was loaded for a LookAt of Unit, or for a Look
	Policy engine.Policy
	// Endpoint and Unit limit the explanation; empty is all.
	Endpoint string
	Unit     kubecontrol.Unit
	// Operated is true where the charm's ready policy signs requests, so that no person needs to do it.
	Operated bool
	// Unsigned is what to do before that policy signs anything, while one of its options is invalid; "" else.
	Unsigned string
	Workload Workload
	// Remedy is what to do about the workload status that a charm with a ready policy has now.
	Remedy string
	// Statuses are the workload statuses of the units that goal-state lists: our application's and the related ones'.
	Statuses map[kubecontrol.Unit]string
	// Colleagues holds the databags of our application's other units, by relation in which we are a master.
	Colleagues map[kubecontrol.RelationID]map[kubecontrol.Unit]kubecontrol.Bag
}

// Report says why the flags are what they are and what each unit waits for. It has no token, only
// fingerprints, and at most 64 bytes of each value of a peer. Names in its JSON are stable; new ones may be added.
type Report struct {
	Unit      kubecontrol.Unit `json:"unit"`
	Leader    bool             `json:"leader"`
	Dying     bool             `json:"dying"` // this unit is being removed
	Endpoints []EndpointReport `json:"endpoints"`
}

// EndpointReport is one endpoint's part of a report.
type EndpointReport struct {
	Endpoint string       `json:"endpoint"`
	Role     string       `json:"role"`     // master or worker
	Status   StatusReport `json:"status"`   // the workload status for this endpoint
	Problems []Problem    `json:"problems"` // the endpoint's own first, then the units' by relation and number
	Flags    []FlagReport `json:"flags"`
	Units    []UnitReport `json:"units"` // by relation and number
}

// StatusReport is the status that an endpoint asks for, even if the charm does not set it. If a ready charm has a problem of
// its own, it is its workload status.
type StatusReport struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

// Problem is one thing that keeps a flag clear or a unit waiting.
type Problem struct {
	Cause    string                 `json:"cause"` // a fixed word, like "conflict"
	Relation kubecontrol.RelationID `json:"relation,omitempty"`
	Unit     kubecontrol.Unit       `json:"unit,omitempty"` // the unit that has to change
	Key      string                 `json:"key,omitempty"`  // the key of that unit's databag that is missing or invalid
	Text     string                 `json:"text"`
	Next     string                 `json:"next"` // the command or the event that changes it
}

// FlagReport is a flag with its value, its rule, and the reason for its value.
type FlagReport struct {
	Name    string           `json:"flag"`
	Set     bool             `json:"set"`
	Rule    string           `json:"rule"`
	Because string           `json:"because"`
	Key     string           `json:"key,omitempty"`  // the key that decides
	Unit    kubecontrol.Unit `json:"unit,omitempty"` // the unit of the key, if one unit decides
	Next    string           `json:"next,omitempty"` // what changes the flag
}

// UnitReport is the progress of a remote unit.
type UnitReport struct {
	Unit     kubecontrol.Unit       `json:"unit"`
	Relation kubecontrol.RelationID `json:"relation"`
	State    string                 `json:"state"` // "signed", "no-request", "publishes", "silent", or the cause of its problem
	User     string                 `json:"user,omitempty"`
	Group    string                 `json:"group,omitempty"`
	Text     string                 `json:"text"`
	Next     string                 `json:"next,omitempty"`
}

// Explain makes a report. It decides nothing. In a view that was loaded for a LookAt it also compares what that unit says
// now with what the hooks know of it; flags and status are as the hooks know it.
func Explain(in Input) Report {
	known := engine.Ask(in.State, withoutNews(in), in.Policy)
	x := explainer{Input: in, facts: known, state: known.State(), view: known.View(), now: engine.Ask(in.State, in.View, in.Policy).State()}
	all := Report{Unit: x.view.Unit, Leader: x.view.Leader, Dying: x.state.Dying, Endpoints: []EndpointReport{}}
	for _, e := range x.view.Endpoints {
		if in.Endpoint == "" || in.Endpoint == e.Name {
			all.Endpoints = append(all.Endpoints, x.endpoint(e))
		}
	}
	if here := func(e EndpointReport) bool { return len(e.Units) > 0 }; in.Unit != "" && slices.ContainsFunc(all.Endpoints, here) {
		all.Endpoints = slices.DeleteFunc(all.Endpoints, func(e EndpointReport) bool { return !here(e) })
	}
	return all
}

// withoutNews is the view without the databag of the unit that is looked at, if a master has a record of it.
func withoutNews(in Input) engine.View {
	v := in.View
	v.Relations = slices.Clone(v.Relations)
	for i, rel := range v.Relations {
		e, _ := v.FindEndpoint(rel.ID.Endpoint())
		if _, known := in.State.Seen[rel.ID][in.Unit]; known && e.Role == kubecontrol.Master {
			remote, refused := maps.Clone(rel.Remote), maps.Clone(rel.Refused)
			delete(remote, in.Unit)
			delete(refused, in.Unit)
			v.Relations[i].Remote, v.Relations[i].Refused = remote, refused
		}
	}
	return v
}

// explainer is one explanation at work.
type explainer struct {
	Input
	facts engine.Facts
	state engine.State // as the hooks know it
	view  engine.View
	now   engine.State // with the databag that was read again
}

func (x explainer) endpoint(e engine.Endpoint) EndpointReport {
	out := EndpointReport{Endpoint: e.Name, Role: e.Role.String(), Problems: []Problem{}, Units: []UnitReport{}}
	out.Status = StatusReport(x.Workload.of(x.facts, e).status())
	out.Problems = append(out.Problems, x.relationProblems(e)...)
	if e.Role == kubecontrol.Worker {
		x.explainWorker(&out)
	} else {
		x.explainMaster(&out)
	}
	if p, ok := x.ofCharm(out.Status); ok {
		out.Status, out.Problems = StatusReport(x.Workload.Current), append([]Problem{p}, out.Problems...)
	}
	if x.Unit != "" && len(out.Units) == 0 {
		out.Problems = append(out.Problems, x.notJoined(e))
	}
	return out
}

// ofCharm is the policy's own problem in the workload status, if it differs from the status that the endpoint asks for.
func (x explainer) ofCharm(asked StatusReport) (Problem, bool) {
	own := x.Workload.Current.Message != "" && x.Workload.Current.Message != asked.Message && x.Workload.Current.Status != engine.Active
	return Problem{Cause: "charm", Unit: x.view.Unit, Text: "" + x.Workload.Current.Message, Next: x.Remedy}, own
}

// relationProblems are those of the endpoint as a whole: no unit is joined, or Juju contradicts itself.
func (x explainer) relationProblems(e engine.Endpoint) []Problem {
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
			Next: fixUnit(x.view.Unit),
		})
	}
	for _, rel := range x.view.RelationsOf(e.Name) {
		if rel.Forgotten {
			problems = append(problems, Problem{
				Cause: "forgotten", Relation: rel.ID, Text: fmt.Sprintf("Juju lists %s and then denies access to it, so it counts as empty", rel.ID),
				Next: "nothing, if the relation was removed; else remove it and integrate again",
			})
		}
	}
	alone := x.absence(e)
	needed := e.Role == kubecontrol.Worker || x.Workload.RequireWorkers || alone.Cause != "no-relation"
	if !x.state.Flags.Has(flags.Name(e.Name, flags.Connected)) && needed {
		problems = append(problems, alone)
	}
	return problems
}

// absence says why no unit is joined, and what brings one.
func (x explainer) absence(e engine.Endpoint) Problem {
	relations := x.view.RelationsOf(e.Name)
	switch {
	case x.Workload.Planned[e.Name]:
		p := Problem{
			Cause: "planned", Text: fmt.Sprintf("a relation is there or planned, but no unit has joined %s yet", e.Name),
			Next: "the unit joins when its agent has started: juju status",
		}
		if units := x.inError(); len(units) > 0 {
			p.Text += fmt.Sprintf("; %s is in error", units[0])
			p.Next = fixUnit(units[0])
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

// fixUnit is the commands that fix a unit in error.
func fixUnit(u kubecontrol.Unit) string {
	return fmt.Sprintf("juju debug-log --replay --include %s, then juju resolve %s", u, u)
}

// inError are the units whose workload status is error, without our own.
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

// notJoined explains a unit that was asked for and is not joined.
func (x explainer) notJoined(e engine.Endpoint) Problem {
	p := Problem{Cause: "not-joined", Unit: x.Unit, Text: fmt.Sprintf("%s is not joined on %s", x.Unit, e.Name), Next: "juju status " + x.Unit.App() + " --relations"}
	if slices.Contains(x.state.Departed[e.Name], x.Unit) {
		p.Text = fmt.Sprintf("%s has left %s", x.Unit, e.Name)
	} else if status, ok := x.Statuses[x.Unit]; ok {
		p.Text += fmt.Sprintf("; Juju knows it, workload %s", status)
	}
	return p
}

// execOn is a command of ours on a unit, as an operator types it. A unit of another model is known there by another name.
func execOn(u kubecontrol.Unit, command string) string {
	if strings.HasPrefix(string(u), "remote-") {
		return fmt.Sprintf("in the other model, on its unit %d: bin/kube-control %s", u.Number(), command)
	}
	return fmt.Sprintf("juju exec --unit %s -- bin/kube-control %s", u, command)
}

// execOnLeader is a command for the leader of a unit's application.
func execOnLeader(u kubecontrol.Unit, command string) string {
	if strings.HasPrefix(string(u), "remote-") {
		return "in the other model, on the leader: bin/kube-control " + command
	}
	return fmt.Sprintf("juju exec --unit %s/leader -- bin/kube-control %s", u.App(), command)
}

// shellWord is a peer's text as an argument of a command that a person copies: the text if it means nothing special to a shell,
// else the placeholder.
func shellWord(text, placeholder string) string {
	odd := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune(":._-/@", c)
	}
	if text == "" || len(text) > 64 || text[0] == '-' || strings.ContainsFunc(text, odd) {
		return placeholder
	}
	return text
}

// shown is a value on the wire for people: JSON in plain characters unchanged, any other text quoted and cut.
func shown(value string) string {
	odd := func(c rune) bool { return c < ' ' || c > '~' }
	if len(value) <= 64 && json.Valid([]byte(value)) && !strings.ContainsFunc(value, odd) {
		return value
	}
	return printable.Quoted(value)
}

// listUnits names the first units of a list, and counts the others.
func listUnits(units []kubecontrol.Unit) string {
	var names []string
	for _, u := range units {
		names = append(names, string(u))
	}
	return list(names)
}

// list has the first names of a list, and counts the others.
func list(names []string) string {
	const most = 3
	text := strings.Join(names[:min(most, len(names))], ", ")
	if n := len(names) - most; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}
