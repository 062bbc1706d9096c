package world

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/kube-control/kube-control/jujusim/uniter"
	"github.com/kube-control/kube-control/pkg/hooktool"
)

// Hosted calls the hook tools for one of several units whose hooks run in this process. All of them are on this machine, so a ready
// worker finds a node name of its own in its options unless one is set.
type Hosted struct {
	hooktool.Runner
	Unit string
	Dead bool // the hook's process dies at the next call
}

// Killed is thrown by the tool call at which a hook's process dies, so that no further line of it runs.
type Killed struct{}

// Run implements hooktool.Runner.
func (h *Hosted) Run(ctx context.Context, call hooktool.Call) (hooktool.Output, error) {
	out, err := h.Runner.Run(ctx, call)
	if h.Dead {
		panic(Killed{})
	}
	if call.Tool != "config-get" || err != nil || out.ExitCode != 0 {
		return out, err
	}
	var options map[string]any
	if json.Unmarshal(out.Stdout, &options) != nil || options["kubeconfig-dir"] == nil { // of a ready worker alone
		return out, err
	}
	if name, _ := options["node-name"].(string); name == "" {
		options["node-name"] = strings.ReplaceAll(h.Unit, "/", "-")
	}
	out.Stdout, err = json.Marshal(options)
	return out, err
}

// CatchKilled makes the outcome of a killed hook from what Killed has thrown. It must be deferred itself.
func CatchKilled(out *uniter.Outcome) {
	switch thrown := recover().(type) {
	case nil:
	case Killed:
		*out = uniter.Outcome{Killed: true, Err: errors.New("signal: killed"), Code: -1}
	default:
		panic(thrown)
	}
}
