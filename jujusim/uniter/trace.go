package uniter

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
)

// Trace is what one run of a program did.
type Trace struct {
	Unit         string
	Hook         Hook   // of a hook; one of no kind and no relation for an action or an exec
	Name         string // of the hook, or the action; "juju-exec" for an exec
	Calls        []agent.Call
	Began, Ended time.Time     // by the model's clock
	Took         time.Duration // by a real one
	Code         int           // exit code; -1 for a program that was killed or did not start
	Failure      string        // why nothing was committed, or the commit was refused; "" when all went well
	Bags         []BagChange   // what the commit has changed: the unit's bags, then the application's, by relation
	State        BagChange     // the same of the charm state
	Secrets      agent.SecretChanges
	Status       *agent.Status // nil unless the unit's charm has set one
}

// BagChange is what has changed in one bag.
type BagChange struct {
	Relation string         `json:"relation,omitempty"` // "kube-control:3"
	Of       string         `json:"of,omitempty"`       // the unit, or the application
	Set      agent.Settings `json:"set,omitempty"`
	Removed  []string       `json:"removed,omitempty"` // sorted
}

// Empty tells whether nothing has changed.
func (c BagChange) Empty() bool { return len(c.Set)+len(c.Removed) == 0 }

// run runs a program. The trace is to be told when the outcome is known.
func (u *Uniter) run(a *Agent, name string, h Hook, r Run) (Outcome, *Trace) {
	t := &Trace{Unit: a.Unit, Name: name, Hook: h, Began: u.Model.Now()}
	before, start := u.Model.UnitStatus(a.Unit), time.Now()
	out := u.Runner.Run(r)
	t.Took, t.Ended, t.Code, t.Calls = time.Since(start), u.Model.Now(), out.Code, r.Context.Calls()
	if after := u.Model.UnitStatus(a.Unit); after != before {
		t.Status = &after
	}
	return out, t
}

// commit hands a run's changes to the model, and notes what they change.
func (u *Uniter) commit(a *Agent, t *Trace, changes agent.Changes) error {
	if a.DropGrant && len(changes.Secrets.Grant) > 0 {
		a.DropGrant = false
		changes.Secrets.Grant = nil
	}
	var bags []BagChange
	var state BagChange
	if u.Trace != nil {
		bags = append(u.bagChanges(a.Unit, changes.Units, u.Model.UnitSettings),
			u.bagChanges(model.AppOf(a.Unit), changes.Apps, u.Model.AppSettings)...)
		if changes.State != nil {
			state = u.stateChange(a.Unit, *changes.State)
		}
	}
	if err := u.Model.Commit(a.Unit, changes); err != nil {
		return err
	}
	t.Bags, t.State, t.Secrets = bags, state, changes.Secrets
	return nil
}

// tell passes the trace on.
func (u *Uniter) tell(t *Trace, err error) {
	if u.Trace == nil {
		return
	}
	if err != nil {
		t.Failure = err.Error()
	}
	u.Trace(*t)
}

// bagChanges compares what was written to the bags of a unit or an application with what is there.
func (u *Uniter) bagChanges(name string, written map[int]agent.Settings, read func(int, string) (agent.Settings, error)) []BagChange {
	var changes []BagChange
	for _, id := range slices.Sorted(maps.Keys(written)) {
		old, err := read(id, name)
		if err != nil {
			continue // the commit will say so
		}
		c := BagChange{Relation: u.Model.Relations[id].Side(model.AppOf(name)).Endpoint + ":" + strconv.Itoa(id), Of: name, Set: agent.Settings{}}
		for _, key := range slices.Sorted(maps.Keys(written[id])) {
			value := written[id][key]
			_, had := old[key]
			switch {
			case value == "" && had:
				c.Removed = append(c.Removed, key)
			case value != old[key]:
				c.Set[key] = value
			}
		}
		if !c.Empty() {
			changes = append(changes, c)
		}
	}
	return changes
}

// stateChange compares the new charm state with the one that is there.
func (u *Uniter) stateChange(unit string, state map[string]string) BagChange {
	old := u.Model.State(unit)
	c := BagChange{Set: agent.Settings{}}
	for key, value := range state {
		if before, had := old[key]; !had || before != value {
			c.Set[key] = value
		}
	}
	for _, key := range slices.Sorted(maps.Keys(old)) {
		if _, has := state[key]; !has {
			c.Removed = append(c.Removed, key)
		}
	}
	return c
}
