package tools

// Context is the hook, action or exec that a tool runs in. Every error's text is printed behind
// "ERROR " and the tool exits 1.
type Context interface {
	SecretContext

	// JujuVersion is the agent's version, such as "3.6.1".
	JujuVersion() string
	// HookRelation is the number of the relation that the hook is about, -1 for none.
	HookRelation() int
	// RemoteUnit is the unit that the hook is about; empty in created, broken and app data hooks.
	RemoteUnit() string
	// RemoteApp is the application that the hook is about; empty outside relation hooks.
	RemoteApp() string
	// Relations lists all relations of the unit, also broken ones, in no order.
	Relations() []Relation

	// UnitBag reads a unit's bag; the own unit's shows what this hook has written.
	UnitBag(relation int, unit string) (map[string]string, error)
	// AppBag reads an application's bag; a leader's own shows what this hook has written.
	AppBag(relation int, app string) (map[string]string, error)
	// WriteUnitBag buffers keys of the own unit's bag; "" deletes a key.
	WriteUnitBag(relation int, settings map[string]string) error
	// WriteAppBag buffers keys of the own application's bag. The caller has asked IsLeader.
	WriteAppBag(relation int, settings map[string]string) error

	// IsLeader asks each time, but stays false once it was false.
	IsLeader() bool
	// Config holds all options; a nil value is an option with neither value nor default.
	Config() map[string]any

	// State is the unit's kept state with this hook's changes; the caller must not change it.
	State() map[string]string
	// SetState buffers one key of the kept state.
	SetState(key, value string)
	// DeleteState buffers the removal of one key; a missing one changes nothing.
	DeleteState(key string)

	// UnitStatus is the unit's status as it was when the hook first asked.
	UnitStatus() Status
	// AppStatus is the application's status and those of its units; only a leader may ask.
	AppStatus() (Status, map[string]Status, error)
	// SetUnitStatus takes effect at once, also when the hook fails later.
	SetUnitStatus(status, message string)
	// SetAppStatus is SetUnitStatus for the application; only a leader may.
	SetAppStatus(status, message string) error

	// Log writes one record to the model's log as the hook's juju-log.
	Log(level, message string)
	// NetworkInfo is false for a binding that does not exist.
	NetworkInfo(binding string) (NetworkInfo, bool)
	// GoalState is asked live.
	GoalState() GoalState
	// PublicAddress is the unit's address for clients, PrivateAddress the one within the model.
	PublicAddress() string
	PrivateAddress() string
	// RelationModel is the UUID of the model that the relation's remote application is in.
	RelationModel(relation int) string
	// SetWorkloadVersion takes effect at once; any unit may.
	SetWorkloadVersion(version string)

	// Root is the directory that is / to the caller; "" for this process's own.
	Root() string
	// Resource is the path of a resource's file on the unit's machine.
	Resource(name string) (string, error)
	// CloudSpec is the model's cloud with its credential, as credential-get prints it; only a trusted application may ask.
	CloudSpec() (map[string]any, error)

	// LeaderSettings are the application's, as they were when the hook first asked or last wrote.
	LeaderSettings() map[string]string
	// SetLeaderSettings takes effect at once; "" deletes a key. Only a leader may, also when there is nothing to set.
	SetLeaderSettings(settings map[string]string) error

	// OpenedPorts are the unit's, by endpoint, "" for all, with this hook's changes.
	OpenedPorts() map[string][]PortRange
	// OpenPorts buffers the opening of a range for an endpoint, "" for all; no change if it is open. A range that
	// overlaps another on the machine is refused.
	OpenPorts(endpoint string, r PortRange) error
	// ClosePorts is the reverse of OpenPorts; a range that is not open changes nothing.
	ClosePorts(endpoint string, r PortRange) error

	// ActionParams is false outside actions; an exec is an action.
	ActionParams() (map[string]any, bool)
	// SetActionResult stores value under the nested keys of path in the action's results.
	SetActionResult(path []string, value string)
	// FailAction marks the action as failed; the last message wins.
	FailAction(message string)
	// LogAction adds one progress line to the action.
	LogAction(message string)
}

// Relation is what the unit's agent knows of one relation.
type Relation struct {
	ID        int
	Endpoint  string
	RemoteApp string   // the own application on a peer relation
	Members   []string // sorted as text, without the own unit
	Broken    bool     // relation-ids leaves it out, but for Juju 2.9
}

// Status is a workload, application or agent status.
type Status struct {
	Status  string `json:"status" yaml:"status"`
	Message string `json:"message,omitempty" yaml:"message,omitempty"`
	Since   string `json:"since,omitempty" yaml:"since,omitempty"` // "2026-01-02 03:04:05Z"
}

// GoalState is the answer of goal-state: the statuses of the own application's units, and by local
// endpoint those of the related applications and their units.
type GoalState struct {
	Units     map[string]Status            `json:"units" yaml:"units"`
	Relations map[string]map[string]Status `json:"relations" yaml:"relations"`
}

// NetworkInfo is the whole answer of network-get for one binding. Zero value: the binding is known, but has no data.
type NetworkInfo struct {
	BindAddresses    []BindAddress `json:"bind-addresses,omitempty" yaml:"bind-addresses,omitempty"`
	EgressSubnets    []string      `json:"egress-subnets,omitempty" yaml:"egress-subnets,omitempty"`
	IngressAddresses []string      `json:"ingress-addresses,omitempty" yaml:"ingress-addresses,omitempty"`
}

// BindAddress is one network device with its addresses.
type BindAddress struct {
	MACAddress    string    `json:"mac-address"`
	InterfaceName string    `json:"interface-name"`
	Addresses     []Address `json:"addresses"`
}

// Address is one address of a device.
type Address struct {
	Hostname string `json:"hostname"`
	Value    string `json:"value"`
	CIDR     string `json:"cidr"`
}
