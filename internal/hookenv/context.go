package hookenv

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Mode is how this process was started.
type Mode int

// The modes. Only a hook runs handlers.
const (
	CommandLine Mode = iota // by its own name: by hand, by `juju exec`, or by a hook's or action's child
	Hook                    // by Juju for a hook, or by `kube-control hook NAME`
	Action                  // by Juju for an action
)

// String is the mode's name for messages.
func (m Mode) String() string {
	switch m {
	case Hook:
		return "hook"
	case Action:
		return "action"
	}
	return "command line"
}

// Context is what the environment says. Texts that do not apply are empty.
//
// The relation's fields describe the relation hook that this process is part of, on the command line too: a handler
// that calls `kube-control flags` in a departed hook has the departing unit.
type Context struct {
	Mode Mode
	Name string // the hook or action; empty on the command line
	Kind Kind   // of the hook Name; Unknown for actions, on the command line, and for a name that Juju does not have

	HookName string // the hook that Juju is running, whatever the Mode; empty in an action, under `juju exec` and by hand
	HookKind Kind   // of HookName

	ActionName string // the action that Juju is running; `juju exec` is one too, "juju-exec" (2.9: "juju-run")

	Endpoint   string                 // of the relation hook, from its name, else from JUJU_RELATION
	Relation   kubecontrol.RelationID // the relation hook's; empty for one that runs outside Juju's relation context
	RemoteUnit kubecontrol.Unit       // set in joined, departed, and changed of a unit's data; empty in created, broken, and changed of the application's data
	RemoteApp  string                 // set in all relation hooks
	Departing  kubecontrol.Unit       // set in departed only: the unit that leaves; our own unit if that (or our application) is going away

	SecretID       string // of the secret hook, in any of Juju's forms
	SecretLabel    string // the owner's or the reader's own label, whichever this unit is; may be empty
	SecretRevision int    // secret-expired and secret-remove only

	Unit        kubecontrol.Unit // our own
	ModelUUID   string
	JujuVersion string // like "2.9.51" or "3.6-rc1"
	CharmDir    string // the charm's folder; outside Juju the one that the program stands in, if it looks like a charm
	InJuju      bool   // a hook context is there, so that hook tools work
	Nested      bool   // Mode is Hook, and a handler of this same hook started it: the hook's work is being done already
	Turn        uint64 // a number that differs from one hook context to the next; nothing else can be read from it
	Plain       bool   // the person wants no colours: NO_COLOR is set (no-color.org), or TERM is dumb
	Within      string // the hook that this process is in a handler of, as Running says it
}

// runningVariable names the hook whose handlers are running, for their children.
const runningVariable = "KUBE_CONTROL_RUNNING"

// Running is the variable for the environment of this hook's handlers, by which a hook that they start knows that it runs
// already. ops starts each hook's link again.
func (c Context) Running() string { return runningVariable + "=" + c.running(c.Name) }

func (c Context) running(hook string) string { return fmt.Sprintf("%s %x", hook, c.Turn) }

// commandName is the base name by which the program is the command line.
const commandName = "kube-control"

// Parse reads the name that the program was started by, argv[0], and the environment in os.Environ's form.
//
// It fails where Juju's own variables contradict each other or the name, and where a name says neither a hook nor an
// action. A hook that Juju does not have is not an error; its Kind is Unknown. Of the file system it looks only at where
// the program stands, and only if no variable names the charm's folder.
func Parse(argv0 string, environ []string) (Context, error) {
	env := variables(environ)
	c := Context{
		HookName:    env["JUJU_HOOK_NAME"],
		ActionName:  env["JUJU_ACTION_NAME"],
		Endpoint:    env["JUJU_RELATION"],
		Relation:    kubecontrol.RelationID(env["JUJU_RELATION_ID"]),
		RemoteUnit:  kubecontrol.Unit(env["JUJU_REMOTE_UNIT"]),
		RemoteApp:   env["JUJU_REMOTE_APP"],
		Departing:   kubecontrol.Unit(env["JUJU_DEPARTING_UNIT"]),
		SecretID:    env["JUJU_SECRET_ID"],
		SecretLabel: env["JUJU_SECRET_LABEL"],
		Unit:        kubecontrol.Unit(env["JUJU_UNIT_NAME"]),
		ModelUUID:   env["JUJU_MODEL_UUID"],
		JujuVersion: env["JUJU_VERSION"],
		CharmDir:    env["JUJU_CHARM_DIR"],
		InJuju:      env["JUJU_CONTEXT_ID"] != "",
		Turn:        turn(env["JUJU_CONTEXT_ID"]),
		Plain:       env["NO_COLOR"] != "" || env["TERM"] == "dumb",
	}
	c.Within = env[runningVariable]
	c.HookKind, _ = KindOf(c.HookName)
	if text := env["JUJU_SECRET_REVISION"]; text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			return Context{}, fmt.Errorf("cannot read JUJU_SECRET_REVISION: %q is not a number", text)
		}
		c.SecretRevision = n
	}
	if c.Endpoint == "" {
		c.Endpoint = c.Relation.Endpoint()
	}
	if c.RemoteApp == "" && c.RemoteUnit != "" {
		c.RemoteApp = c.RemoteUnit.App() // juju-exec with a remote unit leaves the application out
	}
	if c.CharmDir == "" {
		c.CharmDir = env["CHARM_DIR"]
	}
	if c.CharmDir == "" {
		c.CharmDir = ownCharm(argv0)
	}
	if err := c.check(env); err != nil {
		return Context{}, err
	}

	mode, name, err := event(argv0, env)
	if err != nil {
		return Context{}, err
	}
	if mode == Hook {
		return c.ForHook(name)
	}
	c.Mode, c.Name = mode, name
	return c, nil
}

