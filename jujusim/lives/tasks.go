package lives

import (
	"encoding/json"
	"strings"

	"github.com/kube-control/kube-control/jujusim/uniter"
)

// queued is an action or exec that runs when its unit does.
type queued struct {
	id      int
	name    string // "" for an exec
	command string
	params  map[string]any
}

// action queues one of the charm's actions. Its parameters are a JSON object, or key=value arguments.
func (p *player) action(args []string) error {
	q := queued{name: args[1], params: map[string]any{}}
	if rest := strings.Join(args[2:], " "); strings.HasPrefix(rest, "{") {
		if err := json.Unmarshal([]byte(rest), &q.params); err != nil {
			return err
		}
		return p.queue(args[0], q)
	}
	for _, arg := range args[2:] {
		key, value, _ := strings.Cut(arg, "=")
		q.params[key] = value
	}
	return p.queue(args[0], q)
}

func (p *player) queue(unit string, q queued) error {
	p.taken++
	q.id = p.taken
	p.queued[unit] = append(p.queued[unit], q)
	return nil
}

// runTask runs the action that was queued first.
func (p *player) runTask(unit string) error {
	q := p.queued[unit][0]
	p.queued[unit] = p.queued[unit][1:]
	var t uniter.Task
	var err error
	if q.name == "" {
		t, err = p.uniter.Exec(unit, q.command, q.id)
	} else {
		t, err = p.uniter.Action(unit, q.name, q.params, q.id)
	}
	if t.ID == "" {
		return err
	}
	name := q.name
	if name == "" {
		name = p.uniter.ExecName()
	}
	p.tasks[t.ID] = Task{Name: name, Unit: unit, Status: t.Status, Message: t.Message, Results: t.Results}
	return nil
}
