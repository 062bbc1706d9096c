package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/machine"
	"github.com/kube-control/kube-control/jujusim/tools"
)

// usageError marks an error of the one who typed the command: exit code 2.
type usageError struct{ error }

// silentError is a failure that has been reported already.
type silentError struct{ code int }

func (e silentError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// Main runs jujusim and gives its exit code. If the base name of args[0] is a hook tool's, or hostname, it is
// that program.
func Main(args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	if slices.Contains(tools.Names(), filepath.Base(args[0])) {
		return agent.ToolMain(args, env, stdin, stdout, stderr)
	}
	if filepath.Base(args[0]) == machine.Program {
		return machine.Main(args, os.Environ(), stderr)
	}
	switch filepath.Base(args[0]) {
	case jujuProgram:
		return jujuMain(args[1:], env, stdin, stdout, stderr)
	case agentsProgram:
		s := &session{env: env, stdin: stdin, stdout: stdout, stderr: stderr}
		return s.report(s.runAgents(strings.Join(args[1:], " ")))
	}
	if filepath.Base(args[0]) == agent.HostnameProgram {
		return agent.Hostname(args[1:], env, stdout)
	}
	s := &session{env: env, stdin: stdin, stdout: stdout, stderr: stderr}
	err := s.run(args[1:])
	if closed := s.close(); err == nil {
		err = closed
	}
	return s.report(err)
}

// Programs are the names by which Main is a program other than a hook tool.
func Programs() []string { return []string{"jujusim", jujuProgram, agentsProgram, machine.Program} }

// report prints an error, once, and gives the exit code.
func (s *session) report(err error) int {
	var silent silentError
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &silent):
		return silent.code
	}
	fmt.Fprintf(s.stderr, "ERROR %v\n", err)
	if errors.As(err, &usage) {
		return 2
	}
	return 1
}

// run is one command on the session's model.
func (s *session) run(args []string) error {
	root := s.root()
	root.SetArgs(args)
	return root.Execute()
}

// root is the tree of commands. A fresh one is made for each command of a script.
func (s *session) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "jujusim",
		Short:         "A local Juju for charms: hooks, hook tools and relations without a controller",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unknown command %q", args[0])}
			}
			return s.interactive()
		},
	}
	root.SetIn(s.stdin)
	root.SetOut(s.stdout)
	root.SetErr(s.stderr)
	root.SetFlagErrorFunc(flagError)
	flags := root.PersistentFlags()
	flags.StringVar(&s.flags.data, "data", s.flags.data, "data directory (default $JUJUSIM_DATA, or .jujusim)")
	flags.StringVar(&s.flags.version, "juju-version", s.flags.version, "Juju version that a new model imitates")
	flags.StringVar(&s.flags.machine, "machine", s.flags.machine, "namespace: each unit has a machine of its own; none: this one (default $JUJUSIM_MACHINE, or namespace where the kernel permits it)")
	flags.Uint64Var(&s.flags.seed, "seed", s.flags.seed, "seed of a new model's random choices (made up and printed when not given)")
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(s.deployCmd(), s.addUnitCmd(), s.removeUnitCmd(), s.removeApplicationCmd(),
		s.integrateCmd(), s.removeRelationCmd(), s.suspendCmd("suspend-relation", true), s.suspendCmd("resume-relation", false),
		s.configCmd(), s.trustCmd(), s.refreshCmd(), s.leaderCmd(), s.upgradeModelCmd(), s.upgradeCmd(),
		s.execCmd(), s.shellCmd(), s.actionCmd(), s.settleCmd(), s.stepCmd(), s.resolveCmd(), s.updateStatusCmd(),
		s.statusCmd(), s.showUnitCmd(), s.statusLogCmd(), s.debugLogCmd(), s.toolCallsCmd(), s.traceCmd(),
		s.advanceCmd(), s.scriptCmd(), s.conformanceCmd(), linkJujuCmd(), s.quickstartCmd())
	root.AddCommand(s.faultCmds()...)
	return root
}

// verb makes a command that takes between min and max arguments (max -1: any number).
func verb(use, short string, least, most int, run func(args []string) error) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) < least:
				return usageError{fmt.Errorf("missing argument; usage: jujusim %s", use)}
			case most >= 0 && len(args) > most:
				return usageError{fmt.Errorf("unrecognized args: %q; usage: jujusim %s", args[most:], use)}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return run(args) },
	}
}
