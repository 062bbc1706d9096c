package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/tools"
)

// World is what one hook finds. Facts of tools that the simulator does not have are not read.
type World struct {
	Name          string                       `json:"name"`
	Unit          string                       `json:"unit"`
	Leader        bool                         `json:"leader"`
	ModelType     string                       `json:"model_type"` // iaas or caas
	Trust         bool                         `json:"trust"`
	Hook          string                       `json:"hook"`          // empty in an action
	HookRelation  int                          `json:"hook_relation"` // -1: none
	RemoteUnit    string                       `json:"remote_unit"`
	RemoteApp     string                       `json:"remote_app"`
	DepartingUnit string                       `json:"departing_unit"`
	Action        *Action                      `json:"action"`
	Relations     []Relation                   `json:"relations"`
	Config        map[string]any               `json:"config"` // null: an option with neither value nor default
	State         map[string]string            `json:"state"`
	UnitStatus    map[string]agent.Status      `json:"unit_status"`
	AppStatus     agent.Status                 `json:"application_status"`
	Network       map[string]agent.NetworkInfo `json:"network"`
	GoalState     agent.GoalState              `json:"goal_state"`
	Public        string                       `json:"public_address"`
	Private       string                       `json:"private_address"`
	// Deposed: the unit led when the hook began, and does no longer when the first tool runs.
	Deposed        bool              `json:"leadership_lost_during_hook"`
	LeaderSettings map[string]string `json:"leader_settings"`
	Version        string            `json:"workload_version"`
	Secrets        []Secret          `json:"secrets"`
	// Ports are open on the unit's machine: by unit, by endpoint ("" for all), as opened-ports prints them.
	Ports map[string]map[string][]string `json:"opened_ports"`
}

// Action is the action that the hook really is.
type Action struct {
	Name   string         `json:"name"`
	ID     string         `json:"id"`
	Params map[string]any `json:"params"`
}

// Relation is one relation of the local unit.
type Relation struct {
	ID        int                       `json:"id"`
	Endpoint  string                    `json:"endpoint"`
	Interface string                    `json:"interface"`
	Role      string                    `json:"role"`
	Key       string                    `json:"key"`
	RemoteApp string                    `json:"remote_app"`
	Life      string                    `json:"life"`
	Members   []string                  `json:"members"`   // what relation-list shows
	UnitBags  map[string]agent.Settings `json:"unit_bags"` // a unit without one never entered
	AppBags   map[string]agent.Settings `json:"app_bags"`
}

// ReadWorlds reads a file of worlds.
func ReadWorlds(path string) (map[string]World, error) {
	var file struct {
		Worlds []World `json:"worlds"`
	}
	if err := readJSON(path, &file); err != nil {
		return nil, fmt.Errorf("cannot read worlds: %w", err)
	}
	worlds := map[string]World{}
	for _, w := range file.Worlds {
		if err := w.check(); err != nil {
			return nil, fmt.Errorf("cannot use worlds: %s: world %q: %w", path, w.Name, err)
		}
		worlds[w.Name] = w
	}
	return worlds, nil
}

// check finds what a world cannot do without.
func (w World) check() error {
	if _, found := w.UnitStatus[w.Unit]; !found {
		return fmt.Errorf("unit %q has no status", w.Unit)
	}
	for _, s := range w.Secrets {
		if s.Readable && len(w.Relations) == 0 {
			return fmt.Errorf("secret %q is readable without a relation", s.ID)
		}
	}
	return nil
}

// load makes a model of the world, as Juju of that version.
func (w World) load(version string) *model.Model {
	m := model.New(version, 1)
	m.Kubernetes = w.ModelType == "caas"
	app := model.AppOf(w.Unit)
	charm := &model.Charm{Name: app, Endpoints: map[string]model.Endpoint{}, Options: map[string]model.Option{}}
	own := w.addApp(m, app)
	own.Charm = charm
	own.Config, own.Trusted = w.Config, w.Trust
	own.Status.Current = w.AppStatus
	own.GoalState = &w.GoalState
	for name := range w.UnitStatus {
		w.addUnit(m, name)
	}
	for name := range w.Config {
		charm.Options[name] = model.Option{Type: "string"} // the values are given as they are
	}
	for _, r := range w.Relations {
		charm.Endpoints[r.Endpoint] = model.Endpoint{Role: r.Role, Interface: r.Interface}
		w.addRelation(m, r)
	}
	m.Units[w.Unit].CharmState = w.State
	own.LeaderSettings = w.LeaderSettings
	m.Units[w.Unit].WorkloadVersion = w.Version
	w.openPorts(m)
	if w.Leader || w.Deposed {
		own.Leader = w.Unit
	} else {
		own.Leader = w.otherUnit()
	}
	for _, a := range m.Apps {
		slices.Sort(a.Units)
	}
	w.addSecrets(m)
	m.Reindex()
	return m
}

