package tools_test

import (
	"errors"
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/tools"
)

var errDenied = errors.New("permission denied")

// fake is a relation-changed hook of kw/0 in kube-control:3. It notes every effect as one line.
type fake struct {
	version   string
	relation  int
	remote    string
	remoteApp string
	relations []tools.Relation
	bags      map[string]map[string]string // "3 kw/0"
	leader    bool
	config    map[string]any
	state     map[string]string
	status    tools.Status
	appStatus tools.Status
	networks  map[string]tools.NetworkInfo
	goal      tools.GoalState
	params    map[string]any
	action    bool
	shared    map[string]string
	ports     map[string][]tools.PortRange
	content   tools.SecretContent
	secrets   []tools.SecretInfo
	effects   []string
	root      string
}

func newFake() *fake {
	return &fake{
		version: "3.6.1", relation: 3, remote: "kw/0", remoteApp: "kw", leader: true,
		relations: []tools.Relation{
			{ID: 3, Endpoint: "kube-control", RemoteApp: "kw", Members: []string{"kw/0", "kw/1"}},
			{ID: 12, Endpoint: "kube-control", RemoteApp: "ops"},
			{ID: 1, Endpoint: "masters", RemoteApp: "kcp", Members: []string{"kcp/1"}},
			{ID: 7, Endpoint: "kube-control", RemoteApp: "old", Broken: true},
		},
		bags: map[string]map[string]string{
			"3 kw/0": {"user": "node-0", "gpu": "False", "n": "1e3"}, "3 kcp/0": {"port": "53"},
			"3 kw": {"k": "v"}, "3 kcp": {"lead": "x"}, "12 ops/0": {},
		},
		config: map[string]any{"port": 53.0, "big": 12345678.0, "on": true, "text": "a", "unset": nil},
		state:  map[string]string{"a": "1"},
		status: tools.Status{Status: "active", Message: "ready"},
		shared: map[string]string{"lk": "lv", "n": "1"},
	}
}

func (f *fake) note(format string, args ...any) {
	f.effects = append(f.effects, fmt.Sprintf(format, args...))
}

func (f *fake) JujuVersion() string         { return f.version }
func (f *fake) HookRelation() int           { return f.relation }
func (f *fake) RemoteUnit() string          { return f.remote }
func (f *fake) RemoteApp() string           { return f.remoteApp }
func (f *fake) Relations() []tools.Relation { return f.relations }

func (f *fake) UnitBag(relation int, unit string) (map[string]string, error) {
	if bag, ok := f.bags[fmt.Sprintf("%d %s", relation, unit)]; ok {
		return bag, nil
	}
	return nil, errDenied
}

func (f *fake) AppBag(relation int, app string) (map[string]string, error) {
	return f.UnitBag(relation, app)
}

func (f *fake) write(who string, relation int, settings map[string]string) {
	var pairs []string
	for key, value := range settings {
		pairs = append(pairs, fmt.Sprintf("%s=%q", key, value))
	}
	sort.Strings(pairs)
	f.note("%s bag %d: %s", who, relation, strings.Join(pairs, " "))
}

func (f *fake) WriteUnitBag(relation int, settings map[string]string) error {
	f.write("unit", relation, settings)
	return nil
}

func (f *fake) WriteAppBag(relation int, settings map[string]string) error {
	f.write("app", relation, settings)
	return nil
}

func (f *fake) IsLeader() bool             { return f.leader }
func (f *fake) Config() map[string]any     { return f.config }
func (f *fake) State() map[string]string   { return f.state }
func (f *fake) SetState(key, value string) { f.note("state %.9s=%.9s", key, value) }
func (f *fake) DeleteState(key string)     { f.note("state without %s", key) }
func (f *fake) UnitStatus() tools.Status   { return f.status }

func (f *fake) AppStatus() (tools.Status, map[string]tools.Status, error) {
	if !f.leader {
		return tools.Status{}, nil, errors.New("this unit is not the leader")
	}
	return f.appStatus, map[string]tools.Status{"kcp/0": f.status}, nil
}

func (f *fake) SetUnitStatus(status, message string) { f.note("unit is %s: %s", status, message) }

func (f *fake) SetAppStatus(status, message string) error {
	if !f.leader {
		return errors.New("this unit is not the leader")
	}
	f.note("app is %s: %s", status, message)
	return nil
}

func (f *fake) Log(level, message string) { f.note("%s %s", level, message) }

func (f *fake) NetworkInfo(binding string) (tools.NetworkInfo, bool) {
	info, ok := f.networks[binding]
	return info, ok
}

func (f *fake) GoalState() tools.GoalState           { return f.goal }
func (f *fake) Root() string                         { return f.root }
func (f *fake) Resource(name string) (string, error) { return "/resources/" + name, nil }
func (f *fake) CloudSpec() (map[string]any, error)   { return map[string]any{"type": "lxd"}, nil }
func (f *fake) ActionParams() (map[string]any, bool) { return f.params, f.action }

func (f *fake) SetActionResult(path []string, value string) {
	f.note("result %s=%s", strings.Join(path, "/"), value)
}

func (f *fake) FailAction(message string) { f.note("failed: %s", message) }
func (f *fake) LogAction(message string)  { f.note("progress: %s", message) }

// toolTest is one call of a tool in a hook.
type toolTest struct {
	juju    string // the version that it imitates
	name    string
	hook    func(*fake) // nil: as newFake gives it
	args    []string
	stdin   string // given when the tool asks
	code    int
	stdout  string
	stderr  string // without "ERROR " and line end
	effects []string
}

func runTool(t *testing.T, tool string, tests []toolTest) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			f.version = test.juju
			if test.hook != nil {
				test.hook(f)
			}
			r := tools.Request{Name: tool, Args: test.args, Dir: "testdata"}
			got := tools.Run(f, r)
			if got.NeedsStdin {
				if f.effects != nil || got.Stdout != nil || got.Stderr != nil {
					t.Errorf("the first call, without standard input, did %v %+v", f.effects, got)
				}
				r.Stdin, r.StdinSet = []byte(test.stdin), true
				got = tools.Run(f, r)
			} else if test.stdin != "" {
				t.Error("did not ask for standard input")
			}
			stderr := test.stderr
			if stderr != "" {
				stderr = "ERROR " + stderr + "\n"
			}
			if got.Code != test.code || string(got.Stdout) != test.stdout || string(got.Stderr) != stderr {
				t.Errorf("got %d %q %q", got.Code, got.Stdout, got.Stderr)
			}
			if diff := cmp.Diff(test.effects, f.effects); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// noRelation makes the hook one that is not about a relation.
func noRelation(f *fake) { f.relation, f.remote, f.remoteApp = -1, "", "" }

func follower(f *fake) { f.leader = false }
