package ready_test

import (
	"strings"
	"testing"

	"github.com/kube-control/kube-control/tests/world"
)

// Entries for one application are added to the general ones on its relations alone, and replace those of the same key.
func TestListsOfOneApplication(t *testing.T) {
	t.Parallel()
	w, r := signed(t)
	gpu := w.Relate("kube-control:2", "gpu-worker")
	w.On(t, "created", gpu, "", "")
	check := func(when string, rel *world.Relation, labels, taints string) {
		t.Helper()
		if rel.Local["labels"] != labels || rel.Local["taints"] != taints {
			t.Errorf("%s: %s has labels %s and taints %s, want %s and %s", when, rel.ID, rel.Local["labels"], rel.Local["taints"], labels, taints)
		}
	}
	config := func(labels, taints string) {
		w.Options["labels"], w.Options["register-with-taints"] = labels, taints
		w.MustHook(t, world.Hook{Name: "config-changed"})
	}
	config("zone=north,role=w gpu-worker=accel=nvidia gpu-worker=role=gpu", "a=b:NoSchedule gpu-worker=nvidia.com/gpu=:NoSchedule")
	// No unit of gpu-worker has joined, so its name is not known in this hook.
	check("before it joins", gpu, "", "")
	check("of another application", r, `["role=w", "zone=north"]`, `["a=b:NoSchedule"]`)
	w.Joined(t, gpu, "gpu-worker/0", node("g"))
	check("once it has joined", gpu, `["accel=nvidia", "role=gpu", "zone=north"]`, `["a=b:NoSchedule", "nvidia.com/gpu=:NoSchedule"]`)
	if run := w.MustHook(t, world.Hook{Name: "update-status"}); run.Changed() {
		t.Error("a hook without a change writes")
	}
	config("zone=south gpu-worker=accel=nvidia", "")
	check("changed", gpu, `["accel=nvidia", "zone=south"]`, "[]")
	check("changed", r, `["zone=south"]`, "[]")
	config("zone=south", "")
	check("without entries of its own", gpu, `["zone=south"]`, "[]")
	for _, tt := range []struct{ labels, want string }{
		{"gpu-worker=a=b=c", `Option labels has "a=b=c", which`},
		{`g"w=a=b`, "Option labels has "},
		{"gpu-worker=" + strings.Repeat("x", 64) + "=b", "Option labels has "},
	} {
		config(tt.labels, "")
		if !strings.HasPrefix(w.Status.Message, tt.want) || w.Status.Status != "blocked" {
			t.Errorf("labels=%s: the status is %v", tt.labels, w.Status)
		}
		check("invalid", gpu, `["zone=south"]`, "[]")
	}
}

// In the hook that creates a relation Juju names the application, so that its first unit never sees the lists of others.
func TestListsOfApplicationThatIsNew(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	w.Options["labels"] = "zone=north gpu-worker=accel=nvidia"
	gpu := w.Relate("kube-control:2", "gpu-worker")
	w.On(t, "created", gpu, "", "")
	if got, want := gpu.Local["labels"], `["accel=nvidia", "zone=north"]`; got != want {
		t.Errorf("labels are %s, want %s", got, want)
	}
}
