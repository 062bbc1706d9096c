package uniter

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/machine"
	"github.com/kube-control/kube-control/jujusim/model"
)

// socketLimit is how long the path of a socket may be, with room for the directory it is made in.
const socketLimit = 100

// pipeGrace is how long an agent waits for output after the hook's own process has ended.
const pipeGrace = 100 * time.Millisecond

// Processes is the Runner of real processes. Everything that belongs to a unit stands below Data, laid out as below
// /var/lib/juju: agents/unit-kcp-0/charm and tools/unit-kcp-0. Charms are directories below Data, too.
type Processes struct {
	Data  string // absolute
	Model *model.Model
	// Client is the program that the links in the tools directories lead to; see agent.ToolMain.
	Client string
	// Machines reports whether programs run on the machines of their units, which stand in machines/N. Nil: they do not.
	Machines func() (bool, error)

	linked string // the version whose tools this process has linked
	forgot bool   // whether a unit has gone, and perhaps its machine
}

func (p *Processes) agentDir(unit string) string {
	return filepath.Join(p.Data, "agents", model.Tag(unit))
}

func (p *Processes) charmDir(unit string) string { return filepath.Join(p.agentDir(unit), "charm") }

func (p *Processes) toolsDir(unit string) string {
	return filepath.Join(p.Data, "tools", model.Tag(unit))
}

// Unpack copies a charm to the unit, over an older one: files of the older charm go, files that the charm has made
// itself stay.
func (p *Processes) Unpack(unit, charm, before string) error {
	if err := p.linkTools(unit); err != nil {
		return err
	}
	if before != "" {
		if err := removeTree(filepath.Join(p.Data, before), p.charmDir(unit)); err != nil {
			return err
		}
	}
	return copyTree(filepath.Join(p.Data, charm), p.charmDir(unit), nil, nil)
}

// linkTools leads the unit's tools directory to that of its Juju's version, which all units share. That one is filled once
// in this process: an earlier one may have had another client.
func (p *Processes) linkTools(unit string) error {
	version := p.Model.Version
	if p.linked != version {
		if err := agent.LinkTools(filepath.Join(p.Data, "tools", version), p.Client, version); err != nil {
			return err
		}
		p.linked = version
	}
	link := p.toolsDir(unit)
	if to, err := os.Readlink(link); err == nil && to == version {
		return nil
	}
	err := os.Remove(link)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = os.Symlink(version, link)
	}
	if err != nil {
		return fmt.Errorf("cannot link tools of unit %s: %w", unit, err)
	}
	return nil
}

// Find looks for dispatch, and then for the named file.
func (p *Processes) Find(unit, name string) (Program, error) {
	dir := p.charmDir(unit)
	if _, err := os.Stat(filepath.Join(dir, "metadata.yaml")); err != nil {
		return Program{}, errors.New("charm missing from disk")
	}
	for _, file := range []string{"dispatch", name} {
		path, err := exec.LookPath(filepath.Join(dir, file))
		if err == nil {
			return Program{Path: path, Dispatch: file == "dispatch"}, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return Program{}, err
		}
	}
	return Program{}, fmt.Errorf("cannot find %s: %w", name, fs.ErrNotExist)
}

// Forget removes the unit's directories. Its machine is removed by Tidy.
func (p *Processes) Forget(unit string) {
	p.forgot = true
	_ = machine.Remove(p.agentDir(unit)) // what stays is in nobody's way: names are not used twice
	_ = os.Remove(p.toolsDir(unit))
}

// Run runs the program in the charm's directory with the hook tools at hand, and nothing of this process's
// environment but PATH.
func (p *Processes) Run(r Run) Outcome {
	info := r.Context.Info()
	if err := p.linkTools(info.Unit); err != nil {
		return failed(err)
	}
	socket, cleanSocket, err := p.socket(info.Unit)
	if err != nil {
		return failed(err)
	}
	defer cleanSocket()
	cmd, cleanScript, err := p.command(r, socket)
	if err != nil {
		return failed(err)
	}
	defer cleanScript()

	stdout, stderr := p.output(info, cmd)
	started := make(chan struct{})
	place, err := p.place(info.Unit, cmd, started)
	if err != nil {
		return failed(err)
	}
	r.Context.SetPlace(place)
	if r.Before != nil {
		r.Context.InjectFaults(agent.Faults{Before: r.Before, Kill: func() {
			<-started
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // gone already is as good
		}})
	}
	server, err := agent.Listen(socket, r.Context)
	if err != nil {
		return failed(err)
	}
	err = cmd.Start()
	close(started)
	if err == nil {
		err = cmd.Wait()
	}
	if closed := server.Close(); closed != nil && err == nil {
		err = closed
	}
	out := outcome(err)
	out.Stdout, out.Stderr = stdout(), stderr()
	return out
}