// openPorts opens the world's ports. Its units share a machine.
func (w World) openPorts(m *model.Model) {
	for unit, endpoints := range w.Ports {
		w.addUnit(m, unit)
		ports := agent.Ports{}
		for endpoint, ranges := range endpoints {
			for _, text := range ranges {
				r, _ := tools.ParsePortRange(text) // as it was printed
				ports[endpoint] = append(ports[endpoint], r)
			}
		}
		m.Units[unit].Ports = ports
	}
}

// otherUnit leads where the local unit does not.
func (w World) otherUnit() string {
	for name := range w.UnitStatus {
		if name != w.Unit {
			return name
		}
	}
	return ""
}

func (w World) addApp(m *model.Model, name string) *model.Application {
	if m.Apps[name] == nil {
		m.Apps[name] = &model.Application{
			Name:   name,
			Charm:  &model.Charm{Name: name, Endpoints: map[string]model.Endpoint{}},
			Config: map[string]any{},
		}
	}
	return m.Apps[name]
}

func (w World) addUnit(m *model.Model, name string) {
	if m.Units[name] != nil {
		return
	}
	app := w.addApp(m, model.AppOf(name))
	app.Units = append(app.Units, name)
	m.Units[name] = &model.Unit{
		Name:     name,
		Workload: model.StatusLog{Current: w.UnitStatus[name]},
		Agent:    agent.Status{Status: "idle"},
	}
	if name == w.Unit {
		m.Units[name].Network = w.Network
		m.Units[name].PublicAddress, m.Units[name].PrivateAddress = w.Public, w.Private
	}
}

// addRelation adds a relation with a side for each application of its key, such as
// "kw:kube-control kcp:kube-control".
func (w World) addRelation(m *model.Model, r Relation) {
	relation := &model.Relation{ID: r.ID, Key: r.Key, Interface: r.Interface, Dying: r.Life != "alive"}
	for _, end := range strings.Fields(r.Key) {
		app, endpoint, _ := strings.Cut(end, ":")
		w.addApp(m, app)
		side := &model.Side{App: app, Endpoint: endpoint, Role: r.Role, Units: map[string]*model.Member{}}
		if app != model.AppOf(w.Unit) {
			side.Role = model.Requirer
		}
		side.Bag = bag(r.AppBags[app])
		for unit, settings := range r.UnitBags {
			if model.AppOf(unit) != app {
				continue
			}
			w.addUnit(m, unit)
			scope := model.Left
			if app == model.AppOf(w.Unit) || slices.Contains(r.Members, unit) {
				scope = model.InScope
			}
			side.Units[unit] = &model.Member{Bag: bag(settings), Scope: scope}
		}
		relation.Sides = append(relation.Sides, side)
	}
	m.Relations[r.ID] = relation
}

func bag(settings agent.Settings) model.Bag {
	if settings == nil {
		settings = agent.Settings{}
	}
	return model.Bag{Settings: settings, Version: 1}
}

// hook is what the unit's agent knows when the world's hook runs.
func (w World) hook() agent.HookInfo {
	info := agent.HookInfo{
		Unit: w.Unit, Name: w.Hook, ContextID: w.Unit + "-" + w.Name,
		RelationID: w.HookRelation, RemoteUnit: w.RemoteUnit, RemoteApp: w.RemoteApp, DepartingUnit: w.DepartingUnit,
	}
	if w.Action != nil {
		info.Action = &agent.ActionInfo{Name: w.Action.Name, ID: w.Action.ID, Params: w.Action.Params}
	}
	for _, r := range w.Relations {
		info.Relations = append(info.Relations, agent.RelationInfo{
			ID: r.ID, Endpoint: r.Endpoint, Key: r.Key, RemoteApp: r.RemoteApp,
			Peer: r.Role == model.Peer, Broken: r.Life != "alive" && len(r.Members) == 0,
			Members: r.Members, Cache: map[string]agent.Settings{},
		})
	}
	return info
}
