package upgrade

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/pkg/charm"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
	"github.com/kube-control/kube-control/tests/world"
)

const reactive = "reactive: true\n"

// flagsIn are the flags that charms.reactive finds in the file; their values must be null.
func flagsIn(t *testing.T, w *world.World) map[string]string {
	t.Helper()
	rows := stored(t, w)
	maps.DeleteFunc(rows, func(key, _ string) bool { return !strings.HasPrefix(key, "reactive.states.") })
	return rows
}

func states(names ...string) map[string]string {
	rows := map[string]string{}
	for _, name := range names {
		rows["reactive.states."+name] = "null"
	}
	return rows
}

// From joining to breaking, charms.reactive sees our flags and no others.
func TestMirrorFollowsTheFlags(t *testing.T) {
	t.Parallel()
	w := world.New("kw/0", world.Charm(t, "worker", reactive))
	see := func(hook string, names ...string) {
		t.Helper()
		if d := cmp.Diff(states(names...), flagsIn(t, w)); d != "" {
			t.Errorf("after %s (-want +got):\n%s", hook, d)
		}
	}
	w.MustHook(t, world.Hook{Name: "install"})
	if _, err := os.Stat(storeOf(w)); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a file is made while no flag is set")
	}
	w.Must(t, "", "flags", "set", "author")
	r := w.Relate("kube-control:0", "kcp")
	w.Joined(t, r, "kcp/0", agent.Settings{})
	see("joined", "kube-control.connected")
	if m := mode(t, w); m != 0o600 {
		t.Errorf("mode %o", m)
	}
	w.Changed(t, r, "kcp/0", agent.Settings{"enable-kube-dns": "True", "cluster-tag": "t"})
	see("changed", "kube-control.connected", "kube-control.dns.available", "kube-control.cluster_tag.available")
	w.Changed(t, r, "kcp/0", agent.Settings{"enable-kube-dns": "True"})
	see("a value's end", "kube-control.connected", "kube-control.dns.available")
	w.Departed(t, r, "kcp/0", "kcp/0")
	see("departed")
}

// What a RelationBase and an Endpoint had there becomes ours; all other rows stay.
func TestMirrorAfterPython(t *testing.T) {
	t.Parallel()
	for _, peer := range []string{"reactive-2019-05", "reactive-latest"} {
		w, _ := master(t, peer, reactive)
		wanted := stored(t, w)
		for row, set := range map[string]bool{"connected": true, "gpu.available": false, "auth.requested": true, "departed": true, "requests.changed": true} {
			delete(wanted, "reactive.states.kube-control."+row)
			if set {
				wanted["reactive.states.kube-control."+row] = "null"
			}
		}
		w.MustHook(t, world.Hook{Name: "upgrade-charm"})
		if d := cmp.Diff(wanted, stored(t, w)); d != "" {
			t.Errorf("%s: rows (-want +got):\n%s", peer, d)
		}
		w.Must(t, "", "flush-departed")
		w.MustHook(t, world.Hook{Name: "update-status"})
		delete(wanted, "reactive.states.kube-control.departed")
		if d := cmp.Diff(wanted, stored(t, w)); d != "" {
			t.Errorf("%s: rows after flush-departed (-want +got):\n%s", peer, d)
		}
	}
}

// A handler finds the flags in the file as they stand when it starts, and the next one what it has changed.
func TestMirrorAroundHandlers(t *testing.T) {
	t.Parallel()
	w := world.New("kcp/0", world.Charm(t, "master", reactive))
	var rules charm.Rules
	var seen []map[string]string
	rules.When("kube-control.auth.requested").Master("sign", func(ctx context.Context, m *charm.Master) error {
		seen = append(seen, flagsIn(t, w))
		return m.SignAuthRequests(ctx, charm.Signature{Scope: "kw/0", Kubelet: kubecontrol.NewToken("k")})
	})
	rules.WhenNot("kube-control.auth.requested").Do("look", func(context.Context, *charm.Flags) error {
		seen = append(seen, flagsIn(t, w))
		return nil
	})
	w.Rules = &rules
	r := w.Relate("kube-control:0", "kw")
	r.Join("kw/0", agent.Settings{"kubelet_user": "u"})
	w.On(t, "changed", r, "kw/0", "")
	want := []map[string]string{
		states("kube-control.connected", "kube-control.auth.requested", "kube-control.requests.changed"),
		states("kube-control.connected", "kube-control.requests.changed"),
	}
	if d := cmp.Diff(want, seen); d != "" {
		t.Errorf("flags that the handlers saw (-want +got):\n%s", d)
	}
}

// While a Python program holds its lock the hook waits, and then fails in words; the next one makes good for it. A hook
// that has nothing to write does not care.
func TestMirrorLocked(t *testing.T) {
	t.Parallel()
	w := world.New("kcp/0", world.Charm(t, "master", reactive))
	r := w.Relate("kube-control:0", "kw")
	w.Joined(t, r, "kw/0", agent.Settings{})
	python := connect(t, w)
	execute(t, python, "BEGIN IMMEDIATE")
	w.MustHook(t, world.Hook{Name: "update-status"})
	r.Join("kw/0", agent.Settings{"gpu": "True"})
	hook := world.Hook{Name: "kube-control-relation-changed", Relation: r.ID, Unit: "kw/0"}
	if res := w.Begin(hook).Link(); res.Code != 1 || !strings.Contains(res.Stderr, "another program has it locked") || strings.Count(res.Stderr, "\n") != 1 {
		t.Errorf("exit %d: %s", res.Code, res.Stderr)
	}
	execute(t, python, "ROLLBACK")
	w.MustHook(t, hook)
	if d := cmp.Diff(states("kube-control.connected", "kube-control.gpu.available"), flagsIn(t, w)); d != "" {
		t.Errorf("flags (-want +got):\n%s", d)
	}
}

// Only a hook of a charm that asks for it writes the file.
func TestMirrorOnlyInHooksThatAskForIt(t *testing.T) {
	t.Parallel()
	for settings, hook := range map[string]bool{"": true, "reactive: false\n": true, reactive: false} {
		w := world.New("kcp/0", world.Charm(t, "master", settings))
		r := w.Relate("kube-control:0", "kw")
		r.Join("kw/0", agent.Settings{"gpu": "True"})
		if hook {
			w.On(t, "changed", r, "kw/0", "")
		}
		w.Must(t, "", "set-cluster-tag", "t")
		w.Must(t, "", "hook", "update-status", "--dry-run")
		if _, err := os.Stat(storeOf(w)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("settings %q: there is a file", settings)
		}
	}
}
