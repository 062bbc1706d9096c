package model

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// Application is a deployed charm.
type Application struct {
	Name          string         `json:"name"`
	Charm         *Charm         `json:"charm"`
	CharmDir      string         `json:"charm-dir"`        // where the units' copies are made from
	Source        string         `json:"source,omitempty"` // the directory that was deployed; absolute
	CharmVersion  int            `json:"charm-version"`    // grows with each refresh
	Config        map[string]any `json:"config"`           // what was set; defaults stand in the charm
	ConfigVersion int            `json:"config-version"`
	Status        StatusLog      `json:"status"` // empty until some leader sets it
	Units         []string       `json:"units"`  // in order of creation
	NextUnit      int            `json:"next-unit"`
	Leader        string         `json:"leader"` // a unit's name; "" when there is none
	Dying         bool           `json:"dying,omitempty"`
	// LeaderSettings are what leader-set has written; the version grows with each change.
	LeaderSettings        map[string]string `json:"leader-settings,omitempty"`
	LeaderSettingsVersion int               `json:"leader-settings-version,omitempty"`
	WorkloadVersion       string            `json:"workload-version,omitempty"` // as a unit has set it last
	// RemoteName is what providers in other models call the application; "" before the first cross-model relation.
	RemoteName string `json:"remote-name,omitempty"`
	// Resources are the files of the charm's resources, by name, relative to the data directory.
	Resources map[string]string `json:"resources,omitempty"`
	Trusted   bool              `json:"trusted,omitempty"` // credential-get gives it the cloud's credential
	// GoalState, if not nil, is the fixed answer of goal-state.
	GoalState *agent.GoalState `json:"goal-state,omitempty"`
}

// Unit is one unit of an application. Only subordinate units share its machine.
type Unit struct {
	Name           string            `json:"name"`
	Machine        string            `json:"machine"`
	Dying          bool              `json:"dying,omitempty"`
	Workload       StatusLog         `json:"workload"`         // what the charm said; Displayed says what a client sees
	Spoken         bool              `json:"spoken,omitempty"` // the charm itself has set a status
	Agent          agent.Status      `json:"agent"`            // allocating, executing, idle or error
	CharmState     map[string]string `json:"charm-state,omitempty"`
	PublicAddress  string            `json:"public-address"`
	PrivateAddress string            `json:"private-address"`
	Principal      string            `json:"principal,omitempty"`     // of a subordinate unit: the unit whose machine it shares
	RefuseCommit   bool              `json:"refuse-commit,omitempty"` // the next commit is refused, once
	Ports          agent.Ports       `json:"ports,omitempty"`         // what is open; a value handed out never changes
	// WorkloadVersion is what application-version-set has said.
	WorkloadVersion string `json:"workload-version,omitempty"`
	// Network, if not nil, holds the answers of network-get by binding; the key "" is the default binding.
	Network map[string]agent.NetworkInfo `json:"network,omitempty"`
}

