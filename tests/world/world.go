// Package world runs kube-control inside one process against the simulator's own hook tools: hundreds of hooks a
// second, with no link, no process and no socket between. What those three add is proved by the stories.
package world

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/tools"
	"github.com/kube-control/kube-control/pkg/charm"
	"github.com/kube-control/kube-control/pkg/hooktool"
)

// World is what one unit can see of Juju, and its charm. Fields may be changed between hooks.
type World struct {
	Unit      string
	CharmDir  string
	Version   string
	Leader    bool
	Relations []*Relation
	State     map[string]string
	Options   map[string]any // the charm's configuration
	Status    agent.Status
	Goal      agent.GoalState
	Address   string // of every endpoint; "" if Juju does not know one
	Logs      []string
	Rules     *charm.Rules
	*Vault
	hooks int
}

// Relation is one relation of the unit.
type Relation struct {
	ID        string // "kube-control:3"
	RemoteApp string
	Members   []string
	Local     agent.Settings
	App       agent.Settings            // our own application's bag; worlds of one peer relation share the map
	Remote    map[string]agent.Settings // members' bags, and those of units that left
	Forgotten bool                      // listed, but every read is denied
	Dying     bool                      // Juju refuses a grant in its scope
	Broken    bool
}

// New makes a world with the charm folder at dir.
func New(unit, dir string) *World {
	return &World{
		Unit: unit, CharmDir: dir, Version: "3.6.1", Leader: true, State: map[string]string{},
		Status: agent.Status{Status: "unknown"}, Vault: &Vault{},
	}
}

