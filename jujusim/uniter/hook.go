package uniter

// Kinds of hooks. Those of relations are prefixed with the endpoint's name when they run.
const (
	install               = "install"
	start                 = "start"
	stop                  = "stop"
	remove                = "remove"
	configChanged         = "config-changed"
	upgradeCharm          = "upgrade-charm"
	updateStatus          = "update-status"
	leaderElected         = "leader-elected"
	leaderSettingsChanged = "leader-settings-changed"
	relationCreated       = "relation-created"
	relationJoined        = "relation-joined"
	relationChanged       = "relation-changed"
	relationDeparted      = "relation-departed"
	relationBroken        = "relation-broken"
)

// Hook is one hook of a unit with the facts that it runs with; a retry has the same.
type Hook struct {
	Kind       string `json:"kind"`
	Relation   int    `json:"relation"` // -1 outside relation hooks
	Endpoint   string `json:"endpoint,omitempty"`
	RemoteUnit string `json:"remote-unit,omitempty"`
	RemoteApp  string `json:"remote-app,omitempty"`
	Departing  string `json:"departing-unit,omitempty"`
	// Secret is the id of the secret that the hook is about, with its label.
	Secret      string `json:"secret,omitempty"`
	SecretLabel string `json:"secret-label,omitempty"`
	// Version is that of the bag, the configuration, the charm or the secret which the hook announces.
	Version int `json:"version,omitempty"`
}

// Name is the hook's name as Juju and the charm know it, such as "kube-control-relation-joined".
func (h Hook) Name() string {
	if h.Endpoint == "" {
		return h.Kind
	}
	return h.Endpoint + "-" + h.Kind
}

func unitHook(kind string, version int) Hook { return Hook{Kind: kind, Relation: -1, Version: version} }
