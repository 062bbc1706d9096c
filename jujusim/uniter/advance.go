package uniter

import (
	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
)

// prepare does what an agent does before a hook runs: it forgets the bag that the hook announces, and says what is
// going on where the charm cannot yet, or no longer.
func (u *Uniter) prepare(a *Agent, h Hook) {
	u.Model.Tick()
	if mine := a.Relations[h.Relation]; mine != nil && h.RemoteUnit != "" {
		delete(mine.Cache, u.seen(a, h))
	}
	switch h.Kind {
	case install:
		u.Model.SetAgentsStatus(a.Unit, agent.Status{Status: "maintenance", Message: "installing charm software"})
	case stop:
		u.Model.SetAgentsStatus(a.Unit, agent.Status{Status: "maintenance", Message: "stopping charm software"})
	case remove:
		u.Model.SetAgentsStatus(a.Unit, agent.Status{Status: "maintenance", Message: "cleaning up prior to charm deletion"})
	}
}

// advance notes that a hook is done: it has succeeded, was missing, or was resolved without a retry.
func (u *Uniter) advance(a *Agent, h Hook) {
	u.settled(a)
	a.UpdateStatus = false // any hook that is done stands for it
	switch h.Kind {
	case install:
		a.Installed = true
	case leaderElected:
		a.Leadership = "leader"
	case leaderSettingsChanged:
		a.LeaderSettingsSeen = h.Version
	case configChanged:
		a.ConfigSeen, a.ConfigHash = u.app(a).ConfigVersion, u.app(a).ConfigHash()
		if !a.Started {
			a.queue(unitHook(start, 0))
		}
	case upgradeCharm:
		a.CharmSeen, a.ConfigSeen, a.LeaderSettingsSeen = h.Version, -1, 0
		a.queue(unitHook(configChanged, 0))
	case start:
		a.Started = true
	case updateStatus:
	case stop:
		a.Stopped = true
	case remove:
		u.forget(a)
	case model.SecretExpired, model.SecretRotate, model.SecretChanged, model.SecretRemove:
		u.Model.AnnounceSecret(a.Unit, h.secretEvent())
	default:
		u.advanceRelation(a, h)
	}
}

// queue makes a hook the next one, whatever else there is to do.
func (a *Agent) queue(h Hook) { a.Pending = &h }

func (u *Uniter) advanceRelation(a *Agent, h Hook) {
	mine := a.Relations[h.Relation]
	mine.quiet = -1
	switch {
	case h.Kind == relationCreated:
		mine.Created = true
	case h.Kind == relationJoined:
		mine.sorted = mine.with(h.RemoteUnit)
		mine.Members[h.RemoteUnit] = h.Version
		mine.Joined = h.RemoteUnit
	case h.Kind == relationChanged && h.RemoteUnit == "":
		mine.AppVersion = h.Version
	case h.Kind == relationChanged:
		mine.Members[h.RemoteUnit] = h.Version
		mine.Joined = ""
	case h.Kind == relationDeparted:
		mine.sorted = mine.without(h.RemoteUnit)
		delete(mine.Members, h.RemoteUnit)
		delete(mine.Cache, u.seen(a, h))
	case h.Kind == relationBroken:
		u.leave(a, h.Relation)
	}
}

// seen is the name by which the hook's relation shows its remote unit to the charm.
func (u *Uniter) seen(a *Agent, h Hook) string {
	return u.Model.Relations[h.Relation].Seen(model.AppOf(a.Unit), h.RemoteUnit)
}

// settled clears the queued hook and, if it had failed, the error.
func (u *Uniter) settled(a *Agent) {
	a.Pending, a.Failed = nil, false
	u.Model.SetAgentStatus(a.Unit, "idle", "")
}

// forget removes a unit that has run its last hook, with its files.
func (u *Uniter) forget(a *Agent) {
	u.Model.FinishRemoval(a.Unit)
	u.bury(a)
}

// app is the application of an agent's unit.
func (u *Uniter) app(a *Agent) *model.Application { return u.Model.Apps[model.AppOf(a.Unit)] }
