package lives

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/jujusim/model"
)

// Replay does the steps of a life and lists what differs, in order, each with its step. It ends with the first step that
// differs in the hooks that it runs, because what follows would differ, too.
func Replay(l Life) []string {
	list, err := readKinds()
	if err != nil {
		return []string{err.Error()}
	}
	return replay(l, list)
}

// replay is Replay with another list of kinds.
func replay(l Life, list []kind) []string {
	p, err := newPlayer(l, list)
	if err != nil {
		return []string{err.Error()}
	}
	var all []string
	for _, step := range l.Steps {
		where := fmt.Sprintf("step %d (%s): ", step.N, step.Do)
		err := p.do(step)
		if err != nil {
			return append(all, where+err.Error())
		}
		if l.Expected != nil {
			continue
		}
		differences, same := p.compareHooks()
		differences = append(differences, p.compareStates(step.N)...)
		for _, d := range differences {
			all = append(all, where+d)
		}
		if !same {
			return all
		}
	}
	if l.Expected != nil {
		return differ("the hooks of u differ", l.Expected, p.runs)
	}
	return append(all, p.compareEnds()...)
}

// compareHooks compares the hooks of this step. It tells whether the same ones have run.
func (p *player) compareHooks() (differences []string, same bool) {
	for _, got := range p.probe.ran {
		if got.recorded == nil {
			if p.kinds.has("extra-hook", got.Hook, got) {
				p.kinds.note(got)
				continue
			}
			return append(differences, fmt.Sprintf("%s runs %s, which Juju does not run then", got.Unit, got.title())), false
		}
		for _, d := range p.kinds.compare(*got.recorded, got) {
			differences = append(differences, fmt.Sprintf("%s %s: %s", got.Unit, got.title(), d))
		}
		p.kinds.note(got)
	}
	for _, missing := range p.recorded[p.at:] {
		if !p.kinds.has("missing-hook", missing.Hook, missing) {
			return append(differences, fmt.Sprintf("%s does not run %s", missing.Unit, missing.title())), false
		}
	}
	return differences, true
}

// title names a run with what it is about.
func (r Ran) title() string {
	title := r.Hook
	for _, name := range []string{"JUJU_RELATION_ID", "JUJU_REMOTE_UNIT"} {
		if value := r.Env[name]; value != "" {
			title += " " + value
		}
	}
	return title
}

// compare lists what differs between the recorded run and another of the same hook.
func (k kinds) compare(recorded, got Ran) []string {
	var differences []string
	names := map[string]bool{}
	for _, env := range []map[string]string{recorded.Env, got.Env} {
		for name := range env {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		want, wanted := recorded.Env[name]
		value, has := got.Env[name]
		switch {
		case k.has("variable", name, got):
		case !has:
			differences = append(differences, fmt.Sprintf("variable %s is missing", name))
		case !wanted:
			differences = append(differences, fmt.Sprintf("variable %s=%s is not set by Juju", name, value))
		case want != value:
			differences = append(differences, fmt.Sprintf("variable %s is %q, not %q", name, value, want))
		}
	}
	differences = append(differences, k.compareAnswers(recorded.Answers, got.Answers)...)
	differences = append(differences, k.compareAnswers(recorded.Did, got.Did)...)
	differences = append(differences, differ("exit code differs", recorded.Exit, got.Exit)...)
	return append(differences, differ("being killed differs", recorded.Killed, got.Killed)...)
}

func (k kinds) compareAnswers(want, got []Answer) []string {
	var differences []string
	for i, a := range got {
		if i < len(want) {
			differences = append(differences, differ(strings.Join(a.Argv, " ")+" differs", k.without(want[i]), k.without(a))...)
		}
	}
	if len(want) != len(got) {
		differences = append(differences, fmt.Sprintf("%d tools are called, not %d", len(got), len(want)))
	}
	return differences
}

// compareStates compares what a status or dump step has recorded.
func (p *player) compareStates(step int) []string {
	var differences []string
	for _, s := range p.life.States {
		if s.End != "" || s.Step != step {
			continue
		}
		if s.Actions != nil {
			differences = append(differences, differ("actions differ", p.kinds.tasks(s.Actions), p.kinds.tasks(p.tasks))...)
		}
		if s.Relations != nil {
			differences = append(differences, differ("relations differ", s.Relations, p.relations())...)
		}
		if s.Status != nil {
			differences = append(differences, differ("statuses differ", p.kinds.statuses(s.Status), p.statuses())...)
		}
	}
	return differences
}

func (p *player) relations() map[string]Relation {
	relations := map[string]Relation{}
	for id, r := range p.uniter.Model.Relations {
		state := Relation{Key: r.Key, Life: "alive"}
		if r.Dying {
			state.Life = "dying"
		}
		for _, side := range r.Sides {
			for unit, member := range side.Units {
				if member.Scope != model.Left {
					state.InScope = append(state.InScope, unit)
				}
			}
		}
		slices.Sort(state.InScope)
		relations[fmt.Sprint(id)] = state
	}
	return relations
}

func (p *player) statuses() map[string]Statuses {
	statuses := map[string]Statuses{}
	for name, u := range p.uniter.Model.Units {
		statuses[name] = Statuses{
			Agent: u.Agent.Status, AgentInfo: u.Agent.Message,
			Workload: u.Workload.Current.Status, WorkloadInfo: u.Workload.Current.Message,
		}
	}
	return statuses
}

// compareEnds compares which agents have ended.
func (p *player) compareEnds() []string {
	want, got := []string{}, []string{}
	for _, s := range p.life.States {
		if s.End != "" {
			want = append(want, s.End)
		}
	}
	for _, unit := range p.order {
		if p.uniter.Agents[unit] == nil {
			got = append(got, unit)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	return differ("the agents that have ended differ", want, got)
}

// differ says how two values differ as JSON, if they do.
func differ(what string, want, got any) []string {
	if reflect.DeepEqual(want, got) || reflect.DeepEqual(plain(want), plain(got)) {
		return nil
	}
	return []string{fmt.Sprintf("%s\nwant %s\ngot  %s", what, text(want), text(got))}
}

func text(value any) string {
	t, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(t)
}

func plain(value any) any {
	var p any
	if err := json.Unmarshal([]byte(text(value)), &p); err != nil {
		return err.Error()
	}
	return p
}
