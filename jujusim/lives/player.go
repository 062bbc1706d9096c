package lives

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
)

// player does the steps of one life in a model of its own.
type player struct {
	life     Life
	kinds    kinds
	uniter   *uniter.Uniter
	probe    *probe
	order    []string            // the units in the order of their making
	relation map[string]int      // the newest relation of two applications, by their names
	queued   map[string][]queued // by unit
	tasks    map[string]Task     // by id
	taken    int                 // how many actions there have been
	recorded []Ran               // the hooks that were recorded in this step
	at       int                 // how many of them have been met
	runs     [][]string          // of a table: what each run of u has run
}

// maxUnits is how many units one step deploys at most.
const maxUnits = 100

// The model of the recordings.
const (
	modelName = "model"
	modelUUID = "deadbeef-0bad-400d-8000-4b1d0d06f00d"
)

func newPlayer(l Life, list []kind) (*player, error) {
	if err := model.CheckVersion(l.Juju); err != nil {
		return nil, err
	}
	m := model.New(l.Juju, 1)
	m.Name, m.UUID = modelName, modelUUID
	agents := uniter.State{}
	p := &player{
		life: l, kinds: kindsOf(list, l.Juju), relation: map[string]int{}, queued: map[string][]queued{}, tasks: map[string]Task{},
		probe: &probe{
			agents: agents, controls: map[string]map[string]control{}, killAgent: map[string]bool{},
			saved: map[string]string{}, ids: map[string]string{}, byName: map[string]string{},
		},
	}
	p.uniter = &uniter.Uniter{Model: m, Agents: agents, Runner: p.probe, Choose: p.choose}
	p.probe.next = p.next
	return p, nil
}

// next is what was recorded for the run that begins, nil if it was not recorded. Recorded hooks that the simulator need
// not run are passed over.
func (p *player) next(ran Ran) *Ran {
	for i := p.at; i < len(p.recorded); i++ {
		r := &p.recorded[i]
		if r.Unit == ran.Unit && r.title() == ran.title() {
			p.at = i + 1
			return r
		}
		if !p.kinds.has("missing-hook", r.Hook, *r) {
			return nil
		}
	}
	return nil
}

// choose takes the hook that the unit has run next in the recording.
func (p *player) choose(unit string, hooks []uniter.Hook) int {
	for _, r := range p.recorded[p.at:] {
		if r.Unit != unit {
			continue
		}
		for i, h := range hooks {
			id := strconv.Itoa(h.Relation)
			if h.Name() == r.Hook && strings.HasSuffix(r.Env["JUJU_RELATION_ID"], ":"+id) && h.RemoteUnit == r.Env["JUJU_REMOTE_UNIT"] {
				return i
			}
		}
		return -1
	}
	return -1
}

// do does one step.
func (p *player) do(step Step) error {
	p.probe.ran, p.recorded, p.at = nil, nil, 0
	for _, r := range p.life.Hooks {
		if r.Step == step.N {
			p.recorded = append(p.recorded, r)
		}
	}
	verb, rest, _ := strings.Cut(step.Do, " ")
	args := strings.Fields(rest)
	act, found := p.verbs()[verb]
	switch {
	case !found:
		return fmt.Errorf("there is no step %q", verb)
	case len(args) < act.least:
		return fmt.Errorf("the step %q lacks an argument", step.Do)
	}
	return act.do(args)
}

// verb is one kind of step, with the number of arguments that it needs.
type verb struct {
	least int
	do    func(args []string) error
}

func (p *player) verbs() map[string]verb {
	m := p.uniter.Model
	return map[string]verb{
		"deploy":             {3, p.deploy},
		"add-unit":           {1, func(a []string) error { return p.addUnits(append(a, "1")) }},
		"remove-unit":        {1, p.removeUnit},
		"remove-app":         {1, func(a []string) error { return m.RemoveApplication(a[0]) }},
		"integrate":          {2, p.integrate},
		"remove-relation":    {2, func(a []string) error { return m.RemoveRelation(a[0], a[1]) }},
		"suspend":            {2, func(a []string) error { return p.suspend(a, true) }},
		"resume":             {2, func(a []string) error { return p.suspend(a, false) }},
		"config":             {2, p.config},
		"refresh":            {2, p.refresh},
		"leader":             {2, func(a []string) error { return m.SetLeader(a[0], a[1]) }},
		"exec":               {2, func(a []string) error { return p.queue(a[0], queued{command: strings.Join(a[1:], " ")}) }},
		"action":             {2, p.action},
		"run":                {1, p.run},
		"runall":             {0, func([]string) error { return p.runAll() }},
		"resolve":            {1, p.resolve},
		"update-status":      {1, p.updateStatus},
		"agent":              {2, p.agent},
		"kill-agent-in-hook": {1, p.killAgentInHook},
		"advance":            {1, p.advance},
		"ctl":                {3, p.ctl},
		"also-get":           {0, nothing}, // the recorded questions have it
		"status":             {0, nothing}, // compared behind each step
		"dump":               {0, nothing},
	}
}

func nothing([]string) error { return nil }

func (p *player) deploy(args []string) error {
	c, err := charm(args[0])
	if err != nil {
		return err
	}
	if _, err := p.uniter.Model.Deploy(args[1], c, args[0]); err != nil {
		return err
	}
	return p.addUnits(args[1:])
}

