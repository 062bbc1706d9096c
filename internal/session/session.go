package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/sirupsen/logrus"

	"github.com/kube-control/kube-control/internal/charmfile"
	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/explain"
	"github.com/kube-control/kube-control/internal/hookenv"
	"github.com/kube-control/kube-control/internal/ready"
	"github.com/kube-control/kube-control/pkg/hooktool"
)

// Config is what a session needs to know.
type Config struct {
	Env    hookenv.Context
	Runner hooktool.Runner
	// Handlers are the author's in Go. They run before those of kube-control.yaml.
	Handlers []Handler
	// Machine is that of the unit; nil is this one.
	Machine Machine
	DryRun  bool // decide, show, change nothing, run no handler
	// Version is the program's, which a ready charm shows as that of its workload; "" shows none.
	Version string
	// Verbose logs also why nothing was done.
	Verbose bool
	Stdout  io.Writer // of handlers
	Stderr  io.Writer // of handlers, and of the log outside hooks
}

// Session is one process's work in one hook, action or juju exec. Everything goes through Do: load what Juju says,
// evaluate, apply. It is not for concurrent use.
type Session struct {
	env       hookenv.Context
	tools     *hooktool.Tools
	machine   Machine
	log       *logrus.Logger
	juju      *juju // nil where the log goes to stderr
	settings  charmfile.Settings
	endpoints []engine.Endpoint
	peers     string // the endpoint of a ready master's peer relation
	handlers  []Handler
	stdout    io.Writer
	stderr    io.Writer
	dryRun    bool
	planned   []string
	version   string

	state         engine.State
	view          engine.View
	policy        engine.Policy     // what the ready policy tells the engine
	begun         engine.Evaluation // of the event that was loaded last
	asked         *engine.Facts     // of the state and the view as they are; nil where they must be computed again
	atRest        bool              // another evaluation would decide nothing
	membersLoaded bool              // relations, members and leadership are in the view: they stay as they are while a hook runs
	ownLoaded     bool              // the state and our own bags are as the last tool left them
	peer          peer
	marks         map[string]string // the ready policies' own, as they are kept
	unsaved       map[string]string // entries for the charm's state that Juju does not have yet
	journal       string            // as it is kept
	entry         JournalEntry      // of this process
	workload      explain.Workload
	trouble       ready.Trouble        // what the ready policy says of its own work
	worker        *ready.WorkerOptions // of a ready worker, once they are read
	formerLoaded  bool                 // what a Python charm left on the disk has been read

	keptGrants, granted grantMark // the state's mark of the last grants, and what it is to be
	marked              bool      // this process has marked its grants
	before              *string   // the nonce in the file when this process began; nil if that said that a commit was lost
}

// ErrNoJuju says that no hook tool can work here.
var ErrNoJuju = errors.New("not in a hook, an action or juju exec (JUJU_CONTEXT_ID is not set)")

// Open reads the charm's files. It fails outside Juju, and if a file is invalid.
func Open(cfg Config) (*Session, error) {
	if !cfg.Env.InJuju {
		return nil, ErrNoJuju
	}
	if cfg.Machine == nil {
		cfg.Machine = ThisMachine()
	}
	meta, err := readMetadata(cfg.Machine.ReadFile, cfg.Env.CharmDir)
	if err != nil {
		return nil, err
	}
	settings, err := readSettings(cfg.Machine.ReadFile, cfg.Env.CharmDir)
	if err != nil {
		return nil, err
	}
	s := &Session{env: cfg.Env, tools: hooktool.New(cfg.Runner), machine: cfg.Machine, settings: settings, stdout: cfg.Stdout, stderr: cfg.Stderr, dryRun: cfg.DryRun, version: cfg.Version}
	s.log, s.juju = newLogger(cfg.Stderr, cfg.Verbose, cfg.Env.HookName != "")
	endpoints, err := meta.KubeControl()
	if err != nil {
		return nil, err
	}
	for _, e := range endpoints {
		s.endpoints = append(s.endpoints, engine.Endpoint{Name: e.Name, Role: e.Role})
	}
	if settings.Operator == charmfile.OperatorMaster {
		if s.peers = meta.PeerOf(charmfile.MastersInterface); s.peers == "" {
			return nil, fmt.Errorf("cannot run the ready master: metadata.yaml has no peers endpoint of interface %s", charmfile.MastersInterface)
		}
	}
	for _, h := range cfg.Handlers {
		if _, ok := s.endpointOf(h); ok {
			s.handlers = append(s.handlers, h)
		}
	}
	for _, h := range settings.Handlers {
		s.handlers = append(s.handlers, command(h, cfg.Env, cfg.Stdout, cfg.Stderr))
	}
	return s, nil
}

