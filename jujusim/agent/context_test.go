package agent_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/tools"
)

// run runs a tool in the hook and gives its output, or its error text.
func run(t *testing.T, h *agent.HookContext, argv ...string) string {
	t.Helper()
	r := h.Call(tools.Request{Name: argv[0], Args: argv[1:], Dir: t.TempDir(), StdinSet: true})
	return string(r.Stdout) + string(r.Stderr)
}

func expect(t *testing.T, h *agent.HookContext, want string, argv ...string) {
	t.Helper()
	if got := run(t, h, argv...); got != want {
		t.Errorf("%v: got %q, want %q", argv, got, want)
	}
}

func TestOwnWritesArePendingUntilChanges(t *testing.T) {
	t.Parallel()
	f := newFake()
	h := agent.NewHookContext(f, hook())
	if diff := cmp.Diff(agent.Changes{}, h.Changes()); diff != "" {
		t.Errorf("changes of an idle hook: %s", diff)
	}
	run(t, h, "relation-set", "a=b", "port=")
	run(t, h, "relation-set", "--app", "lead=y")
	run(t, h, "state-set", "b=2")
	run(t, h, "state-delete", "a")
	expect(t, h, `{"a":"b"}`+"\n", "relation-get", "--format=json", "-", "kcp/0")
	expect(t, h, "lead: \"y\"\n", "relation-get", "--app", "-", "kcp")
	state := map[string]string{"b": "2"}
	want := agent.Changes{
		Units: map[int]agent.Settings{3: {"a": "b", "port": ""}},
		Apps:  map[int]agent.Settings{3: {"lead": "y"}},
		State: &state,
	}
	if diff := cmp.Diff(want, h.Changes()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(agent.Settings{"port": "53"}, f.units["kcp/0"]); diff != "" {
		t.Errorf("written before the commit: %s", diff)
	}
	if diff := cmp.Diff(map[string]string{"a": "1"}, f.state); diff != "" {
		t.Errorf("state written before the commit: %s", diff)
	}
}

func TestWritesThatChangeNoStateAreNoChange(t *testing.T) {
	t.Parallel()
	h := agent.NewHookContext(newFake(), hook())
	run(t, h, "state-set", "a=1")
	run(t, h, "state-delete", "missing")
	run(t, h, "relation-set")
	if diff := cmp.Diff(agent.Changes{}, h.Changes()); diff != "" {
		t.Error(diff)
	}
}

func TestMembersBagsAreRememberedAcrossHooks(t *testing.T) {
	t.Parallel()
	f, info := newFake(), hook()
	first := agent.NewHookContext(f, info)
	expect(t, first, "node-0\n", "relation-get", "kubelet_user")
	expect(t, first, "yes\n", "relation-get", "late", "kw/9")
	expect(t, first, "v\n", "relation-get", "--app", "k")
	f.units["kw/0"] = agent.Settings{"kubelet_user": "new"}
	f.units["kw/9"] = agent.Settings{"late": "new"}
	f.apps["kw"] = agent.Settings{"k": "new"}
	for range 2 {
		expect(t, first, "node-0\n", "relation-get", "kubelet_user")
		expect(t, first, "yes\n", "relation-get", "late", "kw/9")
		expect(t, first, "v\n", "relation-get", "--app", "k")
	}
	second := agent.NewHookContext(f, info)
	expect(t, second, "node-0\n", "relation-get", "kubelet_user")
	expect(t, second, "new\n", "relation-get", "late", "kw/9") // no member: forgotten
	expect(t, second, "new\n", "relation-get", "--app", "k")   // an application: forgotten
	delete(info.Relations[0].Cache, "kw/0")                    // as the agent does before kw/0's own hooks
	expect(t, agent.NewHookContext(f, info), "new\n", "relation-get", "kubelet_user")
}

func TestWithoutACacheTheHookAloneRemembers(t *testing.T) {
	t.Parallel()
	f, info := newFake(), hook()
	info.Relations[0].Cache = nil
	h := agent.NewHookContext(f, info)
	expect(t, h, "node-0\n", "relation-get", "kubelet_user")
	f.units["kw/0"] = agent.Settings{"kubelet_user": "new"}
	expect(t, h, "node-0\n", "relation-get", "kubelet_user")
	expect(t, agent.NewHookContext(f, info), "new\n", "relation-get", "kubelet_user")
}

func TestReadsThatTheControllerRefuses(t *testing.T) {
	t.Parallel()
	f := newFake()
	delete(f.units, "kw/1") // a member, but gone
	h := agent.NewHookContext(f, hook())
	const denied = "ERROR permission denied\n"
	expect(t, h, denied, "relation-get", "-", "kw/1")
	expect(t, h, denied, "relation-get", "-", "zz/0")
	expect(t, h, denied, "relation-get", "--app", "-", "zz")
	delete(f.units, "kcp/0")
	expect(t, h, denied, "relation-set", "a=b")
}

func TestLeadersSpeakForTheApplication(t *testing.T) {
	t.Parallel()
	f := newFake()
	h := agent.NewHookContext(f, hook())
	expect(t, h, "", "status-set", "--application", "blocked", "m")
	expect(t, h, `{"application-status":{"status":"blocked","units":{"kcp/0":{"status":"active"}}}}`+"\n",
		"status-get", "--application", "--format=json")
}

func TestLiveAnswers(t *testing.T) {
	t.Parallel()
	h := agent.NewHookContext(newFake(), hook())
	expect(t, h, "10.0.0.1\n", "network-get", "any", "--ingress-address")
	expect(t, h, "units:\n  kcp/0:\n    status: active\nrelations: {}\n", "goal-state")
	expect(t, h, "ERROR not running an action\n", "action-get")
}

func TestLeadershipOnceLostStaysLost(t *testing.T) {
	t.Parallel()
	f := newFake()
	h := agent.NewHookContext(f, hook())
	expect(t, h, "True\n", "is-leader")
	f.leader = false
	expect(t, h, "False\n", "is-leader")
	f.leader = true
	expect(t, h, "False\n", "is-leader")
	expect(t, h, "ERROR cannot write relation settings\n", "relation-set", "--app")
	expect(t, h, "ERROR permission denied\n", "relation-get", "--app", "-", "kcp")
	expect(t, h, "ERROR this unit is not the leader\n", "status-set", "--application", "active")
	expect(t, h, "ERROR finding application status: this unit is not the leader\n", "status-get", "--application")
	expect(t, agent.NewHookContext(f, hook()), "True\n", "is-leader")
}

func TestFollowersReadTheOwnBagOfAPeerRelation(t *testing.T) {
	t.Parallel()
	f, info := newFake(), hook()
	f.leader = false
	info.Relations[0].Peer, info.Relations[0].RemoteApp = true, "kcp"
	expect(t, agent.NewHookContext(f, info), "x\n", "relation-get", "--app", "lead", "kcp")
}

func TestWhatAHookHasReadStays(t *testing.T) {
	t.Parallel()
	f := newFake()
	h := agent.NewHookContext(f, hook())
	expect(t, h, "53\n", "config-get", "dns-port")
	expect(t, h, "1\n", "state-get", "a")
	expect(t, h, "active\n", "status-get")
	f.config = map[string]any{"dns-port": 54.0}
	f.state = map[string]string{"a": "2"}
	run(t, h, "status-set", "waiting", "for it")
	expect(t, h, "53\n", "config-get", "dns-port")
	expect(t, h, "1\n", "state-get", "a")
	expect(t, h, "active\n", "status-get")
	if diff := cmp.Diff(agent.Status{Status: "waiting", Message: "for it"}, f.status); diff != "" {
		t.Errorf("status-set waits for the hook's end: %s", diff)
	}
}

func TestActionResult(t *testing.T) {
	t.Parallel()
	info := hook()
	info.Action = &agent.ActionInfo{Name: "do-it", ID: "6"}
	h := agent.NewHookContext(newFake(), info)
	expect(t, h, "{}\n", "action-get")
	if diff := cmp.Diff(agent.ActionResult{}, h.ActionResult()); diff != "" {
		t.Errorf("result of an idle action: %s", diff)
	}
	run(t, h, "action-log", "on", "it")
	run(t, h, "action-set", "a=1", "b.c=2", "b.d=3", "a.e=4")
	run(t, h, "action-fail", "broke")
	want := agent.ActionResult{
		Failed: true, Message: "broke", Log: []string{"on it"},
		Results: map[string]any{"a": map[string]any{"e": "4"}, "b": map[string]any{"c": "2", "d": "3"}},
	}
	if diff := cmp.Diff(want, h.ActionResult()); diff != "" {
		t.Error(diff)
	}
}

func TestLogNamesUnitAndRelation(t *testing.T) {
	t.Parallel()
	f := newFake()
	run(t, agent.NewHookContext(f, hook()), "juju-log", "-l", "warn", "hello", "there")
	want := []string{"kcp/0 unit.kcp/0.juju-log WARNING kube-control:3: hello there"}
	if diff := cmp.Diff(want, f.logs); diff != "" {
		t.Error(diff)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	f := newFake()
	h := agent.NewHookContext(f, hook())
	killed := 0
	var asked []int
	h.InjectFaults(agent.Faults{
		Before: func(k int, _ []string) agent.Fault {
			asked = append(asked, k)
			return map[int]agent.Fault{2: agent.FailCall, 4: agent.KillHook}[k]
		},
		Kill: func() { killed++ },
	})
	expect(t, h, "True\n", "is-leader")
	expect(t, h, "ERROR injected fault\n", "relation-set", "a=b")
	r := tools.Request{Name: "state-set", Args: []string{"--file=-"}, Dir: "/"}
	if got := h.Call(r); !got.NeedsStdin {
		t.Errorf("got %+v", got)
	}
	r.Stdin, r.StdinSet = []byte("b: 2\n"), true
	if got := h.Call(r); got.Code != 0 {
		t.Errorf("got %s", got.Stderr)
	}
	run(t, h, "relation-set", "c=d")
	if killed != 1 {
		t.Errorf("killed %d times", killed)
	}
	if h.Changes().Units != nil {
		t.Errorf("a faulty call wrote: %v", h.Changes().Units)
	}
	if diff := cmp.Diff([]int{1, 2, 3, 4}, asked); diff != "" {
		t.Errorf("asked before calls: %s", diff)
	}
	want := []agent.Call{
		{Argv: []string{"is-leader"}},
		{Argv: []string{"relation-set", "a=b"}, Code: 1},
		{Argv: []string{"state-set", "--file=-"}, Stdin: []byte("b: 2\n")},
		{Argv: []string{"relation-set", "c=d"}, Code: 1},
	}
	if diff := cmp.Diff(want, h.Calls()); diff != "" {
		t.Error(diff)
	}
}
