package uniter

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
)

// logger is the name under which Juju's agent reports on hooks in debug-log.
const logger = "juju.worker.uniter.operation"

// Runner runs the programs of hooks, actions and execs.
type Runner interface {
	// Unpack puts the charm's files where the unit runs them; before is the charm that stood there, "" at first.
	Unpack(unit, charm, before string) error
	// Find looks for the program of "hooks/NAME" or "actions/NAME". An error that is fs.ErrNotExist means that the
	// charm has none; any other fails the hook.
	Find(unit, name string) (Program, error)
	// Run runs it to its end.
	Run(Run) Outcome
	// Forget removes what the runner keeps of a unit that is gone.
	Forget(unit string)
}

// Program is what Find has found.
type Program struct {
	Path     string
	Dispatch bool // the charm's dispatch, not the hook's own file
}

// Run is one run of a program.
type Run struct {
	Context *agent.HookContext
	Program Program
	// Command is the text that an exec runs instead of a program.
	Command string
	Env     []string // the whole environment but for what only the runner knows (paths and the socket)
	// Before, if not nil, is asked ahead of each tool call whether it is to go wrong; see agent.Faults.
	Before func(k int, argv []string) agent.Fault
}

// Outcome is how a run ended.
type Outcome struct {
	Killed bool  // by SIGKILL or SIGTERM
	Err    error // why the hook failed; nil when it exited 0
	Code   int   // exit code
	// Stdout and Stderr are kept for actions and execs; a hook's go to debug-log.
	Stdout, Stderr string
}

// Uniter is all unit agents of a model. Its methods belong to one goroutine.
type Uniter struct {
	Model  *model.Model
	Agents State
	Runner Runner
	// Trace, if not nil, is told of every run of a program when it has ended.
	Trace func(Trace)
	// Choose, if not nil, picks one of the hooks that a unit could run next where Juju leaves their order open. It gives
	// the position of the hook, or -1 to leave the choice to the model's seed.
	Choose func(unit string, hooks []Hook) int
}

// draw picks one of several hooks in open order.
func (u *Uniter) draw(a *Agent, hooks []Hook) Hook {
	if u.Choose != nil {
		if i := u.Choose(a.Unit, hooks); i >= 0 {
			return hooks[i]
		}
	}
	return hooks[u.Model.Intn(len(hooks))]
}

// Limits bounds a Settle.
type Limits struct {
	Hooks   int // hook programs run at most; 0: 2000, and 100 more for each unit
	Retries int // failed hooks run again, for each unit
	// Stop, if not nil, ends the work before the next hook when it is closed.
	Stop <-chan struct{}
}

// ErrStopped says that Limits.Stop has ended a Settle. What has run is in the model, and the rest is queued.
var ErrStopped = errors.New("stopped: hooks are still queued")

func (l Limits) stopped() bool {
	select {
	case <-l.Stop:
		return true
	default:
		return false
	}
}

// Settle runs hooks until no unit has one queued. A failed hook stops its unit only; when all others are done, the
// error names every unit that is in error. It is an error, too, when the hooks exceed their limit.
func (u *Uniter) Settle(l Limits) error {
	if l.Hooks == 0 {
		l.Hooks = 2000 + 100*len(u.Agents)
	}
	u.Model.TakeDirty()
	q := newQueue(slices.Sorted(maps.Keys(u.Agents)))
	retried := map[string]int{}
	for ran := 0; len(q.apps) > 0; {
		if l.stopped() {
			return ErrStopped
		}
		unit := q.draw(u.Model.Intn)
		a := u.Agents[unit]
		if a != nil && a.Failed && retried[unit] < l.Retries {
			retried[unit]++
			a.Failed = false
		}
		more, program := u.step(a)
		if !more {
			q.remove(unit)
		}
		if program {
			if ran++; ran > l.Hooks {
				return fmt.Errorf("cannot settle: hooks are still queued after %d; the last was on unit %s", l.Hooks, unit)
			}
		}
		for _, app := range u.Model.TakeDirty() {
			if a := u.Model.Apps[app]; a != nil {
				q.add(a.Units)
			}
		}
	}
	return u.inError()
}

// Step runs hooks of one unit until its charm's program has run so many times or none is queued; no other unit runs
// meanwhile. A number below 1 means no limit. It gives how many have run. The
// error says so if the unit is in error, before or after.
func (u *Uniter) Step(unit string, most int) (ran int, err error) {
	if u.Agents[unit] == nil {
		return 0, fmt.Errorf("unit %q not found", unit)
	}
	for most < 1 || ran < most {
		more, program := u.step(u.Agents[unit])
		if program {
			ran++
		}
		if !more {
			break
		}
	}
	if a := u.Agents[unit]; a != nil && a.Failed {
		return ran, fmt.Errorf("unit %s is in error: hook failed: %q", unit, a.Pending.Name())
	}
	return ran, nil
}

// Urgent tells whether the unit's next hook comes before actions that are queued for it: relation-created, and those of
// leadership and secrets.
func (u *Uniter) Urgent(unit string) bool {
	a := u.Agents[unit]
	if a == nil || u.Model.Units[unit] == nil || a.Pending != nil {
		return false
	}
	h, ok := u.next(a)
	kinds := []string{relationCreated, leaderElected, leaderSettingsChanged, model.SecretExpired, model.SecretRotate, model.SecretChanged, model.SecretRemove}
	return ok && slices.Contains(kinds, h.Kind)
}

// inError names the units whose hook has failed.
func (u *Uniter) inError() error {
	var failed []string
	for _, unit := range slices.Sorted(maps.Keys(u.Agents)) {
		if a := u.Agents[unit]; a.Failed && u.Model.Units[unit] != nil {
			failed = append(failed, fmt.Sprintf("unit %s is in error: hook failed: %q", unit, a.Pending.Name()))
		}
	}
	if failed == nil {
		return nil
	}
	return fmt.Errorf("cannot settle: %s", strings.Join(failed, "; "))
}

// step runs the next hook of an agent, if there is one. It tells whether there may be another, and whether a program
// has run.
func (u *Uniter) step(a *Agent) (more, program bool) {
	if a == nil {
		return false, false
	}
	h, ok := u.next(a)
	if !ok {
		return false, false
	}
	if u.Model.Units[a.Unit] == nil {
		return false, u.runZombie(a, h)
	}
	return true, u.runHook(a, h)
}

// Resolve settles a failed hook: it is queued again, or with skip taken as done without running it. The unit shows the
// error until the hook runs.
func (u *Uniter) Resolve(unit string, skip bool) error {
	a := u.Agents[unit]
	if a == nil {
		return fmt.Errorf("unit %q not found", unit)
	}
	if !a.Failed {
		return fmt.Errorf("unit %q is not in an error state", unit)
	}
	h := *a.Pending
	a.Failed = false
	if skip {
		u.advance(a, h)
		return nil
	}
	return nil
}
