package hookenv_test

import (
	"testing"

	"github.com/kube-control/kube-control/internal/hookenv"
)

func TestKindOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		hook     string
		kind     hookenv.Kind
		endpoint string
	}{
		{"kube-control-relation-created", hookenv.RelationCreated, "kube-control"},
		{"kube-control-relation-joined", hookenv.RelationJoined, "kube-control"},
		{"control-plane-relation-changed", hookenv.RelationChanged, "control-plane"},
		{"db-relation-departed", hookenv.RelationDeparted, "db"},
		{"db_2-relation-broken", hookenv.RelationBroken, "db_2"},
		{"x-relation-joined-relation-broken", hookenv.RelationBroken, "x-relation-joined"},
		{"start-relation-changed", hookenv.RelationChanged, "start"},
		{"relation-joined", hookenv.Unknown, ""},
		{"-relation-joined", hookenv.Unknown, ""},
		{"kube-control-relation-renamed", hookenv.Unknown, ""},
		{"install", hookenv.Install, ""},
		{"start", hookenv.Start, ""},
		{"stop", hookenv.Stop, ""},
		{"remove", hookenv.Remove, ""},
		{"config-changed", hookenv.ConfigChanged, ""},
		{"upgrade-charm", hookenv.UpgradeCharm, ""},
		{"update-status", hookenv.UpdateStatus, ""},
		{"leader-elected", hookenv.LeaderElected, ""},
		{"leader-settings-changed", hookenv.LeaderSettingsChanged, ""},
		{"secret-changed", hookenv.SecretChanged, ""},
		{"secret-rotate", hookenv.SecretRotate, ""},
		{"secret-expired", hookenv.SecretExpired, ""},
		{"secret-remove", hookenv.SecretRemove, ""},
		{"secret-removed", hookenv.Unknown, ""},
		{"data-storage-attached", hookenv.StorageAttached, ""},
		{"data-1-storage-detaching", hookenv.StorageDetaching, ""},
		{"kube-api-pebble-ready", hookenv.PebbleReady, ""},
		{"api-pebble-custom-notice", hookenv.PebbleCustomNotice, ""},
		{"api-pebble-check-failed", hookenv.PebbleCheckFailed, ""},
		{"api-pebble-check-recovered", hookenv.PebbleCheckRecovered, ""},
		{"pebble-ready", hookenv.Unknown, ""},
		{"collect-metrics", hookenv.CollectMetrics, ""},
		{"meter-status-changed", hookenv.MeterStatusChanged, ""},
		{"pre-series-upgrade", hookenv.PreSeriesUpgrade, ""},
		{"post-series-upgrade", hookenv.PostSeriesUpgrade, ""},
		{"", hookenv.Unknown, ""},
		{"Install", hookenv.Unknown, ""},
	}
	for _, test := range tests {
		kind, endpoint := hookenv.KindOf(test.hook)
		if kind != test.kind || endpoint != test.endpoint {
			t.Errorf("KindOf(%q) = %q, %q, want %q, %q", test.hook, kind, endpoint, test.kind, test.endpoint)
		}
		relation := false
		for _, k := range hookenv.RelationKinds() {
			relation = relation || k == kind
		}
		if kind.IsRelation() != relation {
			t.Errorf("%q.IsRelation() = %t", kind, kind.IsRelation())
		}
	}
}
