package uniter

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
)

// runHook runs one hook and carries on from its outcome. It tells whether a program has run; a charm without a
// program for the hook counts as success.
func (u *Uniter) runHook(a *Agent, h Hook) (program bool) {
	u.prepare(a, h)
	if err := u.unpack(a, h); err != nil {
		u.fail(a, h, "", err)
		return true
	}
	p, err := u.Runner.Find(a.Unit, "hooks/"+h.Name())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		u.Model.Log(a.Unit, logger, "INFO", fmt.Sprintf("skipped %q hook (missing)", h.Name()))
		u.advance(a, h)
		if h.Kind == start {
			u.Model.SetUnknown(a.Unit)
		}
		return false
	case err != nil:
		u.fail(a, h, "explicit, bespoke hook script", err)
		return true
	}
	if h.Kind != updateStatus { // of which the agent says nothing
		u.Model.SetAgentStatus(a.Unit, "executing", fmt.Sprintf("running %s hook", h.Name()))
	}
	info := u.info(a, h)
	run := u.newRun(a, info, p)
	out, t := u.run(a, h.Name(), h, run)
	if out.Killed {
		u.tell(t, out.Err)
		if a.Interrupted = a.Down; !a.Down { // an agent that has gone as well says nothing
			u.Model.Log(a.Unit, logger, "INFO", fmt.Sprintf("hook %q was terminated and runs again", h.Name()))
		}
		a.Pending = &h
		u.Model.SetAgentStatus(a.Unit, "idle", "")
		return true
	}
	err = out.Err
	if err == nil {
		err = u.commit(a, t, u.changes(a, h, run.Context))
	}
	u.tell(t, err)
	if err != nil {
		u.fail(a, h, p.via(), err)
		return true
	}
	u.Model.Log(a.Unit, logger, "INFO", fmt.Sprintf("ran %q hook (via %s)", h.Name(), p.via()))
	if a.RepeatHook {
		a.RepeatHook = false
		a.Pending = &h
		return true
	}
	u.advance(a, h)
	if h.Kind == start {
		u.Model.SetUnknown(a.Unit)
	}
	return true
}

// via is how Juju's log names the program.
func (p Program) via() string {
	if p.Dispatch {
		return "hook dispatching script: dispatch"
	}
	return "explicit, bespoke hook script"
}

// unpack brings the charm's files for the hooks that need new ones.
func (u *Uniter) unpack(a *Agent, h Hook) error {
	charm := u.app(a).CharmDir
	if (h.Kind != install && h.Kind != upgradeCharm) || a.Unpacked == charm {
		return nil
	}
	if err := u.Runner.Unpack(a.Unit, charm, a.Unpacked); err != nil {
		return err
	}
	a.Unpacked = charm
	return nil
}

// changes is what the hook commits. A config-changed hook brings Juju's own address keys along.
func (u *Uniter) changes(a *Agent, h Hook, c *agent.HookContext) agent.Changes {
	changes := c.Changes()
	if h.Kind != configChanged {
		return changes
	}
	addresses := u.Model.AddressChanges(a.Unit)
	if addresses == nil {
		return changes
	}
	for id, written := range changes.Units {
		if addresses[id] == nil {
			addresses[id] = agent.Settings{}
		}
		maps.Copy(addresses[id], written)
	}
	changes.Units = addresses
	return changes
}

// fail leaves the unit in error, with the hook queued for a retry with the same facts.
func (u *Uniter) fail(a *Agent, h Hook, via string, err error) {
	u.Model.Log(a.Unit, logger, "ERROR", fmt.Sprintf("hook %q (via %s) failed: %v", h.Name(), via, err))
	u.failed(a, h)
}

// failed queues the hook and shows the error.
func (u *Uniter) failed(a *Agent, h Hook) {
	a.Pending, a.Failed = &h, true
	u.Model.SetAgentStatus(a.Unit, "error", fmt.Sprintf("hook failed: %q", h.Name()))
}

// info gathers what the agent knows for a run. The zero Hook stands for an action or exec: those see the members whose
// hooks are done, also while a hook has failed.
func (u *Uniter) info(a *Agent, h Hook) agent.HookInfo {
	app := model.AppOf(a.Unit)
	info := agent.HookInfo{
		Unit:          a.Unit,
		Name:          h.Name(),
		RelationID:    h.Relation,
		RemoteUnit:    h.RemoteUnit,
		RemoteApp:     h.RemoteApp,
		DepartingUnit: h.Departing,
		SecretID:      h.Secret,
		SecretLabel:   h.SecretLabel,
		ContextID:     fmt.Sprintf("%s-%s-%s", a.Unit, h.Name(), u.Model.Hex(32)),
	}
	if h.Kind == model.SecretExpired || h.Kind == model.SecretRemove {
		info.SecretRevision = h.Version
	}
	if r := u.Model.Relations[h.Relation]; r != nil {
		info.RemoteUnit, info.RemoteApp = r.Seen(app, h.RemoteUnit), r.Seen(app, h.RemoteApp)
		info.DepartingUnit = r.Seen(app, h.Departing)
	}
	for _, id := range slices.Sorted(maps.Keys(a.Relations)) {
		r, mine := u.Model.Relations[id], a.Relations[id]
		if r == nil || mine.Gone {
			continue
		}
		info.Relations = append(info.Relations, agent.RelationInfo{
			ID:        id,
			Endpoint:  r.Side(app).Endpoint,
			Key:       r.Key,
			RemoteApp: r.Seen(app, r.Remote(app).App),
			Peer:      r.Peer(),
			Broken:    (r.Suspended || mine.Dying) && len(mine.Members) == 0,
			Denied:    mine.Forgotten,
			Members:   r.SeenAll(app, mine.membersShown(h, id)),
			Cache:     mine.Cache,
		})
	}
	return info
}
