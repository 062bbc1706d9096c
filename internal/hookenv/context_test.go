package hookenv_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kube-control/kube-control/internal/hookenv"
)

// charmDir is what Juju says of the charm's folder in these tests.
const charmDir = "/var/lib/juju/agents/unit-kcp-0/charm"

// juju is the part of the environment that every hook, action and exec has.
func juju(more ...string) []string {
	return append([]string{
		"CHARM_DIR=" + charmDir, "JUJU_CHARM_DIR=" + charmDir,
		"JUJU_CONTEXT_ID=kcp/0-x-0123456789abcdef", "JUJU_UNIT_NAME=kcp/0",
		"JUJU_MODEL_UUID=deadbeef-0bad-400d-8000-4b1d0d06f00d", "JUJU_VERSION=3.6.1",
	}, more...)
}

// want is the context of such an environment, changed as the case says.
func want(change func(*hookenv.Context)) hookenv.Context {
	c := hookenv.Context{
		Unit: "kcp/0", ModelUUID: "deadbeef-0bad-400d-8000-4b1d0d06f00d", JujuVersion: "3.6.1",
		CharmDir: charmDir, InJuju: true,
	}
	change(&c)
	return c
}

// exceptTurn leaves out the one field that is not a fact.
func exceptTurn() cmp.Option { return cmpopts.IgnoreFields(hookenv.Context{}, "Turn") }

