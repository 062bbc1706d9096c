// The handlers of charms, in Go and in kube-control.yaml: their order and their limits.

package charm_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/pkg/charm"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
	"github.com/kube-control/kube-control/tests/world"
)

type bag = agent.Settings

// unit is a unit with a member that says something, and a trace of the handlers that ran.
func unit(t *testing.T, role, settings string, remote bag) (*world.World, *trace) {
	t.Helper()
	w := world.New("me/0", world.Charm(t, role, settings))
	w.Rules = &charm.Rules{}
	w.Relate("kube-control:1", "other").Join("other/0", remote)
	return w, &trace{}
}

type trace []string

func (tr *trace) add(name string) func(context.Context, *charm.Flags) error {
	return func(context.Context, *charm.Flags) error {
		*tr = append(*tr, name)
		return nil
	}
}

func (tr *trace) put(name, flag string, set bool) func(context.Context, *charm.Flags) error {
	return func(ctx context.Context, f *charm.Flags) error {
		*tr = append(*tr, name)
		if set {
			return f.Set(ctx, flag)
		}
		return f.Clear(ctx, flag)
	}
}

func (tr trace) is(t *testing.T, want string) {
	t.Helper()
	if got := strings.Join(tr, " "); got != want {
		t.Errorf("ran %q, want %q", got, want)
	}
}

func TestHandlersRunInOrderEachOnce(t *testing.T) {
	t.Parallel()
	w, tr := unit(t, "master", "", bag{})
	r := w.Rules
	r.When("never").Do("never", tr.add("never"))
	r.When("kube-control.connected").Do("first", tr.add("first"))
	r.When("kube-control.connected").WhenNot("kube-control.departed").Do("second", tr.add("second"))
	r.WhenNot("kube-control.connected").Do("not", tr.add("not"))
	r.WhenNot("never").When("kube-control.connected", "leadership.is_leader").Do("third", tr.add("third"))
	w.MustHook(t, world.Hook{Name: "start"})
	tr.is(t, "first second third")
	w.MustHook(t, world.Hook{Name: "update-status"})
	tr.is(t, "first second third first second third")
}

// After each handler the list is scanned from the top: a flag that a later one sets lets an earlier one run next.
func TestListIsScannedFromTheTop(t *testing.T) {
	t.Parallel()
	w, tr := unit(t, "master", "", bag{})
	r := w.Rules
	r.When("b.done").Do("c", tr.add("c"))
	r.When("a.done").Do("b", tr.put("b", "b.done", true))
	r.WhenNot("a.done").Do("a", tr.put("a", "a.done", true))
	r.When("kube-control.connected").Do("last", tr.put("last", "a.done", false))
	w.MustHook(t, world.Hook{Name: "start"})
	tr.is(t, "a b c last") // a may run again by its flags, and does not
	w.MustHook(t, world.Hook{Name: "start"})
	tr.is(t, "a b c last c a b last")
}

// The view is loaded again after each handler: what it published and signed shows in the flags.
func TestHandlersSeeWhatTheOthersDid(t *testing.T) {
	t.Parallel()
	w, tr := unit(t, "master", "", bag{"kubelet_user": "u", "gpu": "True"})
	r := w.Rules
	r.When("kube-control.auth.requested").Master("sign", func(ctx context.Context, m *charm.Master) error {
		requests, err := m.AuthUser(ctx)
		if err != nil || len(requests) != 1 || requests[0].User != "u" || requests[0].Unit != "other/0" {
			t.Errorf("requests %v, %v", requests, err)
		}
		var all []charm.Signature
		for _, q := range requests {
			all = append(all, charm.Signature{Scope: q.Unit, User: q.User, Client: tokenOf(q)})
		}
		return m.SignAuthRequests(ctx, all...)
	})
	r.When("kube-control.gpu.available").WhenNot("kube-control.auth.requested").Master("gpu", func(ctx context.Context, m *charm.Master) error {
		*tr = append(*tr, "gpu")
		gpu, err := m.GPU(ctx)
		if !gpu || err != nil {
			t.Errorf("gpu %v, %v", gpu, err)
		}
		return m.SetDNS(ctx, 53, "d", "", true)
	})
	run := w.MustHook(t, world.Hook{Name: "start"})
	tr.is(t, "gpu")
	if local := w.Relations[0].Local; local["domain"] != "d" || !strings.Contains(local["creds"], `"scope": "other/0"`) {
		t.Errorf("bag %v", local)
	}
	asked := 0
	for _, c := range run.Calls() {
		if c.Argv[0] == "is-leader" || c.Argv[0] == "relation-list" {
			asked++
		}
	}
	if asked != 2 {
		t.Errorf("what stays as it is while a hook runs is asked %d times", asked)
	}
}

