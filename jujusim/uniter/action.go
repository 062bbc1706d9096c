package uniter

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// Task is a finished action or exec.
type Task struct {
	ID      string
	Unit    string
	Status  string // completed or failed
	Message string // why it failed
	// Results are what action-set wrote, with return-code (an int), stdout and stderr. Empty when nothing ran.
	Results map[string]any
	Log     []string // action-log's lines
}

// ExecName is what Juju calls the action that an exec is.
func (u *Uniter) ExecName() string {
	if u.Model.Major() < 3 {
		return "juju-run"
	}
	return "juju-exec"
}

func isExec(action string) bool { return action == "juju-exec" || action == "juju-run" }

func relationID(r agent.RelationInfo) string { return r.Endpoint + ":" + strconv.Itoa(r.ID) }

// Exec runs a shell command on a unit, also on one in error. What it wrote is committed even when it fails; a refused
// commit is an error beside the task.
func (u *Uniter) Exec(unit, command string, id int) (Task, error) {
	a, err := u.ready(unit)
	if err != nil {
		return Task{}, err
	}
	name := u.ExecName()
	info := u.actionInfo(a, name, id, map[string]any{
		"command": command, "timeout": float64(300_000_000_000), "workload-context": false,
	})
	info.FlushOnFailure = true
	run := u.newRun(a, info, Program{})
	run.Command = command
	return u.finish(a, name, run)
}

// Action runs one of the charm's actions with checked parameters.
func (u *Uniter) Action(unit, name string, params map[string]any, id int) (Task, error) {
	a, err := u.ready(unit)
	if err != nil {
		return Task{}, err
	}
	info := u.actionInfo(a, name, id, params)
	p, err := u.Runner.Find(unit, "actions/"+name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Task{
			ID: info.Action.ID, Unit: unit, Status: "failed",
			Message: fmt.Sprintf("action not implemented on unit %q", unit),
		}, nil
	case err != nil:
		return Task{ID: info.Action.ID, Unit: unit, Status: "failed", Message: err.Error()}, nil
	}
	run := u.newRun(a, info, p)
	return u.finish(a, name, run)
}

// ready finds the agent of a unit that has its charm.
func (u *Uniter) ready(unit string) (*Agent, error) {
	a := u.Agents[unit]
	if a == nil {
		return nil, fmt.Errorf("unit %q not found", unit)
	}
	if a.Down {
		return nil, fmt.Errorf("the agent of unit %q is stopped", unit)
	}
	if a.Unpacked == "" {
		return nil, fmt.Errorf("unit %q has no charm yet: its install hook has not run", unit)
	}
	return a, nil
}

func (u *Uniter) actionInfo(a *Agent, name string, id int, params map[string]any) agent.HookInfo {
	u.Model.Tick()
	info := u.info(a, Hook{Relation: -1})
	info.ContextID = fmt.Sprintf("%s-%s-%s", a.Unit, name, u.Model.Hex(32))
	info.Action = &agent.ActionInfo{Name: name, ID: strconv.Itoa(id), Params: params}
	return info
}

// finish runs the program, commits, and puts the task's report together.
func (u *Uniter) finish(a *Agent, name string, run Run) (Task, error) {
	before := u.Model.SwapAgentStatus(a.Unit, agent.Status{Status: "executing", Message: "running action " + name})
	out, trace := u.run(a, name, unitHook("", 0), run)
	u.Model.SwapAgentStatus(a.Unit, before)
	info := run.Context.Info()
	said := run.Context.ActionResult()
	t := Task{ID: info.Action.ID, Unit: a.Unit, Status: "completed", Results: said.Results, Log: said.Log}
	if t.Results == nil {
		t.Results = map[string]any{}
	}
	t.Results["return-code"] = out.Code
	for key, text := range map[string]string{"stdout": out.Stdout, "stderr": out.Stderr} {
		if text != "" {
			t.Results[key] = text
		}
	}
	if said.Failed {
		t.Status, t.Message = "failed", said.Message
	}
	if out.Err != nil && !info.FlushOnFailure {
		u.tell(trace, out.Err)
		t.Status, t.Message = "failed", out.Err.Error()
		return t, nil
	}
	err := u.commit(a, trace, run.Context.Changes())
	u.tell(trace, err)
	if err != nil {
		t.Status, t.Message = "failed", err.Error()
		if info.FlushOnFailure {
			return t, err
		}
	}
	return t, nil
}