// relation is the environment of a relation hook.
func relation(hook, remoteUnit string, more ...string) []string {
	endpoint := hook[:strings.LastIndex(hook, "-relation-")]
	return juju(append([]string{
		"JUJU_HOOK_NAME=" + hook, "JUJU_DISPATCH_PATH=hooks/" + hook,
		"JUJU_RELATION=" + endpoint, "JUJU_RELATION_ID=" + endpoint + ":3",
		"JUJU_REMOTE_UNIT=" + remoteUnit, "JUJU_REMOTE_APP=kw",
	}, more...)...)
}

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		argv0   string
		environ []string
		want    hookenv.Context
	}{{
		name:    "a joined hook by its link",
		argv0:   charmDir + "/hooks/kube-control-relation-joined",
		environ: relation("kube-control-relation-joined", "kw/0"),
		want: want(func(c *hookenv.Context) {
			c.Mode, c.Name, c.Kind = hookenv.Hook, "kube-control-relation-joined", hookenv.RelationJoined
			c.HookName, c.HookKind = c.Name, c.Kind
			c.Endpoint, c.Relation, c.RemoteUnit, c.RemoteApp = "kube-control", "kube-control:3", "kw/0", "kw"
		}),
	}, {
		name:    "a created hook has an application but no unit",
		argv0:   charmDir + "/hooks/control-plane-relation-created",
		environ: relation("control-plane-relation-created", ""),
		want: want(func(c *hookenv.Context) {
			c.Mode, c.Name, c.Kind = hookenv.Hook, "control-plane-relation-created", hookenv.RelationCreated
			c.HookName, c.HookKind = c.Name, c.Kind
			c.Endpoint, c.Relation, c.RemoteApp = "control-plane", "control-plane:3", "kw"
		}),
	}, {
		name:    "a broken hook by dispatch",
		argv0:   charmDir + "/dispatch",
		environ: relation("kube-control-relation-broken", ""),
		want: want(func(c *hookenv.Context) {
			c.Mode, c.Name, c.Kind = hookenv.Hook, "kube-control-relation-broken", hookenv.RelationBroken
			c.HookName, c.HookKind = c.Name, c.Kind
			c.Endpoint, c.Relation, c.RemoteApp = "kube-control", "kube-control:3", "kw"
		}),
	}, {
		name:    "a departed hook of a unit of another model, started by hand with a relative path",
		argv0:   "hooks/kube-control-relation-departed",
		environ: relation("kube-control-relation-departed", "remote-0f3c/12", "JUJU_DEPARTING_UNIT=kcp/0"),
		want: want(func(c *hookenv.Context) {
			c.Mode, c.Name, c.Kind = hookenv.Hook, "kube-control-relation-departed", hookenv.RelationDeparted
			c.HookName, c.HookKind = c.Name, c.Kind
			c.Endpoint, c.Relation, c.RemoteUnit, c.RemoteApp = "kube-control", "kube-control:3", "remote-0f3c/12", "kw"
			c.Departing = "kcp/0"
		}),
	}, {
		name:    "a command inside a hook stays the command line",
		argv0:   charmDir + "/bin/kube-control",
		environ: relation("kube-control-relation-changed", "kw/1"),
		want: want(func(c *hookenv.Context) {
			c.HookName, c.HookKind = "kube-control-relation-changed", hookenv.RelationChanged
			c.Endpoint, c.Relation, c.RemoteUnit, c.RemoteApp = "kube-control", "kube-control:3", "kw/1", "kw"
		}),
	}, {
		name:    "a command found on the path inside an action",
		argv0:   "kube-control",
		environ: juju("JUJU_HOOK_NAME=", "JUJU_ACTION_NAME=get-dns", "JUJU_DISPATCH_PATH=actions/get-dns"),
		want:    want(func(c *hookenv.Context) { c.ActionName = "get-dns" }),
	}, {
		name:    "a command under juju exec",
		argv0:   "bin/kube-control",
		environ: juju("JUJU_HOOK_NAME=", "JUJU_ACTION_NAME=juju-exec"),
		want:    want(func(c *hookenv.Context) { c.ActionName = "juju-exec" }),
	}, {
		name:    "juju-exec with a relation leaves the remote application empty",
		argv0:   "bin/kube-control",
		environ: juju("JUJU_HOOK_NAME=", "JUJU_RELATION=kube-control", "JUJU_RELATION_ID=kube-control:3", "JUJU_REMOTE_UNIT=kw/0", "JUJU_REMOTE_APP="),
		want: want(func(c *hookenv.Context) {
			c.Endpoint, c.Relation, c.RemoteUnit, c.RemoteApp = "kube-control", "kube-control:3", "kw/0", "kw"
		}),
	}, {
		name:    "an action by its link's folder",
		argv0:   charmDir + "/actions/flush-departed",
		environ: juju("JUJU_HOOK_NAME="),
		want:    want(func(c *hookenv.Context) { c.Mode, c.Name = hookenv.Action, "flush-departed" }),
	}, {
		name:    "an action by dispatch",
		argv0:   charmDir + "/dispatch",
		environ: juju("JUJU_HOOK_NAME=", "JUJU_ACTION_NAME=get-dns", "JUJU_DISPATCH_PATH=actions/get-dns"),
		want: want(func(c *hookenv.Context) {
			c.Mode, c.Name, c.ActionName = hookenv.Action, "get-dns", "get-dns"
		}),
	}, {
		name:    "an action by JUJU_DISPATCH_PATH",
		argv0:   "/elsewhere/get-dns",
		environ: juju("JUJU_DISPATCH_PATH=actions/get-dns"),
		want:    want(func(c *hookenv.Context) { c.Mode, c.Name = hookenv.Action, "get-dns" }),
	}, {
		name:    "an action by JUJU_ACTION_NAME",
		argv0:   "get-dns",
		environ: juju("JUJU_ACTION_NAME=get-dns"),
		want: want(func(c *hookenv.Context) {
			c.Mode, c.Name, c.ActionName = hookenv.Action, "get-dns", "get-dns"
		}),
	}, {
		name:    "a hook that an action calls",
		argv0:   charmDir + "/hooks/config-changed",
		environ: juju("JUJU_HOOK_NAME=", "JUJU_ACTION_NAME=resume", "JUJU_DISPATCH_PATH=actions/resume"),
		want: want(func(c *hookenv.Context) {
			c.Mode, c.Name, c.Kind, c.ActionName = hookenv.Hook, "config-changed", hookenv.ConfigChanged, "resume"
		}),
	}, {
		name:    "an unknown hook",
		argv0:   charmDir + "/hooks/leader-deposed",
		environ: juju("JUJU_HOOK_NAME=leader-deposed"),
		want: want(func(c *hookenv.Context) {
			c.Mode, c.Name, c.HookName = hookenv.Hook, "leader-deposed", "leader-deposed"
		}),
	}, {
		name:    "only the old name of the charm's folder",
		argv0:   "kube-control",
		environ: []string{"CHARM_DIR=/old", "JUJU_CHARM_DIR="},
		want:    hookenv.Context{CharmDir: "/old"},
	}, {
		name:    "nothing at all",
		argv0:   "kube-control",
		environ: nil,
		want:    hookenv.Context{},
	}, {
		name:    "the first of a repeated variable, and rubbish",
		argv0:   "kube-control",
		environ: []string{"JUJU_VERSION=1", "JUJU_VERSION=2", "JUJU_VERSION", "=", ""},
		want:    hookenv.Context{JujuVersion: "1"},
	}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := hookenv.Parse(test.argv0, test.environ)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, exceptTurn()); diff != "" {
				t.Errorf("context (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		argv0   string
		environ []string
		want    string
	}{
		{"dispatch without a path", "dispatch", nil, `cannot tell which hook to run: JUJU_DISPATCH_PATH is not set`},
		{"dispatch of neither", "dispatch", []string{"JUJU_DISPATCH_PATH=src/install"}, `cannot tell which hook to run: JUJU_DISPATCH_PATH is "src/install", not hooks/NAME or actions/NAME`},
		{"dispatch of no name", "dispatch", []string{"JUJU_DISPATCH_PATH=hooks/"}, `cannot tell which hook to run: JUJU_DISPATCH_PATH is "hooks/", not hooks/NAME or actions/NAME`},
		{"dispatch out of the folder", "dispatch", []string{"JUJU_DISPATCH_PATH=hooks/../x"}, `cannot tell which hook to run: JUJU_DISPATCH_PATH is "hooks/../x", not hooks/NAME or actions/NAME`},
		{"no name", "", nil, `cannot tell which hook to run: the program's name is ""`},
		{"a folder's name", "hooks/..", nil, `cannot tell which hook to run: the program's name is "hooks/.."`},
		{"a unit without a number", "kube-control", []string{"JUJU_UNIT_NAME=kcp"}, `cannot read JUJU_UNIT_NAME: "kcp" is not a unit's name`},
		{"a remote unit without an application", "kube-control", []string{"JUJU_REMOTE_UNIT=/0"}, `cannot read JUJU_REMOTE_UNIT: "/0" is not a unit's name`},
		{"a departing unit with a bad number", "kube-control", []string{"JUJU_DEPARTING_UNIT=kw/-1"}, `cannot read JUJU_DEPARTING_UNIT: "kw/-1" is not a unit's name`},
		{"a relation without a number", "kube-control", []string{"JUJU_RELATION_ID=db"}, `cannot read JUJU_RELATION_ID: "db" is not ENDPOINT:NUMBER`},
		{"a relation without an endpoint", "kube-control", []string{"JUJU_RELATION_ID=:3"}, `cannot read JUJU_RELATION_ID: ":3" is not ENDPOINT:NUMBER`},
		{"a relation of another endpoint", "kube-control", []string{"JUJU_RELATION=web", "JUJU_RELATION_ID=db:3"}, `cannot read JUJU_RELATION_ID: "db:3" is not of the endpoint "web" that JUJU_RELATION names`},
		{"a hook of another endpoint", "hooks/web-relation-joined", relation("db-relation-joined", "pg/0"), `cannot run hook web-relation-joined: this is a hook of endpoint db`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, err := hookenv.Parse(test.argv0, test.environ)
			if err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
			if c != (hookenv.Context{}) {
				t.Errorf("context %+v beside an error", c)
			}
		})
	}
}

