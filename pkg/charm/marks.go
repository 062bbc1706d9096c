package charm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// markPrefix begins the keys of the charm's state in which the ready policies remember what they did outside Juju. What
// is lost is done again.
const markPrefix = "kube-control-operator/1/"

// loadMarks takes the policies' marks from the charm's state.
func (s *Session) loadMarks(state map[string]string) {
	s.marks = map[string]string{}
	for key, value := range state {
		if name, ok := strings.CutPrefix(key, markPrefix); ok {
			s.marks[name] = value
		}
	}
}

// mark remembers a value, which must hold no token; "" forgets it. Nothing is written if it is remembered already.
func (s *Session) mark(ctx context.Context, name, value string) error {
	if s.marks[name] == value || s.dryRun {
		return nil
	}
	if value == "" {
		delete(s.marks, name)
		return s.tools.StateDelete(ctx, markPrefix+name)
	}
	s.marks[name] = value
	return s.tools.StateSet(ctx, map[string]string{markPrefix + name: value})
}

// commandTime is how long an operator's command may take; no other hook of the unit runs meanwhile.
const commandTime = 5 * time.Minute

// runCommand runs an operator's command by the shell in the charm's folder. It gets nothing of Juju's environment, so
// that what it starts holds no key to this hook.
func (s *Session) runCommand(ctx context.Context, command string) error {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.env.CharmDir, s.stdout, s.stderr
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "JUJU_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.WaitDelay = time.Second // what it has left running may hold its output
	err := cmd.Run()
	switch {
	case errors.Is(err, exec.ErrWaitDelay):
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("not done after %s", commandTime)
	}
	return err
}
