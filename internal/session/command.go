package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/kube-control/kube-control/internal/hookenv"
	"github.com/kube-control/kube-control/internal/ready"
)

// commandTime is how long an operator's command may take; no other hook of the unit runs meanwhile.
const commandTime = 5 * time.Minute

// markHung and an option's name are the mark of the digest of its command, which did not end in time.
const markHung = "hung/"

// errHung says that a command did not end in time.
var errHung = fmt.Errorf("no end in %s; again in update-status", commandTime)

// runCommand runs the command of an option, and returns why it failed. One that did not end is not started again before
// the next update-status, because each try delays all hooks of the unit.
func (s *Session) runCommand(ctx context.Context, option, command string, environ ...string) (failed, err error) {
	digest := ready.Digest([]byte(command))[:16]
	if s.marks[markHung+option] == digest && s.env.HookKind != hookenv.UpdateStatus {
		return errHung, nil
	}
	if s.dryRun {
		s.would("%s", strings.Join(append([]string{"run " + option}, environ...), " "))
		return nil, nil
	}
	if err := s.saveState(ctx); err != nil { // the command may run this program
		return nil, err
	}
	failed = operatorCommand{Text: command, Dir: s.env.CharmDir, Environ: environ, Stdout: s.stdout, Stderr: s.stderr, Time: commandTime}.run(ctx)
	if failed == nil {
		s.did("run %s", option)
		s.log.Infof("ran %s", option)
	} else {
		s.did("run %s, which failed", option)
		s.log.Warnf("cannot run %s: %v", option, failed)
	}
	if !errors.Is(failed, errHung) {
		digest = ""
	}
	return failed, s.mark(ctx, markHung+option, digest)
}

// commandFailed is the trouble of an option's command that failed.
func commandFailed(option string, failed error) ready.Trouble {
	return ready.Awaiting(ready.CauseCommand, option, "Waiting for %s, which failed (%v)", option, failed)
}

// operatorCommand is a text for the shell that an operator's option gives.
type operatorCommand struct {
	Text, Dir      string
	Environ        []string // beside that of this program
	Stdout, Stderr io.Writer
	Time           time.Duration // how long it may take
}

// run runs the command in a process group of its own. It gets nothing of Juju's environment, so that its children
// cannot use the hook tools. If it does not end in time, the whole group is killed and errHung returned.
func (c operatorCommand) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.Time)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", c.Text)
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.Dir, c.Stdout, c.Stderr
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "JUJU_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, c.Environ...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second // its children may hold its output
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return errHung
	case errors.Is(err, exec.ErrWaitDelay):
		return nil
	}
	return err
}
