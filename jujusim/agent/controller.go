package agent

import (
	"errors"
	"fmt"

	"github.com/kube-control/kube-control/jujusim/tools"
)

// Errors that a Controller returns; a hook tool prints their text behind "ERROR ".
var (
	// ErrPermission is the controller's answer for data that this unit may not read.
	ErrPermission = errors.New("permission denied")
	// ErrNotLeader is the answer to a leader's request by a unit that leads no longer.
	ErrNotLeader = errors.New("this unit is not the leader")
)

// SecretDenied says that a unit may not read or manage a secret, in the words of the version of Juju: from 4.0 on they
// name the unit.
func SecretDenied(version, unit, verb string) error {
	if v, err := tools.ParseVersion(version); err != nil || v.Major < 4 {
		return ErrPermission
	}
	return fmt.Errorf("%q is not allowed to %s this secret", unit, verb)
}

// Settings is one databag as the controller stores it. A key never holds the empty text.
type Settings map[string]string

// What the controller says and a hook tool prints.
type (
	// Status is a workload, application or agent status.
	Status = tools.Status
	// GoalState is the answer of goal-state.
	GoalState = tools.GoalState
	// NetworkInfo is the whole answer of network-get for one binding.
	NetworkInfo = tools.NetworkInfo
	// BindAddress is one network device with its addresses.
	BindAddress = tools.BindAddress
	// Address is one address of a device.
	Address = tools.Address
	// PortRange is what open-port opens.
	PortRange = tools.PortRange
	// Ports are ranges by endpoint; "" stands for all endpoints.
	Ports map[string][]PortRange
)

// RelationInfo is what a unit agent knows of one of its relations while a hook runs.
type RelationInfo struct {
	ID        int    // the number behind the colon
	Endpoint  string // the local endpoint's name
	Key       string // "kw:kube-control kcp:kube-control"
	RemoteApp string // the own application on a peer relation
	Peer      bool
	Broken    bool // relation-ids leaves it out (not on 2.9): no member is left, and it is suspended, or was dying when the agent started
	Denied    bool // the controller knows it no longer: its bags are ErrPermission
	// Members are the units whose joined hook has committed and whose departed has not begun, sorted as text.
	Members []string
	// Cache holds the remote units' bags as the agent remembers them ACROSS hooks (juju-contract 8.1). The hook
	// context reads it first and adds what it fetches for members; the agent drops entries as Juju does. Nil: this
	// hook alone remembers.
	Cache map[string]Settings
}

// HookInfo describes one run of a hook, an action or an exec.
type HookInfo struct {
	Unit           string // "kcp/0"
	Name           string // hook name; empty in an action or exec
	Action         *ActionInfo
	RelationID     int // -1: none
	RemoteUnit     string
	RemoteApp      string
	DepartingUnit  string
	SecretID       string // bare; empty outside the secrets' hooks
	SecretLabel    string
	SecretRevision int // 0: the hook is not about one
	Relations      []RelationInfo
	ContextID      string
	FlushOnFailure bool // juju exec commits what was written even when the command fails
}

// ActionInfo describes the action (an exec is one too, named "juju-exec").
type ActionInfo struct {
	Name   string
	ID     string
	Params map[string]any
}

// ActionResult is what the action's tools said, for the agent to report when the action has ended.
type ActionResult struct {
	Failed  bool
	Message string
	Results map[string]any
	Log     []string
}

// Changes is what one hook asks the controller to commit. Nil and empty fields: nothing.
type Changes struct {
	// Units holds, by relation id, the keys of the unit's own bag that were written; "" deletes.
	Units map[int]Settings
	// Apps holds the same for the own application's bag; the controller refuses it unless the unit leads.
	Apps map[int]Settings
	// State is the whole charm state of the unit when some state-set or state-delete ran.
	State *map[string]string
	// OpenPorts and ClosePorts are ranges of the unit to open and to close.
	OpenPorts, ClosePorts Ports
	// Secrets are applied before the rest, one after the other.
	Secrets SecretChanges
}

// Controller is what the hook context asks of the simulated Juju controller. One implementation is the model;
// the conformance worlds are loaded into that same model.
type Controller interface {
	SecretController
	JujuVersion() string
	// UnitSettings reads any unit's bag in a relation. A unit that never entered the relation's scope gives an
	// error with Juju's text; a unit or application not in the relation gives ErrPermission.
	UnitSettings(relation int, unit string) (Settings, error)
	AppSettings(relation int, app string) (Settings, error)
	// IsLeader is asked live at each call.
	IsLeader(unit string) bool
	// Config is the application's options with defaults filled in; a nil value is an option with neither.
	// Numbers are float64, as they reach a hook tool.
	Config(app string) map[string]any
	State(unit string) map[string]string
	UnitStatus(unit string) Status
	AppStatus(app string) (Status, map[string]Status)
	SetUnitStatus(unit string, s Status)
	SetAppStatus(app string, s Status)
	Log(unit, logger, level, message string)
	NetworkInfo(unit, binding string) (NetworkInfo, bool)
	GoalState(unit string) GoalState
	// LeaderSettings are those of the unit's application. SetLeaderSettings takes effect at once, "" deletes; it is
	// ErrNotLeader for a unit that does not lead.
	LeaderSettings(unit string) map[string]string
	SetLeaderSettings(unit string, settings map[string]string) error
	SetWorkloadVersion(unit, version string)
	// MachinePorts are the ranges open on the unit's machine, by unit.
	MachinePorts(unit string) map[string]Ports
	// CloudSpec is the model's cloud with its credential. It is ErrPermission unless the unit's application is trusted.
	CloudSpec(unit string) (map[string]any, error)
	// RelationModel is the UUID of the model of the relation's side that is not the unit's.
	RelationModel(relation int, unit string) string
	PublicAddress(unit string) string
	PrivateAddress(unit string) string
	// Commit applies the changes to secrets in the order of SecretChanges, and then all others or none. It stops at the
	// first kind of change that it refuses in part; what it has done to secrets until then stays.
	Commit(unit string, c Changes) error
}
