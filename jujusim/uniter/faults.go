package uniter

import (
	"time"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// Faults are what is to go wrong with a unit's runs, each once. Those that count tool calls count down over hooks,
// actions and execs: 1 means the next call, 0 is off.
type Faults struct {
	FailTool  int  `json:"fail-tool,omitempty"`
	KillTool  int  `json:"kill-tool,omitempty"`
	KillAgent bool `json:"kill-agent,omitempty"` // KillTool stops the agent, too
	// LoseLeadership takes the leadership from the unit ahead of the call.
	LoseLeadership int `json:"lose-leadership,omitempty"`
	// DelayTool moves the model's clock on by Delay ahead of the call; Sleep makes it take that time, too.
	DelayTool int           `json:"delay-tool,omitempty"`
	Delay     time.Duration `json:"delay,omitempty"`
	Sleep     bool          `json:"sleep,omitempty"`
	// DenySecret refuses the next secret-get.
	DenySecret bool `json:"deny-secret,omitempty"`
	// DropGrant loses the grants of the next commit that has some, without a word.
	DropGrant bool `json:"drop-grant,omitempty"`
	// RepeatHook runs the next hook that succeeds a second time, with the same facts.
	RepeatHook bool `json:"repeat-hook,omitempty"`
}

// newRun makes the context of a run, with the faults that were asked for.
func (u *Uniter) newRun(a *Agent, info agent.HookInfo, p Program) Run {
	r := Run{Context: agent.NewHookContext(u.Model, info), Program: p, Env: environment(u.Model, info)}
	if a.FailTool+a.KillTool+a.LoseLeadership+a.DelayTool > 0 || a.DenySecret {
		r.Before = func(_ int, argv []string) agent.Fault { return u.fault(a, argv[0]) }
	}
	return r
}

// fault counts a tool call against the faults that were asked for.
func (u *Uniter) fault(a *Agent, tool string) agent.Fault {
	due := func(left *int) bool {
		if *left == 0 {
			return false
		}
		*left--
		return *left == 0
	}
	fail, kill := due(&a.FailTool), due(&a.KillTool)
	if due(&a.DelayTool) {
		u.Model.Advance(a.Delay)
		if a.Sleep {
			time.Sleep(a.Delay)
		}
	}
	if due(&a.LoseLeadership) {
		u.Model.Depose(a.Unit)
	}
	switch {
	case kill:
		a.Down = a.Down || a.KillAgent
		a.KillAgent = false
		return agent.KillHook
	case fail:
		return agent.FailCall
	case a.DenySecret && tool == "secret-get":
		a.DenySecret = false
		return agent.DenyCall
	}
	return agent.NoFault
}
