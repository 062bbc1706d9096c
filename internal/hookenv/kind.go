package hookenv

import "strings"

// Kind is what sort of event a hook stands for. For hooks of the unit it is the hook's whole name; for those of an
// endpoint, a storage or a container it is the part behind that name.
type Kind string

// The kinds of hooks that Juju runs, 2.9 to 4.x.
const (
	Unknown Kind = "" // no hook, or one that Juju does not have

	RelationCreated  Kind = "relation-created"
	RelationJoined   Kind = "relation-joined"
	RelationChanged  Kind = "relation-changed"
	RelationDeparted Kind = "relation-departed"
	RelationBroken   Kind = "relation-broken"

	Install       Kind = "install"
	Start         Kind = "start"
	Stop          Kind = "stop"
	Remove        Kind = "remove"
	ConfigChanged Kind = "config-changed"
	UpgradeCharm  Kind = "upgrade-charm"
	UpdateStatus  Kind = "update-status"

	LeaderElected         Kind = "leader-elected"
	LeaderSettingsChanged Kind = "leader-settings-changed"

	SecretChanged Kind = "secret-changed"
	SecretRotate  Kind = "secret-rotate"
	SecretExpired Kind = "secret-expired"
	SecretRemove  Kind = "secret-remove"

	StorageAttached  Kind = "storage-attached"
	StorageDetaching Kind = "storage-detaching"

	PebbleReady          Kind = "pebble-ready"
	PebbleCustomNotice   Kind = "pebble-custom-notice"
	PebbleCheckFailed    Kind = "pebble-check-failed"
	PebbleCheckRecovered Kind = "pebble-check-recovered"

	CollectMetrics     Kind = "collect-metrics"
	MeterStatusChanged Kind = "meter-status-changed"
	PreSeriesUpgrade   Kind = "pre-series-upgrade"
	PostSeriesUpgrade  Kind = "post-series-upgrade"
)

// RelationKinds are the five kinds that each endpoint has, in the order in which Juju runs them in a relation's life.
func RelationKinds() []Kind {
	return []Kind{RelationCreated, RelationJoined, RelationChanged, RelationDeparted, RelationBroken}
}

// LifecycleKinds are the hooks of a unit's life that matter to the program.
func LifecycleKinds() []Kind {
	return []Kind{Install, Start, ConfigChanged, UpgradeCharm, UpdateStatus, Stop, Remove}
}

// LeaderKinds are the hooks of leadership.
func LeaderKinds() []Kind { return []Kind{LeaderElected, LeaderSettingsChanged} }

// SecretKinds are the hooks of secrets.
func SecretKinds() []Kind { return []Kind{SecretChanged, SecretRotate, SecretExpired, SecretRemove} }

// IsRelation says whether hooks of this kind belong to a relation, so that the context has one.
func (k Kind) IsRelation() bool {
	switch k {
	case RelationCreated, RelationJoined, RelationChanged, RelationDeparted, RelationBroken:
		return true
	}
	return false
}

// KindOf is the kind of the hook of this name, and for the hooks of a relation the endpoint:
// "control-plane-relation-joined" is RelationJoined of "control-plane". A name that no Juju uses is Unknown.
func KindOf(hook string) (kind Kind, endpoint string) {
	switch k := Kind(hook); k {
	case Install, Start, Stop, Remove, ConfigChanged, UpgradeCharm, UpdateStatus,
		LeaderElected, LeaderSettingsChanged,
		SecretChanged, SecretRotate, SecretExpired, SecretRemove,
		CollectMetrics, MeterStatusChanged, PreSeriesUpgrade, PostSeriesUpgrade:
		return k, ""
	}
	for _, k := range RelationKinds() {
		if owner, ok := owner(hook, k); ok {
			return k, owner
		}
	}
	for _, k := range []Kind{
		StorageAttached, StorageDetaching,
		PebbleReady, PebbleCustomNotice, PebbleCheckFailed, PebbleCheckRecovered,
	} {
		if _, ok := owner(hook, k); ok {
			return k, ""
		}
	}
	return Unknown, ""
}

// owner is what stands before "-KIND" in a hook's name, if the name ends so and something does.
func owner(hook string, k Kind) (string, bool) {
	name, ok := strings.CutSuffix(hook, "-"+string(k))
	return name, ok && name != ""
}
