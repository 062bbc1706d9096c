package session

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/charmfile"
	"github.com/kube-control/kube-control/internal/hookenv"
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

// command is a handler of kube-control.yaml: argv run in the charm's folder with the hook's environment. The charm's bin
// comes first in its PATH, so that it finds kube-control.
func command(h charmfile.Handler, env hookenv.Context, stdout, stderr io.Writer) Handler {
	return Handler{Name: h.Name, When: h.When, WhenNot: h.WhenNot, Run: func(ctx context.Context, _ *Session, _ string) error {
		bin := filepath.Join(env.CharmDir, "bin")
		program := h.Run[0]
		if program == filepath.Base(program) {
			if own, err := exec.LookPath(filepath.Join(bin, program)); err == nil {
				program = own
			}
		}
		cmd := exec.CommandContext(ctx, program, h.Run[1:]...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = env.CharmDir, stdout, stderr
		cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), env.Running())
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("cannot run %s: %w", h.Run[0], err)
		}
		return nil
	}}
}
