// Package machine gives each simulated machine a host name and files of its own, with the namespaces of Linux.
//
// A program on a machine sees the files of the real machine. What it writes is kept for that machine alone, in a directory of
// the data directory. /proc, /sys, /dev, /tmp and the shared directories are those of the real machine. An ordinary user
// becomes root in a user namespace.
//
// There is no daemon. Each program starts in new namespaces as Program, which mounts the files and then becomes the program.
package machine

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// Program is the base name by which jujusim is the program that enters a machine.
const Program = "jujusim-machine"

// Machine is one simulated machine.
type Machine struct {
	Dir    string   `json:"dir"`    // what its programs have written; absolute
	Host   string   `json:"host"`   // its host name
	Shared []string `json:"shared"` // directories that it shares with the real machine; absolute
}

// Wrap makes a command, which has not been started, run on the machine. client is the path of jujusim.
func (m Machine) Wrap(cmd *exec.Cmd, client string) error {
	m.tidy()
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("cannot describe machine: %w", err)
	}
	cmd.Args = append([]string{Program, string(text), cmd.Path}, cmd.Args...)
	cmd.Path = client
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	attr := cmd.SysProcAttr
	attr.Cloneflags |= syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS
	if os.Geteuid() != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
	}
	return nil
}

// Main is the program that enters a machine. Its arguments are the machine, a program's path, and that program's own arguments,
// the name among them. It returns only if it fails.
func Main(args, environ []string, stderr io.Writer) int {
	err := become(args, environ)
	fmt.Fprintf(stderr, "ERROR cannot enter machine: %v\n", err)
	return 1
}

func become(args, environ []string) error {
	var m Machine
	if len(args) < 4 {
		return fmt.Errorf("missing argument; usage: %s MACHINE PATH NAME [ARGUMENT]", Program)
	}
	if err := json.Unmarshal([]byte(args[1]), &m); err != nil {
		return fmt.Errorf("cannot read machine: %w", err)
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	if err := syscall.Sethostname([]byte(m.Host)); err != nil {
		return fmt.Errorf("cannot set host name: %w", err)
	}
	if err := m.mount(); err != nil {
		return err
	}
	if err := os.Chdir(dir); err != nil {
		return err
	}
	return &os.PathError{Op: "exec", Path: args[2], Err: syscall.Exec(args[2], args[3:], environ)}
}

// Check reports why the kernel does not permit machines, as seen from below a directory.
func Check(client, dir string) error {
	trial, err := os.MkdirTemp(dir, "machine")
	if err != nil {
		return fmt.Errorf("cannot make directory for a machine: %w", err)
	}
	defer func() { _ = Remove(trial) }()
	cmd := exec.Command("/bin/true")
	if err := (Machine{Dir: trial, Host: "juju-trial", Shared: []string{dir}}).Wrap(cmd, client); err != nil {
		return err
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w %s", err, out)
	}
	return nil
}
