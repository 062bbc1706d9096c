package agent

import (
	"slices"

	"github.com/kube-control/kube-control/jujusim/tools"
)

// Call is the record of one tool call of a hook.
type Call struct {
	Argv  []string // with the tool's name
	Stdin []byte   // nil unless the tool asked for it
	Code  int      // the exit code
}

// Fault says what is to go wrong with a tool call.
type Fault int

// The faults. NoFault runs the call.
const (
	NoFault  Fault = iota
	FailCall       // the tool does nothing, prints "ERROR injected fault" and exits 1
	KillHook       // the hook is killed; the tool does nothing and exits 1
	DenyCall       // the tool does nothing, says as Juju does that it is not permitted, and exits 1
)

// Faults makes tool calls of a hook go wrong. Each call is asked about once; Before may also sleep.
type Faults struct {
	// Before is asked ahead of call k, counted from 1 within the hook.
	Before func(k int, argv []string) Fault
	// Kill is told to kill the hook's process. It must not call a tool.
	Kill func()
}

type calls struct {
	faults  Faults
	made    []Call
	waiting []string // argv of a call that was asked for its standard input
}

// InjectFaults sets what is to go wrong from the next call on.
func (h *HookContext) InjectFaults(f Faults) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls.faults = f
}

// Place is what the hook context must know of the machine that the hook runs on.
type Place struct {
	Resources map[string]string // the paths of the application's resources, by name
	Root      func() string     // the directory that is / to the hook; nil: /
}

// SetPlace says where the hook runs.
func (h *HookContext) SetPlace(p Place) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.place = p
}

// Calls lists the tool calls made so far, failed ones and unknown tools included. A call that was
// asked for its standard input counts once.
func (h *HookContext) Calls() []Call {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.calls.made)
}

// Call runs one tool in the hook, waiting for the one before it.
func (h *HookContext) Call(r tools.Request) tools.Response {
	h.mu.Lock()
	defer h.mu.Unlock()
	argv := append([]string{r.Name}, r.Args...)
	again := r.StdinSet && h.calls.waiting != nil && slices.Equal(argv, h.calls.waiting)
	h.calls.waiting = nil
	var response tools.Response
	switch h.fault(argv, again) {
	case NoFault:
		response = tools.Run(hookTools{h}, r)
	case FailCall:
		response = tools.Response{Code: 1, Stderr: []byte("ERROR injected fault\n")}
	case DenyCall:
		denied := ErrPermission
		if r.Name == "secret-get" {
			denied = SecretDenied(h.controller.JujuVersion(), h.info.Unit, "read")
		}
		response = tools.Response{Code: 1, Stderr: []byte("ERROR " + denied.Error() + "\n")}
	case KillHook:
		h.calls.faults.Kill()
		response = tools.Response{Code: 1, Stderr: []byte("ERROR hook killed\n")}
	}
	if response.NeedsStdin {
		h.calls.waiting = argv
		return response
	}
	h.calls.made = append(h.calls.made, Call{Argv: argv, Stdin: r.Stdin, Code: response.Code})
	return response
}

func (h *HookContext) fault(argv []string, again bool) Fault {
	if h.calls.faults.Before == nil || again {
		return NoFault
	}
	return h.calls.faults.Before(len(h.calls.made)+1, argv)
}

// Known gives the socket server's error for a tool that the hook's Juju does not have, else nil.
func (h *HookContext) Known(name string) error {
	return tools.Check(h.controller.JujuVersion(), name)
}
