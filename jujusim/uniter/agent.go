package uniter

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// Agent is what one unit's agent remembers between hooks.
type Agent struct {
	Unit      string `json:"unit"`
	Installed bool   `json:"installed,omitempty"`
	Started   bool   `json:"started,omitempty"`
	Stopped   bool   `json:"stopped,omitempty"`
	// Leadership is "leader" or "minion", as the last leadership hook had it; "" before the first one.
	Leadership string `json:"leadership,omitempty"`
	// LeaderSettingsSeen is one more than the version that the last leader-settings-changed announced, 0 before the first.
	LeaderSettingsSeen int `json:"leader-settings-seen,omitempty"`
	// ConfigSeen is the version of the configuration at the last config-changed, -1 when one is owed. ConfigHash is that of
	// its content: an option that was set and set back changes nothing.
	ConfigSeen   int    `json:"config-seen"`
	ConfigHash   string `json:"config-hash,omitempty"`
	CharmSeen    int    `json:"charm-seen"`
	Unpacked     string `json:"unpacked,omitempty"`      // the charm whose files the unit has
	UpdateStatus bool   `json:"update-status,omitempty"` // asked for by hand
	// Pending is the hook that runs next: one that follows another at once, such as start after the first config-changed,
	// or one that has failed (Failed) or was killed, with the same facts.
	Pending   *Hook             `json:"pending,omitempty"`
	Failed    bool              `json:"failed,omitempty"`
	Relations map[int]*Relation `json:"relations,omitempty"`
	// Interrupted: the agent was killed while the pending hook ran.
	Interrupted bool `json:"interrupted,omitempty"`
	// Down: the agent is stopped. It runs nothing until Start.
	Down bool `json:"down,omitempty"`
	Faults
}

// Relation is what an agent remembers of one relation.
type Relation struct {
	Created bool `json:"created,omitempty"`
	Gone    bool `json:"gone,omitempty"` // broken has run, or the relation was left without a hook
	// Members are the remote units whose joined hook has committed, with the version of the bag last announced.
	Members    map[string]int `json:"members,omitempty"`
	AppVersion int            `json:"app-version,omitempty"`
	// Joined is the unit whose joined hook was the last to commit; its changed hook comes next.
	Joined string `json:"joined,omitempty"`
	// Dying: the relation was dying when the agent started. A running agent does not look again.
	Dying bool `json:"dying,omitempty"`
	// Restored: the agent has started since it entered the relation. It no longer knows the other application's name for
	// broken, nor that a peer relation is one.
	Restored bool `json:"restored,omitempty"`
	// Forgotten: to this unit the controller denies the relation, which the agent goes on to offer.
	Forgotten bool `json:"forgotten,omitempty"`
	// Cache holds the members' bags as hooks have read them, by the names that the charm sees.
	Cache map[string]agent.Settings `json:"-"`
	// CacheRefs is Cache in a file: positions in the state's list of bags.
	CacheRefs map[string]int `json:"cache,omitempty"`
	// quiet is the remote side's generation at which there was nothing to do, -1 when that is not known.
	quiet int
	// todo are the remote units that may have something to announce, as of the remote side's generation seen. Nil: not
	// known, so that all have to be looked at.
	todo map[string]bool
	seen int
	// sorted are the names in Members; nil: to be sorted. A slice handed out never changes.
	sorted []string
}

func newRelation() *Relation {
	return &Relation{Members: map[string]int{}, Cache: map[string]agent.Settings{}, quiet: -1}
}

// State is all agents' memory, by unit. In a file, bags that several agents have read are written once.
type State map[string]*Agent

type stateFile struct {
	Agents map[string]*Agent `json:"agents"`
	Bags   []agent.Settings  `json:"bags"`
}

// MarshalJSON writes the agents, and their cached bags as one list.
func (s State) MarshalJSON() ([]byte, error) {
	f := stateFile{Agents: s}
	seen := map[uintptr]int{}
	for _, unit := range slices.Sorted(maps.Keys(s)) {
		for _, id := range slices.Sorted(maps.Keys(s[unit].Relations)) {
			r := s[unit].Relations[id]
			r.CacheRefs = map[string]int{}
			for _, remote := range slices.Sorted(maps.Keys(r.Cache)) {
				bag := r.Cache[remote]
				at := reflect.ValueOf(bag).Pointer()
				if _, found := seen[at]; !found {
					seen[at] = len(f.Bags)
					f.Bags = append(f.Bags, bag)
				}
				r.CacheRefs[remote] = seen[at]
			}
		}
	}
	return json.Marshal(f)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *State) UnmarshalJSON(data []byte) error {
	var f stateFile
	if err := json.Unmarshal(data, &f); err != nil {
		return err
	}
	*s = f.Agents
	if *s == nil {
		*s = State{}
	}
	for unit, a := range *s {
		if a == nil {
			return fmt.Errorf("cannot read agent of %s: it is missing", unit)
		}
		if a.Relations == nil {
			a.Relations = map[int]*Relation{}
		}
		for id, r := range a.Relations {
			if r == nil {
				return fmt.Errorf("cannot read agent of %s: its relation %d is missing", unit, id)
			}
			full := newRelation()
			full.Created, full.Gone, full.AppVersion, full.Joined = r.Created, r.Gone, r.AppVersion, r.Joined
			full.Forgotten, full.Dying, full.Restored = r.Forgotten, r.Dying, r.Restored
			maps.Copy(full.Members, r.Members)
			for remote, at := range r.CacheRefs {
				if at < 0 || at >= len(f.Bags) {
					return fmt.Errorf("cannot read agent of %s: no cached bag %d", a.Unit, at)
				}
				full.Cache[remote] = f.Bags[at]
			}
			a.Relations[id] = full
		}
	}
	return nil
}

// Add makes the agent of a new unit. charmVersion is the version of the charm that the unit is deployed with.
func (s State) Add(unit string, charmVersion int) {
	s[unit] = &Agent{Unit: unit, ConfigSeen: -1, CharmSeen: charmVersion, Relations: map[int]*Relation{}}
}