func TestWorkersHandlersInGo(t *testing.T) {
	t.Parallel()
	w, tr := unit(t, "worker", "", bag{
		"enable-kube-dns": "True", "domain": "d", "cluster-tag": "t", "registry-location": "r",
		"creds": `{"u": {"scope": "me/0", "client_token": "c", "kubelet_token": null, "proxy_token": null}}`,
	})
	r := w.Rules
	r.When("kube-control.connected").Worker("ask", func(ctx context.Context, w *charm.Worker) error {
		return errors.Join(w.SetAuthRequest(ctx, "u", "g"), w.SetGPU(ctx, true))
	})
	r.When("kube-control.auth.ready", "kube-control.dns.available").Worker("use", func(ctx context.Context, w *charm.Worker) error {
		*tr = append(*tr, "use")
		dns, err := w.DNS(ctx)
		tag, err2 := w.ClusterTag(ctx)
		registry, err3 := w.RegistryLocation(ctx)
		c, ok, err4 := w.AuthCredentials(ctx, "u")
		if err := errors.Join(err, err2, err3, err4); err != nil || *dns.Domain != "d" || *tag != "t" || *registry != "r" || !ok || c.Client.Reveal() != "c" {
			t.Errorf("%v: %v %v %v %v", err, dns, tag, registry, c)
		}
		return nil
	})
	r.When("kube-control.connected").Master("master", func(context.Context, *charm.Master) error {
		t.Error("a master's handler runs in a charm that is none")
		return nil
	})
	w.MustHook(t, world.Hook{Name: "kube-control-relation-changed", Relation: "kube-control:1", Unit: "other/0"})
	tr.is(t, "use")
}

func TestFailingHandlerFailsTheHook(t *testing.T) {
	t.Parallel()
	w, tr := unit(t, "master", "", bag{})
	w.Rules.When("kube-control.connected").Master("publish", func(ctx context.Context, m *charm.Master) error { return m.SetClusterTag(ctx, "t") })
	w.Rules.When("kube-control.connected").Do("check", func(context.Context, *charm.Flags) error { return errors.New("no disk") })
	w.Rules.When("kube-control.connected").Do("later", tr.add("later"))
	res := w.Begin(world.Hook{Name: "start"}).Link()
	if res.Code != 1 || res.Stderr != "kube-control: handler check: no disk\n" {
		t.Errorf("exit %d: %q", res.Code, res.Stderr)
	}
	tr.is(t, "")
}

// handlers is a kube-control.yaml whose handlers write their names into the file trace.
const handlers = `handlers:
- {name: two, when: [kube-control.connected], run: [sh, -c, "printf 'two ' >> trace; echo out; echo err >&2"]}
- {name: never, when: [kube-control.departed], run: [sh, -c, "printf 'never ' >> trace"]}
- {name: three, when-not: [kube-control.departed], run: [./script, "a b", "$HOME"]}
`