// place is where a command runs that is about to be started.
func (p *Processes) place(unit string, cmd *exec.Cmd, started <-chan struct{}) (agent.Place, error) {
	resources, err := p.resources(unit)
	if err != nil || cmd.SysProcAttr.Cloneflags == 0 {
		return agent.Place{Resources: resources}, err
	}
	return agent.Place{Resources: resources, Root: func() string {
		<-started
		return fmt.Sprintf("/proc/%d/root", cmd.Process.Pid)
	}}, nil
}

func failed(err error) Outcome { return Outcome{Err: err, Code: -1} }

// outcome reads what Start or Wait said. A child that holds on to the output is not a failure.
func outcome(err error) Outcome {
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		return Outcome{}
	}
	out := failed(err)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		out.Code = exit.ExitCode()
		if s, ok := exit.Sys().(syscall.WaitStatus); ok && s.Signaled() {
			out.Killed = s.Signal() == syscall.SIGKILL || s.Signal() == syscall.SIGTERM
		}
	}
	return out
}

// socket is where the unit's agent listens: in its own directory, or where that is too long a path for a socket in
// a temporary one.
func (p *Processes) socket(unit string) (path string, clean func(), err error) {
	path = filepath.Join(p.agentDir(unit), "agent.socket")
	if len(path) <= socketLimit {
		return path, func() {}, nil
	}
	dir, err := os.MkdirTemp("/tmp", "jujusim")
	if err != nil {
		return "", nil, fmt.Errorf("cannot make directory for the agent's socket: %w", err)
	}
	return filepath.Join(dir, "agent.socket"), func() { _ = os.RemoveAll(dir) }, nil
}

// Places are the variables that say where a unit has its charm and its agent's socket.
func Places(charm, socket string) []string {
	return []string{
		"CHARM_DIR=" + charm, "JUJU_CHARM_DIR=" + charm,
		"JUJU_AGENT_SOCKET_NETWORK=unix", "JUJU_AGENT_SOCKET_ADDRESS=" + socket,
	}
}

// command is the process to start, but for its output.
func (p *Processes) command(r Run, socket string) (cmd *exec.Cmd, clean func(), err error) {
	unit := r.Context.Info().Unit
	cmd, clean = exec.Command(r.Program.Path), func() {}
	if r.Program.Path == "" {
		dir, err := os.MkdirTemp("", "juju-exec")
		if err != nil {
			return nil, nil, fmt.Errorf("cannot make directory for script: %w", err)
		}
		clean = func() { _ = os.RemoveAll(dir) }
		script := filepath.Join(dir, "script.sh")
		if err := os.WriteFile(script, []byte(r.Command), 0o600); err != nil {
			clean()
			return nil, nil, fmt.Errorf("cannot write script: %w", err)
		}
		cmd = exec.Command("/bin/bash", script)
	}
	cmd.Env = append(r.Env, "PATH="+p.toolsDir(unit)+":"+os.Getenv("PATH"))
	cmd.Env = append(cmd.Env, Places(p.charmDir(unit), socket)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = pipeGrace
	if err := p.Enter(unit, cmd); err != nil {
		clean()
		return nil, nil, err
	}
	return cmd, clean, nil
}

// output sends a hook's lines to debug-log; an action's are kept as well, an exec's only kept. The functions give
// what was kept once the process has ended.
func (p *Processes) output(info agent.HookInfo, cmd *exec.Cmd) (stdout, stderr func() string) {
	var kept [2]bytes.Buffer
	name := info.Name
	if info.Action != nil {
		name = info.Action.Name
	}
	sink := func(keep *bytes.Buffer, level string) *lineLog {
		l := &lineLog{log: func(line string) {
			p.Model.Log(info.Unit, "unit."+info.Unit+"."+name, level, line)
		}}
		if info.Action != nil {
			l.keep = keep
		}
		if info.FlushOnFailure {
			l.log = nil
		}
		return l
	}
	out, err := sink(&kept[0], "DEBUG"), sink(&kept[1], "WARNING")
	cmd.Stdout, cmd.Stderr = out, err
	return func() string { out.flush(); return kept[0].String() },
		func() string { err.flush(); return kept[1].String() }
}

// lineLog logs what is written to it line by line; a line over 4096 bytes becomes several.
type lineLog struct {
	log  func(line string)
	keep *bytes.Buffer
	rest []byte
}

const longestLine = 4096

func (l *lineLog) Write(data []byte) (int, error) {
	if l.keep != nil {
		l.keep.Write(data)
	}
	if l.log == nil {
		return len(data), nil
	}
	l.rest = append(l.rest, data...)
	for {
		end := bytes.IndexByte(l.rest, '\n')
		switch {
		case end >= 0 && end <= longestLine:
			l.log(strings.TrimSuffix(string(l.rest[:end]), "\r"))
			l.rest = l.rest[end+1:]
		case len(l.rest) > longestLine:
			l.log(string(l.rest[:longestLine]))
			l.rest = l.rest[longestLine:]
		default:
			return len(data), nil
		}
	}
}

// flush logs a last line that has no end.
func (l *lineLog) flush() {
	if len(l.rest) > 0 && l.log != nil {
		l.log(string(l.rest))
	}
	l.rest = nil
}