// Close sends what was logged to juju-log. If that fails, the lines are lost and the hook does not fail.
func (s *Session) Close(ctx context.Context, stderr io.Writer) {
	s.flushLog(ctx, stderr)
}

// flushLog sends what was logged so far, so that it comes before the lines of a handler.
func (s *Session) flushLog(ctx context.Context, stderr io.Writer) {
	if s.juju == nil {
		return
	}
	if err := s.juju.flush(ctx, s.tools.JujuLog); err != nil {
		fmt.Fprintf(stderr, "cannot log: %v\n", err)
	}
}

// Do loads, evaluates and applies one event, and sets the workload status unless a hook does that at its end.
func (s *Session) Do(ctx context.Context, ev engine.Event) error {
	if err := s.decidedByOption(ev); err != nil {
		if s.env.HookName == "" {
			return err
		}
		s.log.Warnf("nothing is set: %v", err) // a handler must not fail the hook for it
		return nil
	}
	if err := s.checkSigned(ctx, ev); err != nil {
		return err
	}
	err := s.command(ctx, ev)
	if err != nil { // juju exec commits what a command has written, also if it fails: the state goes with it
		return errors.Join(err, s.saveState(ctx))
	}
	return nil
}

// command does what a person or a handler has asked for.
func (s *Session) command(ctx context.Context, ev engine.Event) error {
	if err := s.run(ctx, ev); err != nil {
		return err
	}
	if s.env.HookName != "" {
		return s.finish(ctx)
	}
	if err := s.operate(ctx, ev); err != nil {
		return err
	}
	return s.finishWithStatus(ctx)
}

// run is one round of load, evaluate and apply. A hook in which this unit loses the leadership ends as that of another unit.
func (s *Session) run(ctx context.Context, ev engine.Event) error {
	if err := s.load(ctx, ev); err != nil {
		return err
	}
	err := s.evaluate(ctx, ev)
	if _, isHook := ev.(engine.Hook); !isHook || !s.view.Leader || !errors.Is(err, hooktool.ErrNotLeader) {
		return asLeader(err)
	}
	return s.follow(ctx, ev, err)
}

// follow goes on with a hook after a tool has said that this unit has lost the leadership.
func (s *Session) follow(ctx context.Context, ev engine.Event, lost error) error {
	s.log.Warnf("this unit has just lost the leadership: %v", lost)
	s.view.Leader, s.asked = false, nil
	return s.run(ctx, ev)
}

// asLeader is the error of a command for which a tool needs the leadership: a person must know that it was not done.
func asLeader(err error) error {
	if errors.Is(err, hooktool.ErrNotLeader) && !errors.Is(err, engine.ErrNotLeader) {
		return fmt.Errorf("%w: %w", engine.ErrNotLeader, err)
	}
	return err
}

// evaluate evaluates the event that was loaded last, and applies what is decided.
func (s *Session) evaluate(ctx context.Context, ev engine.Event) error {
	if err := s.keepOrphanTokens(ctx); err != nil {
		return err
	}
	decisions, answers, err := s.decide(ctx, ev)
	if err != nil {
		return err
	}
	s.settleGrants()
	if s.state.IsNew() && !s.dryRun {
		s.protectStore()
	}
	if err := s.apply(ctx, decisions); err != nil {
		return err
	}
	if addsSecrets(decisions) {
		decisions, answers, err = s.begin(ev).Decide(s.view) // now it knows the new secrets' IDs
		if err != nil {
			return err
		}
		if err := s.apply(ctx, decisions); err != nil {
			return err
		}
	}
	// The decisions are applied, so the facts are true now. In a hook in which a unit leaves, another event may see more.
	hook, _ := ev.(engine.Hook)
	if hook.Kind != engine.DepartedHook && hook.Kind != engine.Broken && !addsSecrets(decisions) {
		s.asked, s.atRest = &answers, true
	}
	return nil
}

// addsSecrets reports whether decisions make secrets. They are all then, and the evaluation has not come to its end.
func addsSecrets(decisions []engine.Decision) bool {
	if len(decisions) == 0 {
		return false
	}
	_, added := decisions[0].(engine.AddSecret)
	return added
}

