package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/hookenv"
	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// app is one run of the command line: what the flags say, for all commands.
type app struct {
	Program
	env      hookenv.Context
	machine  session.Machine // nil is this one
	format   string
	endpoint string
	relation string
	dryRun   bool
	verbose  bool
}

// commands are all commands: those of the table of values, and those with a body of their own. Actions are aliases of some.
func (a *app) commands() []*cobra.Command {
	return slices.Concat(a.setters(), a.getters(), []*cobra.Command{
		a.setDNS(), a.authUser(), a.signAuthRequest(), a.flushDeparted(), a.getGPU(), a.setCohortKeys(),
		a.setCACertificate(), a.clearCreds(), a.closedAuthCreds(), a.rotateCredentials(), a.revoke(), a.audit(),
		a.getDNS(), a.setGPU(), a.getAuthCredentials(), a.setAuthRequest(), a.getCohortKeys(), a.getCACertificate(),
		a.createKubeconfig(), a.getKubeconfig(), a.evaluate(),
		a.flags(), a.explain(), a.dump(), a.hookCommand(), a.refresh(), a.link(), a.check(), a.version(),
	})
}

// command runs the command line. Whatever cobra itself refuses is a usage error.
func (p Program) command(ctx context.Context, env hookenv.Context, args []string) error {
	a := &app{Program: p, env: env}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	var ran bool
	root.PersistentPreRun = func(*cobra.Command, []string) { ran = true }
	err := root.ExecuteContext(ctx)
	if err != nil && !ran {
		return engine.Usagef("%w", err)
	}
	return err
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "kube-control",
		Short: "Speak the kube-control interface between a Kubernetes control plane and its workers",
		Long: `Speak the kube-control interface between a Kubernetes control plane (master) and its workers.

Linked as a charm's hook, kube-control runs that hook. Called by its own name, inside a hook, in an action or under
"juju exec", it is this command line, for example:

  juju exec --unit kube-control-master/0 -- bin/kube-control auth-user

Exit codes: 0 done; 1 failed; 2 usage; 3 the answer is no.`,
		SuggestionsMinimumDistance: 2,

		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().BoolVarP(&a.verbose, "verbose", "v", false, "log what the program does, and why it does nothing")
	root.AddGroup(&cobra.Group{ID: masterGroup, Title: "Master:"}, &cobra.Group{ID: workerGroup, Title: "Worker:"}, &cobra.Group{ID: bothGroup, Title: "Both sides:"})
	root.AddCommand(a.commands()...)
	root.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(c, args[0])
		}
		return c.Help()
	}
	describeUsage(root)
	addExamples(root)
	a.addCompletion(root)
	return root
}

const (
	masterGroup = "master"
	workerGroup = "worker"
	bothGroup   = "both"
)

// withFormat adds --format to a command that prints something.
func (a *app) withFormat(c *cobra.Command) *cobra.Command {
	c.Flags().StringVar(&a.format, "format", "text", "text, json or yaml")
	c.PreRunE = func(*cobra.Command, []string) error { return checkFormat(a.format) }
	return c
}

// withEndpoint adds the flag of a command for one endpoint.
func (a *app) withEndpoint(c *cobra.Command) *cobra.Command {
	c.Flags().StringVar(&a.endpoint, "endpoint", "", "the endpoint, if the charm has several of the role")
	return c
}

// withRelation adds the flags of a command for one endpoint, or for one relation of it.
func (a *app) withRelation(c *cobra.Command) *cobra.Command {
	a.withEndpoint(c).Flags().StringVar(&a.relation, "relation", "", "limit the command to one relation, like kube-control:3")
	return c
}

// withDryRun adds the flags of a command that changes something: with --dry-run it prints its plan instead.
func (a *app) withDryRun(c *cobra.Command) *cobra.Command {
	c.Flags().BoolVar(&a.dryRun, "dry-run", false, "print what would be done, and change nothing")
	return a.withFormat(c)
}

// session opens a session, runs f in it, and prints the plan of a dry run.
func (a *app) session(ctx context.Context, f func(*session.Session) error) error {
	s, err := session.Open(session.Config{
		Env: a.env, Runner: a.Runner, Handlers: a.Handlers, Machine: a.machine, DryRun: a.dryRun, Verbose: a.verbose, Version: readBuild().shown(), Stdout: a.Stdout, Stderr: a.Stderr,
	})
	if err != nil {
		return err
	}
	defer s.Close(context.WithoutCancel(ctx), a.Stderr)
	if err := f(s); err != nil {
		return err
	}
	if a.dryRun {
		return a.printPlan(s.Planned())
	}
	return nil
}

// master runs f for the master's endpoint that the flags name.
func (a *app) master(ctx context.Context, f func(*session.Master) error) error {
	return a.session(ctx, func(s *session.Session) error {
		endpoint, relation, err := a.endpointAndRelation(ctx, s, kubecontrol.Master)
		if err != nil {
			return err
		}
		return f(s.Master(endpoint, relation))
	})
}

// forMaster makes run what a command does, for the master's endpoint that its flags name.
func (a *app) forMaster(c *cobra.Command, run func(*cobra.Command, *session.Master, []string) error) *cobra.Command {
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.master(c.Context(), func(m *session.Master) error { return run(c, m, args) })
	}
	return c
}

// forWorker is forMaster for a worker's endpoint.
func (a *app) forWorker(c *cobra.Command, run func(*cobra.Command, *session.Worker, []string) error) *cobra.Command {
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.worker(c.Context(), func(w *session.Worker) error { return run(c, w, args) })
	}
	return c
}

// worker runs f for the worker's endpoint that the flags name.
func (a *app) worker(ctx context.Context, f func(*session.Worker) error) error {
	return a.session(ctx, func(s *session.Session) error {
		endpoint, relation, err := a.endpointAndRelation(ctx, s, kubecontrol.Worker)
		if err != nil {
			return err
		}
		return f(s.Worker(endpoint, relation))
	})
}

func (a *app) endpointAndRelation(ctx context.Context, s *session.Session, role kubecontrol.Role) (string, kubecontrol.RelationID, error) {
	endpoint, err := s.CheckEndpoint(a.endpoint, role)
	if err != nil {
		return "", "", err
	}
	relation, err := s.CheckRelation(ctx, endpoint, a.relation)
	return endpoint, relation, err
}
