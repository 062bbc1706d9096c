package uniter

import (
	"fmt"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// Stop ends a unit's agent: it runs nothing until Start, and the model moves on without it.
func (u *Uniter) Stop(unit string) error {
	a := u.Agents[unit]
	if a == nil {
		return fmt.Errorf("unit %q not found", unit)
	}
	a.Down = true
	return nil
}

// Start brings a stopped agent back, with what it wrote down: which hooks are done and which one is queued. The bags
// that it has read are forgotten.
//
// If its unit was removed by force meanwhile, it is a zombie: it runs one hook, the queued one or update-status, in
// which the controller refuses whatever it is asked, and then it goes.
func (u *Uniter) Start(unit string) error {
	a := u.Agents[unit]
	switch {
	case a == nil:
		return fmt.Errorf("unit %q not found", unit)
	case !a.Down:
		return fmt.Errorf("the agent of unit %q runs already", unit)
	}
	u.start(a)
	return nil
}

// start is the start of an agent that was stopped.
func (u *Uniter) start(a *Agent) {
	a.Down, a.LeaderSettingsSeen = false, 0
	for id, mine := range a.Relations {
		if mine.Gone { // a suspended one will be new to it
			delete(a.Relations, id)
			continue
		}
		mine.Cache = map[string]agent.Settings{}
		mine.Created, mine.Restored, mine.quiet = true, true, -1
		if r := u.Model.Relations[id]; r != nil {
			mine.Dying = r.Dying
		}
	}
	u.Model.RestartSecrets(a.Unit)
	if a.Interrupted {
		a.Interrupted = false
		u.Model.Log(a.Unit, logger, "ERROR", fmt.Sprintf("hook %q was killed with its agent", a.Pending.Name()))
		u.failed(a, *a.Pending)
	}
}

// Upgrade brings the model to another version of Juju. Each running agent starts again, and its follower runs
// leader-settings-changed where that version has it (juju-contract L10); nothing else tells a charm of it.
func (u *Uniter) Upgrade(version string) {
	u.Model.Version = version
	for _, a := range u.Agents {
		if !a.Down {
			u.start(a)
		}
	}
}

// RemoveByForce takes a unit out of the model at once, without a hook of its own. A stopped agent stays on its machine,
// and may come back by Start.
func (u *Uniter) RemoveByForce(unit string) error {
	if _, err := u.Model.Unit(unit); err != nil {
		return err
	}
	for _, sub := range u.Model.Subordinates(unit) {
		if err := u.RemoveByForce(sub); err != nil {
			return err
		}
	}
	if a := u.Agents[unit]; !a.Down {
		u.forget(a)
		return nil
	}
	u.Model.FinishRemoval(unit)
	return nil
}

// ForgetRelation lets the controller deny a relation to one unit, whose agent goes on to list it with its members.
func (u *Uniter) ForgetRelation(relation int, unit string) error {
	a := u.Agents[unit]
	if a == nil || u.Model.Units[unit] == nil {
		return fmt.Errorf("unit %q not found", unit)
	}
	mine := a.Relations[relation]
	if mine == nil || mine.Gone {
		return fmt.Errorf("unit %q is not in relation %d", unit, relation)
	}
	mine.Forgotten, mine.Cache = true, map[string]agent.Settings{}
	return nil
}

// nextZombie is the one hook of an agent whose unit is gone.
func (u *Uniter) nextZombie(a *Agent) Hook {
	if h, queued, _ := u.pending(a); queued && h.Kind != upgradeCharm {
		return h
	}
	return unitHook(updateStatus, 0)
}

// runZombie runs it, and lets the agent go. Only what the agent itself knows is answered: relation-ids and
// relation-list.
func (u *Uniter) runZombie(a *Agent, h Hook) (program bool) {
	u.Model.Tick()
	defer u.bury(a)
	if !a.Installed || a.Stopped {
		return false
	}
	p, err := u.Runner.Find(a.Unit, "hooks/"+h.Name())
	if err != nil {
		return false
	}
	run := u.newRun(a, u.info(a, h), p)
	run.Before = func(_ int, argv []string) agent.Fault {
		if argv[0] == "relation-ids" || argv[0] == "relation-list" {
			return agent.NoFault
		}
		return agent.DenyCall
	}
	out, t := u.run(a, h.Name(), h, run)
	u.tell(t, out.Err)
	u.Model.Log(a.Unit, logger, "WARNING", fmt.Sprintf("hook %q of a unit that is gone ended with exit code %d", h.Name(), out.Code))
	return true
}

// bury removes an agent with its files.
func (u *Uniter) bury(a *Agent) {
	delete(u.Agents, a.Unit)
	u.Runner.Forget(a.Unit)
}
