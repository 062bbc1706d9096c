package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// agentsProgram is the base name by which jujusim is the agents of a model.
const agentsProgram = "jujusim-agents"

// wakeAgents starts the agents of the model in a directory, unless they run.
func wakeAgents(data string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("cannot find the agents' program: %w", err)
	}
	log, err := os.OpenFile(filepath.Join(data, "agents.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("cannot open the agents' log: %w", err)
	}
	defer log.Close()
	cmd := exec.Command(self)
	cmd.Args = []string{agentsProgram, data}
	cmd.Dir = data
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("cannot start the agents: %w", err)
	}
	return cmd.Process.Release()
}

// runAgents runs the hooks of a model, one after the other, until none is queued. Between two hooks others may use the model.
// Only one process runs them: a second one ends at once.
func (s *session) runAgents(data string) error {
	own, err := os.OpenFile(filepath.Join(data, "agents.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("cannot lock the agents: %w", err)
	}
	defer own.Close()
	if err := syscall.Flock(int(own.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		return nil
	} else if err != nil {
		return fmt.Errorf("cannot lock the agents: %w", err)
	}
	if err := errors.Join(own.Truncate(0), writePID(own)); err != nil {
		return fmt.Errorf("cannot note the agents' process: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(data, "model.json")); err != nil {
			return nil // the model was destroyed
		}
		one := &session{env: s.env, stdin: s.stdin, stdout: s.stdout, stderr: s.stderr, mustExist: true}
		one.flags.data = data
		if err := one.change(); err != nil {
			return errors.Join(err, one.close())
		}
		ran := one.uniter.RunNext()
		if !ran { // a verb that comes now finds no agents, and starts others
			own.Close()
		}
		if err := one.close(); err != nil || !ran {
			return err
		}
	}
}

// writePID writes the number of this process, for a person who looks for it.
func writePID(f *os.File) error {
	_, err := fmt.Fprintln(f, os.Getpid())
	return err
}
