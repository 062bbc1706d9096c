package uniter

import "github.com/kube-control/kube-control/jujusim/model"

// next is the hook that the unit runs now, if any. On the way it does what agents do without a hook: it enters the
// scope of relations, and leaves them.
func (u *Uniter) next(a *Agent) (Hook, bool) {
	if a.Down {
		return Hook{}, false
	}
	unit, app := u.Model.Units[a.Unit], u.Model.Apps[model.AppOf(a.Unit)]
	if unit == nil {
		return u.nextZombie(a), true
	}
	if h, queued, waiting := u.pending(a); queued || waiting {
		return h, queued
	}
	if !a.Installed {
		if unit.Dying {
			u.forget(a)
			return Hook{}, false
		}
		return unitHook(install, 0), true
	}
	if h, ok := u.nextOfTheLiving(a, unit, app); ok {
		return h, true
	}
	if unit.Dying {
		return u.nextDying(a)
	}
	if a.CharmSeen != app.CharmVersion {
		return unitHook(upgradeCharm, app.CharmVersion), true
	}
	if a.ConfigSeen < 0 || a.ConfigSeen != app.ConfigVersion && a.ConfigHash != app.ConfigHash() {
		return unitHook(configChanged, app.ConfigVersion), true
	}
	if h, ok := u.nextRelation(a, false); ok {
		return h, true
	}
	if a.UpdateStatus {
		return unitHook(updateStatus, 0), true
	}
	return Hook{}, false
}

// nextOfTheLiving are the hooks that come before all others, and that a dying unit does not have.
func (u *Uniter) nextOfTheLiving(a *Agent, unit *model.Unit, app *model.Application) (Hook, bool) {
	if unit.Dying {
		return Hook{}, false
	}
	if h, ok := u.nextCreated(a); ok {
		return h, true
	}
	if h, ok := u.nextLeadership(a, app); ok {
		return h, true
	}
	e, ok := u.Model.NextSecretEvent(a.Unit)
	if !ok {
		return Hook{}, false
	}
	return secretHook(e), true
}

// pending is the queued hook of an agent; waiting says that it has failed and is not resolved. A queued hook of a
// relation that has vanished is dropped, and so is one that only a leader has.
func (u *Uniter) pending(a *Agent) (h Hook, queued, waiting bool) {
	switch {
	case a.Failed:
		return Hook{}, false, true
	case a.Pending == nil:
		return Hook{}, false, false
	case a.Pending.Relation >= 0 && u.Model.Relations[a.Pending.Relation] == nil:
		u.settled(a)
		return Hook{}, false, false
	case u.lostLeadership(a):
		u.settled(a)
		return Hook{}, false, false
	}
	return *a.Pending, true, false
}

// nextCreated enters the scope of all living relations, and gives the relation-created hook of one that has not had it.
func (u *Uniter) nextCreated(a *Agent) (Hook, bool) {
	var fresh []*model.Relation
	for _, r := range u.Model.RelationsOf(model.AppOf(a.Unit)) {
		if r.Empty() || !u.Model.TakesPart(r, a.Unit) {
			continue
		}
		switch mine := a.Relations[r.ID]; {
		case mine == nil:
			a.Relations[r.ID] = newRelation()
			u.enter(a, r)
		case mine.Gone: // it was suspended
			a.Relations[r.ID] = newRelation()
			a.Relations[r.ID].Created = mine.Created
			u.enter(a, r)
		}
		if !a.Relations[r.ID].Created {
			fresh = append(fresh, r)
		}
	}
	if len(fresh) == 0 {
		return Hook{}, false
	}
	hooks := make([]Hook, len(fresh))
	for i, r := range fresh {
		hooks[i] = u.relationHook(a, r, relationCreated)
	}
	return u.draw(a, hooks), true
}

// nextLeadership notices that leadership has come or gone. Losing it has no hook of its own; a unit that does not lead
// runs leader-settings-changed, and again after each change of the settings; 4.x no longer has them.
func (u *Uniter) nextLeadership(a *Agent, app *model.Application) (Hook, bool) {
	switch {
	case app.Leader == a.Unit && a.Leadership != "leader":
		return unitHook(leaderElected, 0), true
	case app.Leader != a.Unit && a.Leadership != "minion":
		a.Leadership = "minion"
	}
	settings := app.LeaderSettingsVersion + 1
	if a.Leadership == "minion" && a.LeaderSettingsSeen != settings && u.Model.Major() < 4 {
		return unitHook(leaderSettingsChanged, settings), true
	}
	return Hook{}, false
}

// nextDying goes through a dying unit's last hooks: its relations', then stop, unless it never started, and remove. It stays
// to the end in relations that it knows as peer relations, because they have no broken hook. Its subordinate units go first.
func (u *Uniter) nextDying(a *Agent) (Hook, bool) {
	u.Model.RemoveSubordinates(a.Unit)
	if h, ok := u.nextRelation(a, true); ok {
		return h, true
	}
	if a.Started && !a.Stopped {
		return unitHook(stop, 0), true
	}
	if len(u.Model.Subordinates(a.Unit)) > 0 {
		return Hook{}, false
	}
	return unitHook(remove, 0), true
}

