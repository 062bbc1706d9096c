package session

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/charmfile"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Handler is something to run in a hook while some flags are set and others are not.
type Handler struct {
	Name          string
	When, WhenNot []string
	// Role is the side of the endpoint that Run gets; nil if it needs none, and Run gets "" then.
	Role *kubecontrol.Role
	Run  func(ctx context.Context, s *Session, endpoint string) error
}

// endpointOf finds the endpoint for a handler: the one of its role that its first flag of such an endpoint names, else the
// only one of the role. It is false for a handler that needs an endpoint where there is none.
func (s *Session) endpointOf(h Handler) (string, bool) {
	if h.Role == nil {
		return "", true
	}
	var names []string
	for _, e := range s.endpoints {
		if e.Role == *h.Role {
			names = append(names, e.Name)
		}
	}
	for _, flag := range slices.Concat(h.When, h.WhenNot) {
		for _, name := range names {
			if strings.HasPrefix(flag, name+".") {
				return name, true
			}
		}
	}
	if len(names) == 1 {
		return names[0], true
	}
	return "", false
}

// command is a handler of kube-control.yaml: argv run in the charm's folder with the hook's environment.
func command(h charmfile.Handler, dir string, stdout, stderr io.Writer) Handler {
	return Handler{Name: h.Name, When: h.When, WhenNot: h.WhenNot, Run: func(ctx context.Context, _ *Session, _ string) error {
		cmd := exec.CommandContext(ctx, h.Run[0], h.Run[1:]...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, stdout, stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("cannot run %s: %w", h.Run[0], err)
		}
		return nil
	}}
}
