package world

import (
	"fmt"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// Serve opens the context's socket in a directory and returns the environment of processes in it, PATH apart. Close the
// server when they have ended.
func (r *Run) Serve(dir string) (*agent.Server, []string, error) {
	path := fmt.Sprintf("%s/%d.socket", dir, r.world.hooks)
	server, err := agent.Listen(path, r.ctx)
	if err != nil {
		return nil, nil, err
	}
	return server, append(r.environ(), "JUJU_AGENT_SOCKET_NETWORK=unix", "JUJU_AGENT_SOCKET_ADDRESS="+path), nil
}