// addUnits adds units to an application; its arguments are the name and the number.
func (p *player) addUnits(args []string) error {
	n, err := strconv.Atoi(args[1])
	if err == nil && n > maxUnits {
		err = fmt.Errorf("%d units are more than %d", n, maxUnits)
	}
	if err != nil {
		return err
	}
	units, err := p.uniter.Model.AddUnits(args[0], n)
	for _, unit := range units {
		p.uniter.Agents.Add(unit, p.uniter.Model.Apps[args[0]].CharmVersion)
	}
	p.order = append(p.order, units...)
	return err
}

func (p *player) removeUnit(args []string) error {
	if slices.Contains(args, "--force") {
		return p.uniter.RemoveByForce(args[0])
	}
	return p.uniter.Model.RemoveUnit(args[0])
}

func (p *player) integrate(args []string) error {
	r, err := p.uniter.Model.Integrate(args[0], args[1])
	if err == nil {
		p.relation[pair(args[0], args[1])], p.relation[pair(args[1], args[0])] = r.ID, r.ID
	}
	return err
}

// pair names two applications, each of which may have an endpoint's name behind it.
func pair(a, b string) string {
	a, _, _ = strings.Cut(a, ":")
	b, _, _ = strings.Cut(b, ":")
	return a + " " + b
}

func (p *player) suspend(args []string, suspended bool) error {
	r := p.uniter.Model.Relations[p.relation[pair(args[0], args[1])]]
	if r == nil || r.Peer() {
		return fmt.Errorf("%s and %s are not related", args[0], args[1])
	}
	p.uniter.Model.SetSuspended(r, suspended)
	return nil
}

func (p *player) config(args []string) error {
	values := map[string]string{}
	for _, arg := range args[1:] {
		key, value, _ := strings.Cut(arg, "=")
		values[key] = value
	}
	return p.uniter.Model.SetConfig(args[0], values)
}

func (p *player) refresh(args []string) error {
	c, err := charm(args[1])
	if err != nil {
		return err
	}
	return p.uniter.Model.Refresh(args[0], c, args[1])
}

func (p *player) run(args []string) error {
	most := 0
	if len(args) > 1 {
		n, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		most = n
	}
	err := p.runUnit(args[0], most)
	if p.life.Expected != nil && model.AppOf(args[0]) == "u" {
		ran := []string{}
		for _, r := range p.probe.ran {
			ran = append(ran, r.short())
		}
		p.runs = append(p.runs, ran)
	}
	return err
}

// runUnit lets a unit run what is queued for it, and then hooks. A unit that is gone, or whose agent is stopped, runs none.
func (p *player) runUnit(unit string, most int) error {
	a := p.uniter.Agents[unit]
	if a == nil || a.Down {
		return nil
	}
	for ran := 0; most < 1 || ran < most; ran++ {
		if len(p.queued[unit]) > 0 && a.Unpacked != "" && !p.uniter.Urgent(unit) {
			if err := p.runTask(unit); err != nil {
				return err
			}
			continue
		}
		if n, _ := p.uniter.Step(unit, 1); n == 0 || p.uniter.Agents[unit] == nil { // that it is in error is seen in the states
			return nil
		}
	}
	return nil
}

func (p *player) runAll() error {
	for {
		before := len(p.probe.ran)
		for _, unit := range p.order {
			if err := p.runUnit(unit, 0); err != nil {
				return err
			}
		}
		if len(p.probe.ran) == before {
			return nil
		}
	}
}

// resolve resolves a unit. One that is not in error stays as it is, because the states show the difference.
func (p *player) resolve(args []string) error {
	if a := p.uniter.Agents[args[0]]; a != nil && !a.Failed {
		return nil
	}
	return p.uniter.Resolve(args[0], slices.Contains(args, "--no-retry"))
}

func (p *player) updateStatus(args []string) error {
	a := p.uniter.Agents[args[0]]
	if a == nil {
		return fmt.Errorf("unit %q not found", args[0])
	}
	a.UpdateStatus = true
	return nil
}

func (p *player) agent(args []string) error {
	if args[1] == "stop" {
		return p.uniter.Stop(args[0])
	}
	return p.uniter.Start(args[0])
}

func (p *player) killAgentInHook(args []string) error {
	p.probe.killAgent[args[0]] = true
	return p.runUnit(args[0], 1)
}

func (p *player) advance(args []string) error {
	d, err := time.ParseDuration(args[0])
	if err == nil {
		p.uniter.Model.Advance(d)
	}
	return err
}

func (p *player) ctl(args []string) error {
	var c control
	if err := json.Unmarshal([]byte(strings.Join(args[2:], " ")), &c); err != nil {
		return err
	}
	for _, cmd := range c.Cmds {
		if len(cmd) == 0 || len(cmd) == 1 && strings.HasPrefix(cmd[0], "save") {
			return errors.New("a command is empty")
		}
	}
	if p.probe.controls[args[0]] == nil {
		p.probe.controls[args[0]] = map[string]control{}
	}
	p.probe.controls[args[0]][args[1]] = c
	return nil
}

// short is the form in which tables name a run: "fail-" in front of one that failed, and of the hooks of a relation but
// created only the kind with the remote unit.
func (r Ran) short() string {
	name := r.Hook
	_, kind, _ := strings.Cut(name, "-relation-")
	if kind != "" && kind != "created" {
		name = strings.TrimSuffix(kind+" "+r.Env["JUJU_REMOTE_UNIT"], " ")
	}
	if r.Exit != 0 {
		name = "fail-" + name
	}
	return name
}
