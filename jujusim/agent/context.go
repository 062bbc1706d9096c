package agent

import (
	"fmt"
	"maps"
	"strings"
	"sync"

	"github.com/kube-control/kube-control/jujusim/tools"
)

// HookContext is the state of one hook, action or exec while it runs: what it has read, which stays
// as it was at first, and what it has written, which nobody else sees before Changes is committed.
// Its methods may be called from any goroutine; tools run one at a time.
type HookContext struct {
	controller Controller
	info       HookInfo

	mu    sync.Mutex // held while a tool runs
	calls calls

	fresh   map[bagKey]Settings // remote bags that only this hook remembers
	own     map[bagKey]Settings // own bags with this hook's writes
	written map[bagKey]Settings // the writes alone, "" deletes
	deposed bool                // is-leader said no: it stays at that
	config  map[string]any
	state   map[string]string // nil: not read yet
	dirty   bool              // state was changed
	status  *Status
	action  ActionResult
	leader  map[string]string // leader settings; nil: not read yet
	place   Place
	ports   portChanges
	secrets secretRecord
}

// bagKey names one bag. Units have a slash in their names, applications have none.
type bagKey struct {
	relation int
	name     string
}

// NewHookContext prepares the context of one hook.
func NewHookContext(c Controller, info HookInfo) *HookContext {
	return &HookContext{
		controller: c,
		info:       info,
		fresh:      map[bagKey]Settings{},
		own:        map[bagKey]Settings{},
		written:    map[bagKey]Settings{},
		ports:      portChanges{open: Ports{}, close: Ports{}},
		secrets:    secretRecord{ledAtFirst: c.IsLeader(info.Unit)},
	}
}

// Info is the hook that this is the context of.
func (h *HookContext) Info() HookInfo { return h.info }

// Changes is what the hook has written so far, for Controller.Commit.
func (h *HookContext) Changes() Changes {
	h.mu.Lock()
	defer h.mu.Unlock()
	var changes Changes
	for key, settings := range h.written {
		into := &changes.Apps
		if key.name == h.info.Unit {
			into = &changes.Units
		}
		if *into == nil {
			*into = map[int]Settings{}
		}
		(*into)[key.relation] = maps.Clone(settings)
	}
	if h.dirty {
		state := maps.Clone(h.state)
		changes.State = &state
	}
	changes.OpenPorts, changes.ClosePorts = h.ports.open.clone(), h.ports.close.clone()
	changes.Secrets = h.secrets.changes()
	return changes
}

// ActionResult is what the action's tools have said so far. Results is nil when none was set.
func (h *HookContext) ActionResult() ActionResult {
	h.mu.Lock()
	defer h.mu.Unlock()
	result := h.action
	result.Log = append([]string(nil), h.action.Log...)
	if h.action.Results != nil {
		result.Results = cloneResults(h.action.Results)
	}
	return result
}

func cloneResults(results map[string]any) map[string]any {
	clone := make(map[string]any, len(results))
	for key, value := range results {
		if inner, ok := value.(map[string]any); ok {
			value = cloneResults(inner)
		}
		clone[key] = value
	}
	return clone
}

// hookTools is the context as the tools see it. Its methods run with the context's lock held.
type hookTools struct{ *HookContext }

var _ tools.Context = hookTools{}

func (h hookTools) JujuVersion() string { return h.controller.JujuVersion() }
func (h hookTools) HookRelation() int   { return h.info.RelationID }
func (h hookTools) RemoteUnit() string  { return h.info.RemoteUnit }
func (h hookTools) RemoteApp() string   { return h.info.RemoteApp }

func (h hookTools) Relations() []tools.Relation {
	relations := make([]tools.Relation, 0, len(h.info.Relations))
	for _, r := range h.info.Relations {
		relations = append(relations, tools.Relation{
			ID: r.ID, Endpoint: r.Endpoint, RemoteApp: r.RemoteApp, Members: r.Members, Broken: r.Broken,
		})
	}
	return relations
}

// IsLeader asks again while the answer was yes, and keeps a no.
func (h hookTools) IsLeader() bool {
	if !h.deposed {
		h.deposed = !h.controller.IsLeader(h.info.Unit)
	}
	return !h.deposed
}

func (h hookTools) Config() map[string]any {
	if h.config == nil {
		h.config = h.controller.Config(h.app())
	}
	return h.config
}

func (h hookTools) State() map[string]string {
	if h.state == nil {
		h.state = map[string]string{}
		maps.Copy(h.state, h.controller.State(h.info.Unit))
	}
	return h.state
}

func (h hookTools) SetState(key, value string) {
	state := h.State()
	if old, ok := state[key]; ok && old == value {
		return
	}
	state[key] = value
	h.dirty = true
}

func (h hookTools) DeleteState(key string) {
	state := h.State()
	if _, ok := state[key]; ok {
		delete(state, key)
		h.dirty = true
	}
}

func (h hookTools) UnitStatus() Status {
	if h.status == nil {
		status := h.controller.UnitStatus(h.info.Unit)
		h.status = &status
	}
	return *h.status
}

func (h hookTools) AppStatus() (Status, map[string]Status, error) {
	if !h.IsLeader() {
		return Status{}, nil, ErrNotLeader
	}
	status, units := h.controller.AppStatus(h.app())
	return status, units, nil
}

func (h hookTools) SetUnitStatus(status, message string) {
	h.controller.SetUnitStatus(h.info.Unit, Status{Status: status, Message: message})
}

func (h hookTools) SetAppStatus(status, message string) error {
	if !h.IsLeader() {
		return ErrNotLeader
	}
	h.controller.SetAppStatus(h.app(), Status{Status: status, Message: message})
	return nil
}

func (h hookTools) Log(level, message string) {
	h.controller.Log(h.info.Unit, fmt.Sprintf("unit.%s.juju-log", h.info.Unit), level, message)
}

func (h hookTools) NetworkInfo(binding string) (NetworkInfo, bool) {
	return h.controller.NetworkInfo(h.info.Unit, binding)
}

func (h hookTools) GoalState() GoalState { return h.controller.GoalState(h.info.Unit) }

func (h hookTools) Root() string {
	if h.place.Root == nil {
		return ""
	}
	return h.place.Root()
}

func (h hookTools) Resource(name string) (string, error) {
	if path := h.place.Resources[name]; path != "" {
		return path, nil
	}
	return "", fmt.Errorf("resource#%s/%s not found", h.app(), name)
}

func (h hookTools) CloudSpec() (map[string]any, error) { return h.controller.CloudSpec(h.info.Unit) }

func (h hookTools) ActionParams() (map[string]any, bool) {
	if h.info.Action == nil {
		return nil, false
	}
	return h.info.Action.Params, true
}

func (h hookTools) SetActionResult(path []string, value string) {
	if h.action.Results == nil {
		h.action.Results = map[string]any{}
	}
	results := h.action.Results
	for _, key := range path[:len(path)-1] {
		inner, ok := results[key].(map[string]any)
		if !ok {
			inner = map[string]any{}
			results[key] = inner
		}
		results = inner
	}
	results[path[len(path)-1]] = value
}

func (h hookTools) FailAction(message string) {
	h.action.Failed, h.action.Message = true, message
}

func (h hookTools) LogAction(message string) {
	h.action.Log = append(h.action.Log, message)
}

func (h *HookContext) app() string {
	app, _, _ := strings.Cut(h.info.Unit, "/")
	return app
}