// nextRelation is the hook of one of the unit's relations: the seed draws among those that have one, regular relations
// before those that are known as peer relations. 2.9 makes no difference between them.
func (u *Uniter) nextRelation(a *Agent, dying bool) (Hook, bool) {
	var regular, peer []Hook
	for _, r := range u.Model.RelationsOf(model.AppOf(a.Unit)) {
		mine := a.Relations[r.ID]
		if mine == nil || mine.Gone || mine.Forgotten && !dying {
			continue
		}
		generation := r.Remote(model.AppOf(a.Unit)).Generation()
		if !dying && mine.quiet == generation {
			continue
		}
		h, ok := u.inRelation(a, r, mine, dying)
		switch {
		case !ok && !dying:
			mine.quiet = generation
		case ok && mine.peer(r) && u.Model.Major() >= 3:
			peer = append(peer, h)
		case ok:
			regular = append(regular, h)
		}
	}
	for _, hooks := range [][]Hook{regular, peer} {
		if len(hooks) > 0 {
			return u.draw(a, hooks), true
		}
	}
	return Hook{}, false
}

// inRelation is the next hook of one relation. To a dying unit, and in a relation that is dying or suspended, the other side looks empty.
func (u *Uniter) inRelation(a *Agent, r *model.Relation, mine *Relation, dying bool) (Hook, bool) {
	remote := r.Remote(model.AppOf(a.Unit))
	empty := dying || r.Empty()
	switch {
	case mine.Joined != "":
		return u.memberHook(a, r, relationChanged, mine.Joined), true
	case empty:
		return u.emptied(a, r, mine)
	case !mine.Created:
		return Hook{}, false
	}
	gone, fresh, stale := mine.news(a.Unit, remote, func(other *model.Member) bool { return u.Model.Sees(r, a.Unit, other) })
	switch {
	case gone != "":
		return u.memberHook(a, r, relationDeparted, gone), true
	case remote.Bag.Version != mine.AppVersion:
		h := u.relationHook(a, r, relationChanged)
		h.Version = remote.Bag.Version
		return h, true
	case fresh != "":
		return u.memberHook(a, r, relationJoined, fresh), true
	case stale != "":
		return u.memberHook(a, r, relationChanged, stale), true
	}
	return Hook{}, false
}

// emptied is the next hook of a relation whose other side looks empty.
func (u *Uniter) emptied(a *Agent, r *model.Relation, mine *Relation) (Hook, bool) {
	switch members := mine.members(); {
	case len(members) > 0:
		return u.memberHook(a, r, relationDeparted, members[0]), true
	case mine.peer(r):
		return Hook{}, false
	}
	h := u.relationHook(a, r, relationBroken)
	if mine.Restored {
		h.RemoteApp = ""
	}
	return h, true
}

// peer tells whether the agent knows that this is a peer relation.
func (mine *Relation) peer(r *model.Relation) bool { return r.Peer() && !mine.Restored }

// relationHook is a hook about a relation as a whole, or about the remote application's bag.
func (u *Uniter) relationHook(a *Agent, r *model.Relation, kind string) Hook {
	app := model.AppOf(a.Unit)
	return Hook{Kind: kind, Relation: r.ID, Endpoint: r.Side(app).Endpoint, RemoteApp: r.Remote(app).App}
}

// memberHook is a hook about one remote unit. The departing unit is the local one when it goes itself.
func (u *Uniter) memberHook(a *Agent, r *model.Relation, kind, remote string) Hook {
	h := u.relationHook(a, r, kind)
	h.RemoteUnit = remote
	if m := r.Remote(model.AppOf(a.Unit)).Units[remote]; m != nil {
		h.Version = m.Version
	}
	if kind == relationDeparted {
		h.Departing = remote
		if u.Model.Units[a.Unit].Dying || u.Model.Apps[model.AppOf(a.Unit)].Dying {
			h.Departing = a.Unit
		}
	}
	return h
}

// enter puts the unit into a relation, and makes the subordinate unit that it may need there.
func (u *Uniter) enter(a *Agent, r *model.Relation) {
	u.Model.EnterScope(r.ID, a.Unit)
	if sub := u.Model.EnsureSubordinate(r, a.Unit); sub != "" {
		u.Agents.Add(sub, u.Model.Apps[model.AppOf(sub)].CharmVersion)
	}
}

// leave takes the unit out of a relation. A subordinate unit without a relation to its principal is removed.
func (u *Uniter) leave(a *Agent, relation int) {
	if mine := a.Relations[relation]; mine != nil && !mine.Gone {
		mine.Gone = true
		u.Model.LeaveScope(relation, a.Unit)
	}
	if u.Model.IsOrphan(a.Unit) {
		_ = u.Model.RemoveUnit(a.Unit) // it exists
	}
}