// ForHook is this context for the hook of the given name, as `kube-control hook NAME` asks. The relation's fields
// stay as Juju gave them; a hook of an endpoint other than theirs is an error, because they would count as its own.
func (c Context) ForHook(name string) (Context, error) {
	if !isName(name) {
		return Context{}, fmt.Errorf("cannot run hook %q: not a hook's name", name)
	}
	kind, endpoint := KindOf(name)
	if endpoint != "" {
		if c.Endpoint != "" && c.Endpoint != endpoint {
			return Context{}, fmt.Errorf("cannot run hook %s: this is a hook of endpoint %s", name, c.Endpoint)
		}
		c.Endpoint = endpoint
	}
	c.Mode, c.Name, c.Kind, c.Nested = Hook, name, kind, c.Within != "" && c.Within == c.running(name)
	return c, nil
}

// event is what the program was started for, by the rules of the package comment.
func event(argv0 string, env map[string]string) (Mode, string, error) {
	name := filepath.Base(argv0)
	dispatched := env["JUJU_DISPATCH_PATH"]
	switch {
	case name == commandName:
		return CommandLine, "", nil
	case name == "dispatch":
		folder, name, _ := strings.Cut(dispatched, "/")
		switch {
		case folder == "hooks" && isName(name):
			return Hook, name, nil
		case folder == "actions" && isName(name):
			return Action, name, nil
		case dispatched == "":
			return 0, "", fmt.Errorf("cannot tell which hook to run: JUJU_DISPATCH_PATH is not set")
		}
		return 0, "", fmt.Errorf("cannot tell which hook to run: JUJU_DISPATCH_PATH is %q, not hooks/NAME or actions/NAME", dispatched)
	case !isName(name):
		return 0, "", fmt.Errorf("cannot tell which hook to run: the program's name is %q", argv0)
	}
	switch filepath.Base(filepath.Dir(argv0)) {
	case "actions":
		return Action, name, nil
	case "hooks":
		return Hook, name, nil
	}
	if dispatched == "actions/"+name || env["JUJU_ACTION_NAME"] == name {
		return Action, name, nil
	}
	return Hook, name, nil
}

// check refuses variables that are not in Juju's form, or that name two relations at once.
func (c Context) check(env map[string]string) error {
	for _, key := range []string{"JUJU_UNIT_NAME", "JUJU_REMOTE_UNIT", "JUJU_DEPARTING_UNIT"} {
		if unit := kubecontrol.Unit(env[key]); unit != "" && (unit.Number() < 0 || unit.App() == "") {
			return fmt.Errorf("cannot read %s: %q is not a unit's name", key, string(unit))
		}
	}
	if c.Relation == "" {
		return nil
	}
	if c.Relation.Number() < 0 || c.Relation.Endpoint() == "" {
		return fmt.Errorf("cannot read JUJU_RELATION_ID: %q is not ENDPOINT:NUMBER", string(c.Relation))
	}
	if c.Relation.Endpoint() != c.Endpoint {
		return fmt.Errorf("cannot read JUJU_RELATION_ID: %q is not of the endpoint %q that JUJU_RELATION names", string(c.Relation), c.Endpoint)
	}
	return nil
}

// turn hashes a context id: the id itself lets a process use the hook tools, so it stays in the environment.
func turn(contextID string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(contextID))
	return h.Sum64()
}

// isName says whether a text can be the name of a hook or action: one that is a file's name too, without spaces.
func isName(s string) bool {
	odd := func(r rune) bool { return r <= ' ' || r == '/' || r == 0x7f }
	return s != "" && s != "." && s != ".." && !strings.ContainsFunc(s, odd)
}

// variables are those of the environment; of a repeated one the first counts, as in os.Getenv.
func variables(environ []string) map[string]string {
	env := make(map[string]string, len(environ))
	for _, entry := range environ {
		key, value, ok := strings.Cut(entry, "=")
		if _, seen := env[key]; ok && !seen {
			env[key] = value
		}
	}
	return env
}

// ownCharm is the folder above the bin/ in which the program stands, behind all links, if it has a metadata.yaml.
func ownCharm(argv0 string) string {
	program, err := os.Executable()
	if strings.ContainsRune(argv0, filepath.Separator) {
		program, err = filepath.Abs(argv0)
	}
	if err == nil {
		program, err = filepath.EvalSymlinks(program)
	}
	bin := filepath.Dir(program)
	if err != nil || filepath.Base(bin) != "bin" {
		return ""
	}
	dir := filepath.Dir(bin)
	if _, err := os.Stat(filepath.Join(dir, "metadata.yaml")); err != nil {
		return ""
	}
	return dir
}
