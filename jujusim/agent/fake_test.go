package agent_test

import (
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// fakeController holds what one unit, kcp/0, can ask. Its exported fields may be changed between
// calls of a test.
type fakeController struct {
	mu sync.Mutex

	version  string
	units    map[string]agent.Settings // of relation 3
	apps     map[string]agent.Settings
	leader   bool
	config   map[string]any
	state    map[string]string
	status   agent.Status
	app      agent.Status
	logs     []string
	shared   map[string]string // leader settings
	workload string
	ports    map[string]agent.Ports
	reserved int
	secrets  []agent.SecretInfo
	reads    []agent.SecretRead
}

func newFake() *fakeController {
	return &fakeController{
		version: "3.6.1",
		units: map[string]agent.Settings{
			"kcp/0": {"port": "53"},
			"kw/0":  {"kubelet_user": "node-0"},
			"kw/1":  {},
			"kw/9":  {"late": "yes"},
		},
		apps:   map[string]agent.Settings{"kcp": {"lead": "x"}, "kw": {"k": "v"}},
		leader: true,
		config: map[string]any{"dns-port": 53.0},
		state:  map[string]string{"a": "1"},
		status: agent.Status{Status: "active", Message: "ready"},
		shared: map[string]string{"lk": "lv"},
	}
}

// hook is a relation-changed hook of kw/0 in relation 3, whose members are kw/0 and kw/1.
func hook() agent.HookInfo {
	return agent.HookInfo{
		Unit: "kcp/0", Name: "kube-control-relation-changed", ContextID: "kcp/0-hook-1",
		RelationID: 3, RemoteUnit: "kw/0", RemoteApp: "kw",
		Relations: []agent.RelationInfo{{
			ID: 3, Endpoint: "kube-control", Key: "kw:kube-control kcp:kube-control", RemoteApp: "kw",
			Members: []string{"kw/0", "kw/1"}, Cache: map[string]agent.Settings{},
		}},
	}
}

func (f *fakeController) read(name string, bags map[string]agent.Settings) (agent.Settings, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	bag, ok := bags[name]
	if !ok {
		return nil, agent.ErrPermission
	}
	return maps.Clone(bag), nil
}

func (f *fakeController) JujuVersion() string { return f.version }

func (f *fakeController) UnitSettings(_ int, unit string) (agent.Settings, error) {
	return f.read(unit, f.units)
}

func (f *fakeController) AppSettings(_ int, app string) (agent.Settings, error) {
	return f.read(app, f.apps)
}

func (f *fakeController) IsLeader(string) bool           { return f.leader }
func (f *fakeController) Config(string) map[string]any   { return f.config }
func (f *fakeController) State(string) map[string]string { return f.state }
func (f *fakeController) UnitStatus(string) agent.Status { return f.status }

func (f *fakeController) AppStatus(string) (agent.Status, map[string]agent.Status) {
	return f.app, map[string]agent.Status{"kcp/0": f.status}
}

func (f *fakeController) SetUnitStatus(_ string, s agent.Status) { f.status = s }
func (f *fakeController) SetAppStatus(_ string, s agent.Status)  { f.app = s }

func (f *fakeController) Log(unit, logger, level, message string) {
	f.logs = append(f.logs, unit+" "+logger+" "+level+" "+message)
}

func (f *fakeController) NetworkInfo(string, string) (agent.NetworkInfo, bool) {
	return agent.NetworkInfo{IngressAddresses: []string{"10.0.0.1"}}, true
}

func (f *fakeController) CloudSpec(string) (map[string]any, error) { return nil, agent.ErrPermission }

func (f *fakeController) GoalState(string) agent.GoalState {
	return agent.GoalState{Units: map[string]agent.Status{"kcp/0": f.status}}
}

func (f *fakeController) Now() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

func (f *fakeController) ReserveSecret() string {
	f.reserved++
	return fmt.Sprintf("d0rf0nvmp25c77h1q9%02d", f.reserved)
}

func (f *fakeController) OwnedSecrets(_ string, leader bool) []agent.SecretInfo {
	if !leader {
		return nil
	}
	return f.secrets
}

func (f *fakeController) ReadSecret(_ string, r agent.SecretRead) (agent.SecretContent, error) {
	f.reads = append(f.reads, r)
	return agent.SecretContent{"token": "b2xk"}, nil
}

func (f *fakeController) LeaderSettings(string) map[string]string { return f.shared }

func (f *fakeController) SetLeaderSettings(_ string, settings map[string]string) error {
	if !f.leader {
		return agent.ErrNotLeader
	}
	maps.Copy(f.shared, settings)
	return nil
}

func (f *fakeController) SetWorkloadVersion(_, version string)       { f.workload = version }
func (f *fakeController) MachinePorts(string) map[string]agent.Ports { return f.ports }
func (f *fakeController) RelationModel(relation int, _ string) string {
	return fmt.Sprint("model-", relation)
}
func (f *fakeController) PublicAddress(string) string        { return "203.0.113.1" }
func (f *fakeController) PrivateAddress(string) string       { return "10.0.0.1" }
func (f *fakeController) Commit(string, agent.Changes) error { return nil }

var _ agent.Controller = (*fakeController)(nil)
