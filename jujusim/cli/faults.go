package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/jujusim/uniter"
)

// faultCmds are the verbs that make things go wrong.
func (s *session) faultCmds() []*cobra.Command {
	return []*cobra.Command{
		s.countedCmd("fail-tool", "Make the unit's K-th hook-tool call from now on fail",
			func(f *uniter.Faults, k int) { f.FailTool = k }),
		s.killToolCmd(), s.delayToolCmd(),
		s.countedCmd("lose-leadership", "Take the leadership from the unit ahead of its K-th hook-tool call from now on",
			func(f *uniter.Faults, k int) { f.LoseLeadership = k }),
		s.onceCmd("deny-secret", "Refuse the unit's next secret-get", func(a *uniter.Agent) { a.DenySecret = true }),
		s.onceCmd("drop-grant", "Lose the secret grants of the unit's next commit that has some, in silence",
			func(a *uniter.Agent) { a.DropGrant = true }),
		s.onceCmd("repeat-hook", "Run the unit's next hook that succeeds twice", func(a *uniter.Agent) { a.RepeatHook = true }),
		s.onceCmd("refuse-commit", "Refuse the unit's next commit of changes",
			func(a *uniter.Agent) { s.model.Units[a.Unit].RefuseCommit = true }),
		s.forgetRelationCmd(), s.agentCmd(),
	}
}

func (s *session) onceCmd(name, short string, set func(*uniter.Agent)) *cobra.Command {
	return verb(name+" UNIT", short, 1, 1, func(args []string) error {
		return s.eachAgent(args, func(a *uniter.Agent) error {
			set(a)
			return nil
		})
	})
}

func (s *session) countedCmd(name, short string, set func(*uniter.Faults, int)) *cobra.Command {
	return verb(name+" UNIT K", short, 2, 2, func(args []string) error { return s.setFault(args, set) })
}

// setFault sets a fault of the unit args[0] at its tool call args[1].
func (s *session) setFault(args []string, set func(*uniter.Faults, int)) error {
	k, err := strconv.Atoi(args[1])
	if err != nil || k < 1 {
		return usageError{fmt.Errorf("invalid number of a tool call %q: must be 1 or more", args[1])}
	}
	return s.eachAgent(args[:1], func(a *uniter.Agent) error {
		set(&a.Faults, k)
		return nil
	})
}

func (s *session) killToolCmd() *cobra.Command {
	var agent bool
	c := s.countedCmd("kill-tool", "Kill (SIGKILL) the hook at the unit's K-th hook-tool call from now on",
		func(f *uniter.Faults, k int) { f.KillTool, f.KillAgent = k, agent })
	c.Flags().BoolVar(&agent, "agent", false, "stop the unit's agent, too")
	return c
}

func (s *session) delayToolCmd() *cobra.Command {
	var sleep bool
	c := verb("delay-tool UNIT K DURATION", "Let the clock go on before the unit's K-th hook-tool call from now on", 3, 3, func(args []string) error {
		d, err := time.ParseDuration(args[2])
		if !sleep { // the clock counts seconds
			d, err = duration(args[2])
		} else if err != nil || d <= 0 {
			err = usageError{fmt.Errorf("invalid duration %q: must be more than 0, such as 100ms", args[2])}
		}
		if err != nil {
			return err
		}
		return s.setFault(args, func(f *uniter.Faults, k int) { f.DelayTool, f.Delay, f.Sleep = k, d, sleep })
	})
	c.Flags().BoolVar(&sleep, "real", false, "wait for that time, too")
	return c
}

// duration reads one of whole seconds.
func duration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second {
		return 0, usageError{fmt.Errorf("invalid duration %q: must be 1s or more, such as 90m", text)}
	}
	return d, nil
}

func (s *session) forgetRelationCmd() *cobra.Command {
	return verb("forget-relation RELATION UNIT", "Let the controller deny a relation to a unit whose agent still lists it", 2, 2, func(args []string) error {
		id, err := strconv.Atoi(args[0][strings.LastIndex(args[0], ":")+1:])
		if err != nil {
			return usageError{fmt.Errorf("invalid relation id %q", args[0])}
		}
		return s.eachAgent(args[1:], func(a *uniter.Agent) error { return s.uniter.ForgetRelation(id, a.Unit) })
	})
}

func (s *session) agentCmd() *cobra.Command {
	return verb("agent UNIT stop|start", "Stop a unit's agent, or bring it back, also when its unit is gone", 2, 2, func(args []string) error {
		if args[1] != "stop" && args[1] != "start" {
			return usageError{fmt.Errorf("invalid value %q: must be stop or start", args[1])}
		}
		if err := s.change(); err != nil {
			return err
		}
		if args[1] == "stop" {
			return s.uniter.Stop(args[0])
		}
		return s.uniter.Start(args[0])
	})
}
