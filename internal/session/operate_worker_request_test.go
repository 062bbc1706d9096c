package session_test

import (
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// The options decide what a ready worker asks for: a command says so, and a handler's command warns.
func TestRow100OptionsDecideWhatIsAsked(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	w.Joined(t, rel, "kcp/0", masterBag("old"))
	for _, args := range [][]string{{"set-auth-request", ""}, {"set-auth-request", "root", "--group", "system:masters"}, {"set-gpu"}} {
		run := w.Begin(world.Hook{})
		if res := run.Command(args...); res.Code != 2 || !strings.Contains(res.Stderr, ": juju config kw ") || run.Changed() {
			t.Errorf("%q: %+v", args, res)
		}
		run = w.Begin(world.Hook{Name: "update-status"})
		if res := run.Command(args...); res.Code != 0 || run.Changed() {
			t.Errorf("%q in a hook: %+v", args, res)
		}
	}
	if logs := strings.Join(w.Logs, "\n"); !strings.Contains(logs, "WARNING nothing is set: the options of kw decide ") {
		t.Errorf("logged is\n%s", logs)
	}
}

// A request that was emptied, in whatever way, is asked again in the next hook.
func TestRow100EmptiedRequestIsAskedAgain(t *testing.T) {
	t.Parallel()
	for name, empty := range map[string]func(w *world.World, rel *world.Relation){
		"by the command, before it was refused": func(w *world.World, rel *world.Relation) {
			w.State["kube-control/1/v/kube-control"] = `{"auth_group":"system:nodes","gpu":"False","kubelet_user":""}`
			delete(rel.Local, "kubelet_user")
		},
		"by the command, on one relation": func(w *world.World, rel *world.Relation) {
			w.State["kube-control/1/v/"+rel.ID] = `{"auth_group":"","kubelet_user":""}`
			delete(rel.Local, "kubelet_user")
			delete(rel.Local, "auth_group")
		},
		"by relation-set": func(_ *world.World, rel *world.Relation) {
			delete(rel.Local, "kubelet_user")
			delete(rel.Local, "auth_group")
			delete(rel.Local, "gpu")
		},
	} {
		w, rel := workerWithCA(t)
		w.Joined(t, rel, "kcp/0", masterBag("old"))
		want := maps.Clone(rel.Local)
		empty(w, rel)
		w.MustHook(t, world.Hook{Name: "update-status"})
		if !maps.Equal(rel.Local, want) {
			t.Errorf("%s: asks %v, want %v", name, rel.Local, want)
		}
		wantStatus(t, w, "active", "")
		if run := w.MustHook(t, world.Hook{Name: "update-status"}); run.Changed() {
			t.Errorf("%s: the hook after that writes again", name)
		}
	}
}

func TestReadyWorkerOffersSchemas(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ schemas, juju, want, status string }{
		{"auto", "3.6.1", "[0, 1]", "waiting"},
		{"", "3.6.1", "[0, 1]", "waiting"},
		{"0,1", "3.6.1", "[0, 1]", "waiting"},
		{"1", "3.6.1", "[1]", "waiting"},
		{"0", "3.6.1", "", "waiting"},
		{"auto", "2.9.51", "", "waiting"},
		{"1", "2.9.51", "", "blocked"},
	} {
		t.Run(tt.schemas+" on "+tt.juju, func(t *testing.T) {
			t.Parallel()
			w, rel := workerWithCA(t)
			w.Version, w.Options["schemas"] = tt.juju, tt.schemas
			w.Joined(t, rel, "kcp/0", agent.Settings{"enable-kube-dns": "False"})
			if got := rel.Local["schema_vers"]; got != tt.want || w.Status.Status != tt.status {
				t.Errorf("offers %q, status %v", got, w.Status)
			}
			if asks := rel.Local["kubelet_user"] != ""; asks != (tt.status == "waiting") {
				t.Errorf("asks: %v", asks)
			}
			if run := update(t, w); run.Changed() {
				t.Error("an idle hook writes")
			}
			before := maps.Clone(rel.Local)
			w.Options["schemas"] = "both"
			if update(t, w); !maps.Equal(before, rel.Local) {
				t.Errorf("an invalid option changes what is offered: %v, was %v", rel.Local, before)
			}
			if run := update(t, w); run.Changed() {
				t.Error("an idle hook of a blocked unit writes")
			}
		})
	}
}

// The node's name is the machine's by default; the full one while the masters say that there is an external cloud
// provider, also while they say nothing.
func TestReadyWorkerTakesTheMachinesName(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	delete(w.Options, "node-name")
	delete(w.Options, "gpu")
	update(t, w)
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if got := rel.Local["kubelet_user"]; got != "system:node:"+strings.ToLower(name) {
		t.Errorf("asks for %s on %s", got, name)
	}
	if got := rel.Local["gpu"]; got != "False" && got != "True" {
		t.Errorf("gpu %q", got)
	}
}