func TestHandlersOfTheFile(t *testing.T) {
	t.Parallel()
	w, tr := unit(t, "master", handlers, bag{})
	script := "#!/bin/sh\nprintf 'three:%s:%s ' \"$1\" \"$2\" >> trace\n"
	if err := os.WriteFile(filepath.Join(w.CharmDir, "script"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	w.Rules.When("kube-control.connected").Do("one", func(context.Context, *charm.Flags) error {
		if _, err := os.Stat(filepath.Join(w.CharmDir, "trace")); err == nil {
			t.Error("handlers of the file run before those in Go")
		}
		return tr.add("one")(context.Background(), nil)
	})
	res := w.Begin(world.Hook{Name: "start"}).Link()
	if res.Code != 0 || res.Stdout != "out\n" || res.Stderr != "err\n" {
		t.Errorf("exit %d: %q, %q", res.Code, res.Stdout, res.Stderr)
	}
	tr.is(t, "one")
	if text, _ := os.ReadFile(filepath.Join(w.CharmDir, "trace")); string(text) != "two three:a b:$HOME " {
		t.Errorf("trace %q", text)
	}
}

func TestFailingHandlerOfTheFile(t *testing.T) {
	t.Parallel()
	for run, want := range map[string]string{
		`[sh, -c, "exit 7"]`: "kube-control: handler h: cannot run sh: exit status 7\n",
		`[./missing]`:        "kube-control: handler h: cannot run ./missing: ",
	} {
		w, _ := unit(t, "master", "handlers:\n- {name: h, run: "+run+"}\n- {name: after, run: [touch, after]}\n", bag{})
		res := w.Begin(world.Hook{Name: "start"}).Link()
		if res.Code != 1 || !strings.HasPrefix(res.Stderr, want) || strings.Count(res.Stderr, "\n") != 1 {
			t.Errorf("%s: exit %d: %q", run, res.Code, res.Stderr)
		}
		if _, err := os.Stat(filepath.Join(w.CharmDir, "after")); err == nil {
			t.Errorf("%s: a handler runs after one has failed", run)
		}
	}
}

// Only hooks run handlers: neither actions nor commands do, wherever they are typed.
func TestCommandsAndActionsRunNoHandler(t *testing.T) {
	t.Parallel()
	w, tr := unit(t, "master", handlers, bag{"kubelet_user": "u"})
	w.Rules.When("kube-control.connected").Do("one", tr.add("one"))
	for _, hook := range []world.Hook{{}, {Name: "start"}} {
		run := w.Begin(hook)
		for _, argv := range [][]string{{"flags"}, {"set-cluster-tag", "t"}, {"refresh"}, {"flags", "set", "x"}, {"flush-departed"}} {
			if res := run.Command(argv...); res.Code != 0 {
				t.Errorf("%v: exit %d: %s", argv, res.Code, res.Stderr)
			}
		}
	}
	action := w.Begin(world.Hook{Action: "flags"})
	if res := action.Program("", w.CharmDir+"/actions/flags"); res.Code != 0 {
		t.Errorf("exit %d: %s", res.Code, res.Stderr)
	}
	tr.is(t, "")
	if _, err := os.Stat(filepath.Join(w.CharmDir, "trace")); err == nil {
		t.Error("a handler of the file ran")
	}
	// "hook NAME" is a hook, typed by hand.
	if res := w.Begin(world.Hook{}).Command("hook", "start"); res.Code != 1 { // ./script is missing
		t.Errorf("exit %d: %s", res.Code, res.Stderr)
	}
	tr.is(t, "one")
}

// A hook sets the workload status once, last, and only where the charm leaves it to us.
func TestStatusIsSetOnceAndLast(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]int{"": 0, "status: false\n": 0, "status: true\n": 1} {
		w, tr := unit(t, "master", settings, bag{})
		w.Rules.When("kube-control.connected").Master("dns", func(ctx context.Context, m *charm.Master) error { return m.SetDNS(ctx, 53, "d", "", true) })
		w.Rules.When("kube-control.connected").Do("flag", tr.put("flag", "x", true))
		run := w.MustHook(t, world.Hook{Name: "start"})
		set, after := 0, 0
		for _, c := range run.Calls() {
			switch name := c.Argv[0]; {
			case name == "status-set":
				set++
			case set > 0 && name != "juju-log":
				after++
			}
		}
		if set != want || after > 0 {
			t.Errorf("%q: status-set runs %d times, %d calls after it", settings, set, after)
		}
	}
}

func tokenOf(q charm.Request) kubecontrol.Token { return kubecontrol.NewToken("token of " + q.User) }

// A handler may be another process that calls kube-control: state and databags are read again after each handler, and
// nothing that it wrote is lost.
func TestHandlersMayCallTheCommandLine(t *testing.T) {
	t.Parallel()
	w, tr := unit(t, "master", "", bag{"kubelet_user": "u"})
	var run *world.Run
	call := func(stdin string, argv ...string) func(context.Context, *charm.Flags) error {
		return func(context.Context, *charm.Flags) error {
			*tr = append(*tr, argv[0])
			if res := run.Program(stdin, append([]string{"kube-control"}, argv...)...); res.Code != 0 {
				return errors.New(res.Stderr)
			}
			return nil
		}
	}
	w.Rules.When("shell.done").WhenNot("kube-control.auth.requested").Do("after", tr.add("after"))
	w.Rules.When("kube-control.connected").Do("set", call("", "set-dns", "53", "d"))
	w.Rules.When("kube-control.auth.requested").Do("sign", call(`{"client_token": "c"}`, "sign-auth-request", "other/0"))
	w.Rules.When("kube-control.connected").Do("flag", call("", "flags", "set", "shell.done"))
	run = w.Begin(world.Hook{Name: "start"})
	if res := run.Link(); res.Code != 0 {
		t.Fatalf("exit %d: %s", res.Code, res.Stderr)
	}
	run.Commit()
	tr.is(t, "set-dns sign-auth-request flags after")
	w.MustHook(t, world.Hook{Name: "kube-control-relation-created", Relation: w.Relate("kube-control:2", "kv").ID})
	if later := w.Relation("kube-control:2").Local; later["domain"] != "d" {
		t.Errorf("the later relation's bag: %v", later)
	}
}