func TestForHook(t *testing.T) {
	t.Parallel()
	exec, err := hookenv.Parse("kube-control", juju("JUJU_HOOK_NAME="))
	if err != nil {
		t.Fatal(err)
	}
	inside, err := hookenv.Parse("kube-control", relation("kube-control-relation-departed", "kw/2", "JUJU_DEPARTING_UNIT=kw/2"))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		from hookenv.Context
		hook string
		want func(*hookenv.Context)
		err  string
	}{
		{"a relation hook with no relation", exec, "kube-control-relation-changed", func(c *hookenv.Context) {
			c.Kind, c.Endpoint = hookenv.RelationChanged, "kube-control"
		}, ""},
		{"a hook of the unit", exec, "update-status", func(c *hookenv.Context) { c.Kind = hookenv.UpdateStatus }, ""},
		{"an unknown hook", exec, "no-such-hook", func(*hookenv.Context) {}, ""},
		{"the hook that is running", inside, "kube-control-relation-departed", func(c *hookenv.Context) {
			c.Kind = hookenv.RelationDeparted
		}, ""},
		{"another hook of the unit inside a relation hook", inside, "update-status", func(c *hookenv.Context) {
			c.Kind = hookenv.UpdateStatus
		}, ""},
		{"a hook of another endpoint", inside, "db-relation-joined", nil, "cannot run hook db-relation-joined: this is a hook of endpoint kube-control"},
		{"no name", exec, "", nil, `cannot run hook "": not a hook's name`},
		{"a path", exec, "hooks/install", nil, `cannot run hook "hooks/install": not a hook's name`},
		{"two words", exec, "update status", nil, `cannot run hook "update status": not a hook's name`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := test.from.ForHook(test.hook)
			if test.want == nil {
				if err == nil || err.Error() != test.err {
					t.Errorf("error %v, want %s", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := test.from
			want.Mode, want.Name = hookenv.Hook, test.hook
			test.want(&want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("context (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCharmDirByHand(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	charm := filepath.Join(dir, "charm")
	for _, folder := range []string{"charm/bin", "charm/hooks", "charm/tools", "other/bin"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"charm/metadata.yaml", "charm/bin/kube-control", "charm/tools/kube-control", "other/bin/kube-control"} {
		if err := os.WriteFile(filepath.Join(dir, file), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../bin/kube-control", filepath.Join(charm, "hooks/install")); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, argv0, want string
	}{
		{"the program", charm + "/bin/kube-control", charm},
		{"a link to it", charm + "/hooks/install", charm},
		{"beside no metadata.yaml", dir + "/other/bin/kube-control", ""},
		{"not in a bin", charm + "/tools/kube-control", ""},
		{"a program that is gone", charm + "/bin/gone/kube-control", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, err := hookenv.Parse(test.argv0, nil)
			if err != nil {
				t.Fatal(err)
			}
			if c.CharmDir != test.want {
				t.Errorf("charm folder %q, want %q", c.CharmDir, test.want)
			}
			if c.InJuju {
				t.Error("in Juju without a context")
			}
		})
	}
}

func TestTurnTellsHookContextsApart(t *testing.T) {
	t.Parallel()
	turn := func(id string) uint64 {
		c, err := hookenv.Parse("kube-control", []string{"JUJU_CONTEXT_ID=" + id})
		if err != nil {
			t.Fatal(err)
		}
		return c.Turn
	}
	if once, again := turn("kcp/0-update-status-01"), turn("kcp/0-update-status-01"); once != again {
		t.Error("one context has two turns")
	}
	if turn("kcp/0-update-status-01") == turn("kcp/0-update-status-02") {
		t.Error("two contexts have one turn")
	}
}

func TestModeString(t *testing.T) {
	t.Parallel()
	for mode, want := range map[hookenv.Mode]string{
		hookenv.CommandLine: "command line", hookenv.Hook: "hook", hookenv.Action: "action",
	} {
		if got := mode.String(); got != want {
			t.Errorf("mode %d is %q, want %q", mode, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("dispatch", strings.Join(relation("kube-control-relation-joined", "kw/0"), "\n"))
	f.Add("/c/actions/get-dns", "JUJU_ACTION_NAME=get-dns")
	f.Add("kube-control", "JUJU_RELATION_ID=:")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, argv0, environ string) {
		c, err := hookenv.Parse(argv0, strings.Split(environ, "\n"))
		if err != nil {
			return
		}
		if (c.Mode == hookenv.CommandLine) != (c.Name == "") {
			t.Errorf("mode %s with name %q", c.Mode, c.Name)
		}
		if c.Kind.IsRelation() && (c.Endpoint == "" || !strings.HasPrefix(c.Name, c.Endpoint+"-")) {
			t.Errorf("hook %q of endpoint %q", c.Name, c.Endpoint)
		}
	})
}