// begin begins an evaluation of the state and the view as they are.
func (s *Session) begin(ev engine.Event) engine.Evaluation {
	s.log.Debugf("evaluate %T", ev)
	return engine.Begin(s.state, ev, s.view, s.policy)
}

// refusedError is why the engine refuses a command. Nothing has been done then.
type refusedError struct{ error }

func (e refusedError) Unwrap() error { return e.error }

// Ask answers questions from what Juju says now. It changes nothing.
func (s *Session) Ask(ctx context.Context) (engine.Facts, error) {
	if err := s.load(ctx, engine.Look{}); err != nil {
		return engine.Facts{}, err
	}
	return s.answers(), nil
}

// answers are those of the state and the view. One evaluation gives them all until something changes.
func (s *Session) answers() engine.Facts {
	if s.asked == nil {
		s.log.Debugf("evaluate %T", engine.Look{})
		a := engine.Ask(s.state, s.view, s.policy)
		s.asked, s.atRest = &a, false
	}
	return *s.asked
}

// Hook runs a whole hook: flags and databags, the flags for charms.reactive if the charm wants them, the policy, the
// handlers, and the status.
func (s *Session) Hook(ctx context.Context) error {
	if s.env.Kind == hookenv.Unknown {
		return nil
	}
	err := s.hook(ctx)
	if err != nil && !s.dryRun {
		s.forgetGrants()
	}
	return err
}

func (s *Session) hook(ctx context.Context) error {
	if !s.dryRun {
		hooktool.ClearContents()
	}
	ev := s.event()
	if err := s.run(ctx, ev); err != nil {
		return err
	}
	if err := s.mirror(ctx); err != nil {
		return err
	}
	ev.Again = true
	if err := s.operate(ctx, ev); err != nil {
		return err
	}
	if err := s.handle(ctx, ev); err != nil {
		return err
	}
	if err := s.warnOfNoStatus(ctx); err != nil {
		return err
	}
	return s.finishWithStatus(ctx)
}

// event is the engine's view of the hook. A relation hook that runs by hand, outside Juju's relation context or within
// another hook's, has no relation: it computes the same as every hook, and no unit departs by it.
func (s *Session) event() engine.Hook {
	ev := engine.Hook{Kind: string(s.env.Kind), Turn: s.env.Turn}
	if s.env.Kind.IsRelation() && s.env.Kind == s.env.HookKind {
		ev.Relation, ev.Unit, ev.Departing = s.env.Relation, s.env.RemoteUnit, s.env.Departing
	}
	ev.SecretID, ev.SecretLabel, ev.SecretRevision = s.env.SecretID, s.env.SecretLabel, s.env.SecretRevision
	return ev
}

// handle runs the handlers whose flags allow it, each at most once, from the top of the list after each.
func (s *Session) handle(ctx context.Context, ev engine.Hook) error {
	if s.dryRun {
		s.foreseeHandlers()
		return nil
	}
	waiting := s.handlers
	for {
		set := s.state.Flags.Union(s.state.Author)
		i := slices.IndexFunc(waiting, func(h Handler) bool { return set.Allow(h.When, h.WhenNot) })
		if i < 0 {
			return nil
		}
		h := waiting[i]
		waiting = slices.Concat(waiting[:i], waiting[i+1:])
		s.log.Debugf("run handler %s", h.Name)
		s.flushLog(ctx, s.stderr)
		if err := s.saveState(ctx); err != nil {
			return err
		}
		endpoint, _ := s.endpointOf(h)
		if err := h.Run(ctx, s, endpoint); err != nil {
			return fmt.Errorf("handler %s: %w", h.Name, err)
		}
		s.ownLoaded = false
		if err := s.run(ctx, ev); err != nil {
			return err
		}
		if err := s.mirror(ctx); err != nil {
			return err
		}
	}
}

// remember applies decisions to the loaded data, so that the rest of the process sees them.
func (s *Session) remember(decisions []engine.Decision) {
	if idle(decisions) {
		return
	}
	s.asked = nil
	s.state = s.state.Apply(decisions)
	s.view = s.view.Apply(decisions)
}

// idle reports whether the decisions are only notes.
func idle(decisions []engine.Decision) bool {
	return !slices.ContainsFunc(decisions, func(d engine.Decision) bool { _, note := d.(engine.Note); return !note })
}