var (
	appName  = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$`)
	unitName = regexp.MustCompile(`^([a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*)/(0|[1-9][0-9]*)$`)
)

// AppOf is the application's part of a unit's name.
func AppOf(unit string) string {
	app, _, _ := strings.Cut(unit, "/")
	return app
}

// UnitNumber is the number in a unit's name.
func UnitNumber(unit string) int {
	_, number, _ := strings.Cut(unit, "/")
	n, _ := strconv.Atoi(number)
	return n
}

// Tag is the unit's name as Juju writes it in paths and log lines: unit-kcp-0.
func Tag(unit string) string { return "unit-" + strings.ReplaceAll(unit, "/", "-") }

// App finds an application.
func (m *Model) App(name string) (*Application, error) {
	if a := m.Apps[name]; a != nil {
		return a, nil
	}
	return nil, fmt.Errorf("application %q not found", name)
}

// Unit finds a unit; "app/leader" is the application's leader.
func (m *Model) Unit(name string) (*Unit, error) {
	if app, found := strings.CutSuffix(name, "/leader"); found {
		a, err := m.App(app)
		if err != nil {
			return nil, err
		}
		if a.Leader == "" {
			return nil, fmt.Errorf("could not determine leader for %q", app)
		}
		name = a.Leader
	}
	if u := m.Units[name]; u != nil {
		return u, nil
	}
	if !unitName.MatchString(name) {
		return nil, fmt.Errorf("invalid unit name %q", name)
	}
	return nil, fmt.Errorf("unit %q not found", name)
}

// Deploy makes an application without units, with its peer relations. The charm's files are to be found in dir.
func (m *Model) Deploy(name string, charm *Charm, dir string) (*Application, error) {
	if !appName.MatchString(name) {
		return nil, fmt.Errorf("invalid application name %q", name)
	}
	if m.Apps[name] != nil {
		return nil, fmt.Errorf("cannot add application %q: application already exists", name)
	}
	a := &Application{Name: name, Charm: charm, CharmDir: dir, Config: map[string]any{}}
	m.Apps[name] = a
	for _, ep := range sortedKeys(charm.Endpoints) {
		if charm.Endpoints[ep].Role == Peer {
			m.addRelation(&Side{App: name, Endpoint: ep, Role: Peer}, nil, charm.Endpoints[ep].Interface)
		}
	}
	return a, nil
}

// AddUnits makes n units and gives their names. The first unit of an application becomes its leader.
func (m *Model) AddUnits(app string, n int) ([]string, error) {
	a, err := m.App(app)
	if err != nil {
		return nil, err
	}
	if a.Charm.Subordinate && n > 0 {
		return nil, fmt.Errorf("cannot add unit to application %q: application is a subordinate", app)
	}
	if a.Dying {
		return nil, fmt.Errorf("cannot add unit to application %q: application is not found or not alive", app)
	}
	var names []string
	for range n {
		u := m.newUnit(fmt.Sprintf("%s/%d", app, a.NextUnit))
		a.NextUnit++
		a.Units = append(a.Units, u.Name)
		names = append(names, u.Name)
	}
	if a.Leader == "" && len(a.Units) > 0 {
		a.Leader = a.Units[0]
	}
	return names, nil
}

func (m *Model) newUnit(name string) *Unit {
	n := m.NextMachine
	m.NextMachine++
	u := &Unit{
		Name:           name,
		Machine:        strconv.Itoa(n),
		PublicAddress:  fmt.Sprintf("203.0.%d.%d", 113+n/250, n%250+1),
		PrivateAddress: fmt.Sprintf("10.%d.%d.%d", n/62500, n/250%250, n%250+1),
		Agent:          agent.Status{Status: "allocating", Since: m.since()},
	}
	m.Units[name] = u
	u.Workload.set(agent.Status{Status: "waiting", Message: m.initialising(), Since: m.since()})
	return u
}

// initialising is what a unit whose agent has run no hook says.
func (m *Model) initialising() string {
	if m.Major() < 3 {
		return "agent initializing"
	}
	return "agent initialising"
}

// Machine is the number of the unit's machine, "" of a unit that is gone.
func (m *Model) Machine(unit string) string {
	if u := m.Units[unit]; u != nil {
		return u.Machine
	}
	return ""
}

// Hostname is the name of the unit's machine, much as Juju names its containers: the model, then the machine's number.
func (m *Model) Hostname(unit string) string { return "juju-" + m.Name + "-" + m.Machine(unit) }

// RemoveUnit marks a unit as dying: the other sides of its relations see it go at once, its own agent goes through
// its last hooks. It tells whether the unit was alive.
func (m *Model) RemoveUnit(name string) error {
	u, err := m.Unit(name)
	if err != nil {
		return err
	}
	u.Dying = true
	for _, r := range m.RelationsOf(AppOf(u.Name)) {
		side := r.Side(AppOf(u.Name))
		if member := side.Units[u.Name]; member != nil && member.Scope == InScope {
			member.Scope = Departing
			m.touch(r, side, u.Name)
		}
	}
	m.wake(AppOf(u.Name))
	return nil
}

// RemoveApplication marks an application, its units and its relations as dying. It goes with the last of these.
func (m *Model) RemoveApplication(name string) error {
	a, err := m.App(name)
	if err != nil {
		return err
	}
	a.Dying = true
	for _, r := range m.RelationsOf(name) {
		if len(r.Sides) == 2 {
			m.killRelation(r)
		}
	}
	for _, u := range a.Units {
		if err := m.RemoveUnit(u); err != nil {
			return err
		}
	}
	m.reapApplication(a)
	return nil
}

// FinishRemoval forgets a unit whose agent has run its last hook, or never ran one. Its bags stay readable for as
// long as their relation lives. The next leader is drawn from the units that stay.
func (m *Model) FinishRemoval(name string) {
	app := m.Apps[AppOf(name)]
	for _, r := range m.RelationsOf(app.Name) {
		m.LeaveScope(r.ID, name)
	}
	m.forgetSecretsOf(name)
	if principal := m.Principal(name); principal != "" {
		m.wake(AppOf(principal)) // which may wait for it
	}
	delete(m.Units, name)
	app.Units = slices.DeleteFunc(app.Units, func(u string) bool { return u == name })
	if app.Leader == name {
		app.Leader = m.heir(app, name)
		m.wake(app.Name)
	}
	m.reapApplication(app)
}

// heir is a random living unit of the application but the one that led, or one that is dying if no other lives; "" if
// there is none.
func (m *Model) heir(a *Application, but string) string {
	others := slices.DeleteFunc(slices.Clone(a.Units), func(u string) bool { return u == but })
	alive := slices.DeleteFunc(slices.Clone(others), func(u string) bool { return m.Units[u].Dying })
	if len(alive) == 0 {
		alive = others
	}
	if len(alive) == 0 {
		return ""
	}
	return alive[m.Intn(len(alive))]
}

// reapApplication forgets a dying application that has no unit and no relation left, with its peer relations.
func (m *Model) reapApplication(a *Application) {
	if a == nil || !a.Dying || len(a.Units) > 0 || slices.ContainsFunc(m.RelationsOf(a.Name), func(r *Relation) bool { return !r.Peer() }) {
		return
	}
	for _, r := range m.RelationsOf(a.Name) {
		if len(r.Sides) == 1 {
			m.dropRelation(r)
		}
	}
	m.forgetSecretsOf(a.Name)
	delete(m.Apps, a.Name)
}

// Refresh gives the application a new version of its charm. Peer relations that are new in it are made, and those that it
// no longer has go without a hook: Juju refuses only what breaks a relation with others (juju/juju#12986).
func (m *Model) Refresh(app string, charm *Charm, dir string) error {
	a, err := m.App(app)
	if err != nil {
		return err
	}
	if charm.Name != a.Charm.Name {
		return fmt.Errorf("cannot refresh %q to %q", a.Charm.Name, charm.Name)
	}
	var broken []*Relation
	for _, r := range m.RelationsOf(app) {
		ep := r.Side(app).Endpoint
		e, found := charm.Endpoints[ep]
		switch {
		case found && e.Role == r.Side(app).Role && e.Interface == r.Interface:
		case r.Peer():
			broken = append(broken, r)
		default:
			return fmt.Errorf("cannot upgrade application %q: would break relation %q", app, r.Key)
		}
	}
	for _, r := range broken {
		m.dropRelation(r)
	}
	have := map[string]bool{}
	for _, r := range m.RelationsOf(app) {
		have[r.Side(app).Endpoint] = true
	}
	for _, ep := range sortedKeys(charm.Endpoints) {
		if charm.Endpoints[ep].Role == Peer && !have[ep] {
			m.addRelation(&Side{App: app, Endpoint: ep, Role: Peer}, nil, charm.Endpoints[ep].Interface)
		}
	}
	for name := range a.Config {
		if _, found := charm.Options[name]; !found {
			delete(a.Config, name)
		}
	}
	a.Charm, a.CharmDir = charm, dir
	a.CharmVersion++
	return nil
}

// SetLeader moves the leadership of an application; unit "" leaves it without a leader.
func (m *Model) SetLeader(app, unit string) error {
	a, err := m.App(app)
	if err != nil {
		return err
	}
	if unit != "" && !slices.Contains(a.Units, unit) {
		return fmt.Errorf("unit %q not found", unit)
	}
	a.Leader = unit
	m.wake(app)
	return nil
}

func sortedKeys[K cmp.Ordered, V any](of map[K]V) []K { return slices.Sorted(maps.Keys(of)) }