// Relation finds a relation by id, nil if there is none.
func (w *World) Relation(id string) *Relation {
	i := slices.IndexFunc(w.Relations, func(r *Relation) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	return w.Relations[i]
}

// Hook describes one hook context. An empty name is an action or juju exec.
type Hook struct {
	Name      string
	Relation  string
	Unit      string
	Departing string
	Action    string
	Params    map[string]any
	// Of a secret hook.
	Secret, Label string
	Revision      int
}

// Run is a hook context that has begun.
type Run struct {
	world *World
	hook  Hook
	ctx   *agent.HookContext
}

// Begin opens a hook context. Nothing that it writes is seen before Commit.
func (w *World) Begin(h Hook) *Run {
	w.hooks++
	info := agent.HookInfo{
		Unit: w.Unit, Name: h.Name, RelationID: -1, RemoteUnit: h.Unit, DepartingUnit: h.Departing,
		ContextID: fmt.Sprintf("%s-%d", w.Unit, w.hooks), SecretID: h.Secret, SecretLabel: h.Label, SecretRevision: h.Revision,
	}
	if h.Name == "" {
		info.Action = &agent.ActionInfo{Name: cmpOr(h.Action, "juju-exec"), ID: strconv.Itoa(w.hooks), Params: h.Params}
	}
	for _, r := range w.Relations {
		if h.Relation == r.ID {
			info.RelationID, info.RemoteApp = number(r.ID), r.RemoteApp
		}
		info.Relations = append(info.Relations, agent.RelationInfo{
			ID: number(r.ID), Endpoint: endpoint(r.ID), Key: r.ID, RemoteApp: r.RemoteApp, Broken: r.Broken, Peer: r.RemoteApp == app(w.Unit),
			Members: slices.Sorted(slices.Values(r.Members)), Cache: map[string]agent.Settings{},
		})
	}
	return &Run{w, h, agent.NewHookContext(controller{model.New(w.Version, 1), w}, info)}
}

// Result is what one program printed, and its exit code.
type Result struct {
	Code           int
	Stdout, Stderr string
}

// Program starts kube-control in the context, with argv and standard input.
func (r *Run) Program(stdin string, argv ...string) Result {
	var stdout, stderr bytes.Buffer
	code := charm.Config{
		Args: argv, Environ: r.environ(), Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr,
		Runner: Tools(r.ctx), Rules: r.world.Rules,
	}.Run(context.Background())
	return Result{code, stdout.String(), stderr.String()}
}

// Link starts the hook's own link.
func (r *Run) Link() Result {
	return r.Program("", r.world.CharmDir+"/hooks/"+r.hook.Name)
}

// Command runs a command line, its first word left out.
func (r *Run) Command(args ...string) Result {
	return r.Program("", append([]string{"kube-control"}, args...)...)
}

// Commit ends the context as a good hook does. It panics if Juju would refuse it.
func (r *Run) Commit() {
	if err := r.TryCommit(); err != nil {
		panic(fmt.Sprintf("Juju would refuse the commit of %q: %v", r.hook.Name, err))
	}
}

// TryCommit is Commit, and says why Juju would refuse it.
func (r *Run) TryCommit() error {
	changes := r.ctx.Changes()
	if err := r.world.commit(changes.Secrets, r.world.Relations); err != nil {
		return err
	}
	for id, settings := range changes.Units {
		for _, rel := range r.world.Relations {
			if number(rel.ID) == id {
				rel.Local = apply(rel.Local, settings)
			}
		}
	}
	for id, settings := range changes.Apps {
		for _, rel := range r.world.Relations {
			if number(rel.ID) == id {
				maps.Copy(rel.App, settings)
				maps.DeleteFunc(rel.App, func(_, v string) bool { return v == "" })
			}
		}
	}
	if changes.State != nil {
		r.world.State = *changes.State
	}
	return nil
}

// Calls are the tool calls so far, argv each.
func (r *Run) Calls() []agent.Call { return r.ctx.Calls() }

// Faults makes tool calls fail.
func (r *Run) Faults(f agent.Faults) { r.ctx.InjectFaults(f) }

// Kept is the charm's state without the journal, which has the time of each run.
func (w *World) Kept() map[string]string {
	kept := maps.Clone(w.State)
	delete(kept, session.JournalKey)
	return kept
}

// Changed reports whether the context would commit anything.
func (r *Run) Changed() bool {
	c := r.ctx.Changes()
	return len(c.Units)+len(c.Apps) > 0 || c.State != nil || !c.Secrets.Empty()
}

// MustHook runs a whole hook through its link and commits; any exit code but 0 fails the test.
func (w *World) MustHook(t testing.TB, h Hook) *Run {
	t.Helper()
	r := w.Begin(h)
	if res := r.Link(); res.Code != 0 {
		t.Fatalf("hook %s: exit %d: %s", h.Name, res.Code, res.Stderr)
	}
	r.Commit()
	return r
}

func (r *Run) environ() []string {
	env := []string{
		"JUJU_CONTEXT_ID=" + r.ctx.Info().ContextID, "JUJU_UNIT_NAME=" + r.world.Unit, "JUJU_HOOK_NAME=" + r.hook.Name,
		"JUJU_CHARM_DIR=" + r.world.CharmDir, "JUJU_VERSION=" + r.world.Version,
	}
	if rel := r.world.Relation(r.hook.Relation); rel != nil {
		env = append(env, "JUJU_RELATION="+endpoint(rel.ID), "JUJU_RELATION_ID="+rel.ID,
			"JUJU_REMOTE_UNIT="+r.hook.Unit, "JUJU_REMOTE_APP="+rel.RemoteApp)
	}
	if r.hook.Departing != "" {
		env = append(env, "JUJU_DEPARTING_UNIT="+r.hook.Departing)
	}
	if r.hook.Secret != "" {
		env = append(env, "JUJU_SECRET_ID=secret:"+r.hook.Secret, "JUJU_SECRET_LABEL="+r.hook.Label)
	}
	if r.hook.Revision > 0 {
		env = append(env, fmt.Sprintf("JUJU_SECRET_REVISION=%d", r.hook.Revision))
	}
	if r.hook.Name == "" {
		env = append(env, "JUJU_ACTION_NAME="+r.ctx.Info().Action.Name)
	}
	return env
}

// Tools runs the simulator's hook tools in a hook context, without a process.
func Tools(ctx *agent.HookContext) hooktool.Runner { return runner{ctx} }

type runner struct{ ctx *agent.HookContext }

func (r runner) Run(_ context.Context, c hooktool.Call) (hooktool.Output, error) {
	request := tools.Request{Name: c.Tool, Args: c.Args, Dir: "/"}
	response := r.ctx.Call(request)
	if response.NeedsStdin {
		request.Stdin, request.StdinSet = c.Stdin, true
		response = r.ctx.Call(request)
	}
	if c.MaxOutput > 0 && int64(len(response.Stdout)) > c.MaxOutput {
		return hooktool.Output{}, hooktool.ErrTooLarge
	}
	return hooktool.Output{Stdout: response.Stdout, Stderr: response.Stderr, ExitCode: response.Code}, nil
}

func apply(to, changes agent.Settings) agent.Settings {
	bag := maps.Clone(to)
	if bag == nil {
		bag = agent.Settings{}
	}
	maps.Copy(bag, changes)
	maps.DeleteFunc(bag, func(_, v string) bool { return v == "" })
	return bag
}

func number(id string) int {
	n, _ := strconv.Atoi(id[strings.LastIndexByte(id, ':')+1:])
	return n
}

func endpoint(id string) string { return id[:strings.LastIndexByte(id, ':')] }

func app(unit string) string { return unit[:strings.LastIndexByte(unit, '/')] }

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
