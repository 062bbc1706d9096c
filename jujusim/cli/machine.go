package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/jujusim/machine"
)

// The ways in which units have machines.
const (
	machineNamespace = "namespace" // a host name and files of their own
	machineNone      = "none"      // those of the real machine
)

// machineMode is the way that --machine or $JUJUSIM_MACHINE names, and then that of the data directory; "" if neither does.
func (s *session) machineMode() (string, error) {
	mode := s.flags.machine
	if mode == "" {
		mode = s.env("JUJUSIM_MACHINE")
	}
	if mode == "" {
		text, err := os.ReadFile(s.machineFile())
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("cannot read how units have machines: %w", err)
		}
		return strings.TrimSpace(string(text)), nil
	}
	if mode != machineNamespace && mode != machineNone {
		return "", usageError{fmt.Errorf("invalid value %q for --machine or $JUJUSIM_MACHINE: it is namespace or none", mode)}
	}
	return mode, nil
}

func (s *session) machineFile() string { return filepath.Join(s.data, "machine") }

// useMachines reports whether units have machines of their own, and remembers it in the data directory. Where nobody has
// chosen, they have them if the kernel permits it; otherwise a note says what that means, once.
func (s *session) useMachines(client string) (bool, error) {
	mode, err := s.machineMode()
	if err != nil {
		return false, err
	}
	known, _ := os.ReadFile(s.machineFile()) // there is none before the first program
	if mode != "" && strings.TrimSpace(string(known)) == mode {
		return mode == machineNamespace, nil
	}
	var refused error
	if mode != machineNone {
		refused = machine.Check(client, s.data)
	}
	if refused != nil && mode == machineNamespace {
		return false, fmt.Errorf("cannot give units machines of their own: %w", refused)
	}
	if mode == "" {
		mode = machineNamespace
	}
	if refused != nil {
		mode = machineNone
		fmt.Fprintf(s.stderr, "NOTE: all units share the host name and the files of this machine, because it permits no namespaces: %v\n"+
			"NOTE: a charm can write anywhere that you can. --machine none accepts that.\n", refused)
	}
	if err := os.WriteFile(s.machineFile(), []byte(mode+"\n"), 0o600); err != nil {
		return false, fmt.Errorf("cannot remember how units have machines: %w", err)
	}
	return mode == machineNamespace, nil
}

func (s *session) shellCmd() *cobra.Command {
	return verb("shell UNIT [-- COMMAND...]", "Start a shell, or a command, on a unit's machine, as juju ssh does", 1, -1, func(args []string) error {
		if err := s.open(); err != nil {
			return err
		}
		unit, err := s.model.Unit(args[0])
		if err != nil {
			return err
		}
		cmd := exec.Command("/bin/bash")
		if len(args) > 1 {
			cmd = exec.Command("/bin/bash", "-c", commandText(args[1:]))
		}
		cmd.Env = append(os.Environ(), "HOME=/root", "PS1=root@"+s.model.Hostname(unit.Name)+":\\w# ")
		cmd.Stdin, cmd.Stdout, cmd.Stderr = s.stdin, s.stdout, s.stderr
		if err := s.processes.Enter(unit.Name, cmd); err != nil {
			return err
		}
		if err := s.close(); err != nil { // others may use the model meanwhile
			return err
		}
		var exit *exec.ExitError
		if err := cmd.Run(); errors.As(err, &exit) {
			return silentError{exit.ExitCode()}
		} else if err != nil {
			return fmt.Errorf("cannot start shell: %w", err)
		}
		return nil
	})
}
