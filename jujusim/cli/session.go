package cli

import (
	"bufio"
	crand "crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
)

// session is one use of a data directory: a process, which may run many commands.
type session struct {
	env            func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	flags          struct {
		data, version string
		machine       string
		seed          uint64
	}

	inBackground bool // the agents run in a process of their own
	mustExist    bool // a missing model is an error, and not made
	utc          bool // of status --utc

	data     string               // "" until opened
	machines func() (bool, error) // whether units have machines of their own
	lock     *os.File
	model    *model.Model
	agents   uniter.State
	uniter   *uniter.Uniter
	traces   map[string][]traceRecord // by unit, not yet written
	changed  bool
	scripts  int // how deep scripts run scripts at present

	processes *uniter.Processes // the Runner of uniter
}

// document is model.json.
type document struct {
	Model  *model.Model `json:"model"`
	Agents uniter.State `json:"agents"`
}

// open reads the model, or makes one, when the first command needs it.
func (s *session) open() error {
	if s.model != nil {
		return nil
	}
	if id := s.env("JUJU_CONTEXT_ID"); id != "" {
		return fmt.Errorf("jujusim cannot be called from within a hook, have context %q", id)
	}
	if err := s.openDir(); err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(s.data, "model.json"))
	switch {
	case errors.Is(err, fs.ErrNotExist) && s.mustExist:
		return fmt.Errorf("model %s is gone", filepath.Base(s.data))
	case errors.Is(err, fs.ErrNotExist):
		if err := s.create(); err != nil {
			return err
		}
	case err != nil:
		return fmt.Errorf("cannot read model: %w", err)
	default:
		if err := s.load(data); err != nil {
			return err
		}
	}
	client, err := os.Executable()
	if err != nil {
		return fmt.Errorf("cannot find the hook tools' program: %w", err)
	}
	s.machines = sync.OnceValues(func() (bool, error) { return s.useMachines(client) })
	if s.flags.machine != "" || s.env("JUJUSIM_MACHINE") != "" { // the choice is checked and kept, even if nothing runs now
		if _, err := s.machines(); err != nil {
			return err
		}
	}
	s.traces = map[string][]traceRecord{}
	s.processes = &uniter.Processes{Data: s.data, Model: s.model, Client: client, Machines: s.machines}
	s.uniter = &uniter.Uniter{Model: s.model, Agents: s.agents, Runner: s.processes, Trace: s.trace}
	return nil
}

func (s *session) openDir() error {
	dir := s.flags.data
	if dir == "" {
		dir = s.env("JUJUSIM_DATA")
	}
	if dir == "" {
		dir = ".jujusim"
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return fmt.Errorf("cannot make data directory: %w", err)
	}
	// Processes wait for the lock one behind the other, so that the agents, which take it for each hook, let others in.
	queue, err := lockFile(filepath.Join(dir, "queue"))
	if err == nil {
		s.lock, err = lockFile(filepath.Join(dir, "lock"))
		err = errors.Join(err, queue.Close())
	}
	if err != nil {
		return fmt.Errorf("cannot lock data directory: %w", err)
	}
	s.data = dir
	return nil
}

// lockFile opens a file that one process has at a time.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// create makes a model; a seed that nobody gave is printed, so that the run can be repeated.
func (s *session) create() error {
	seed := s.flags.seed
	if seed == 0 {
		var random [4]byte
		if _, err := crand.Read(random[:]); err != nil {
			return fmt.Errorf("cannot make up a seed: %w", err)
		}
		seed = uint64(binary.LittleEndian.Uint32(random[:])) + 1
		fmt.Fprintf(s.stderr, "seed %d\n", seed)
	}
	m := model.New(s.flags.version, seed)
	if err := model.CheckVersion(m.Version); err != nil {
		return usageError{err}
	}
	s.model, s.agents = m, uniter.State{}
	s.changed = true
	return nil
}

func (s *session) load(data []byte) error {
	var raw struct {
		Model  json.RawMessage `json:"model"`
		Agents uniter.State    `json:"agents"`
	}
	var m *model.Model
	err := json.Unmarshal(data, &raw)
	if err == nil {
		m, err = model.Load(raw.Model)
	}
	if err == nil {
		err = raw.Agents.Check(m)
	}
	if err != nil {
		return fmt.Errorf("cannot use %s: %w; remove %s to start afresh", filepath.Join(s.data, "model.json"), err, s.data)
	}
	if s.flags.seed != 0 && s.flags.seed != m.Seed {
		return fmt.Errorf("cannot change the seed of a model that exists: it is %d", m.Seed)
	}
	if s.flags.version != "" && s.flags.version != m.Version {
		return fmt.Errorf("cannot change the Juju version of a model that exists: it is %s", m.Version)
	}
	s.model, s.agents = m, raw.Agents
	return nil
}

// change opens the model for a command that changes it.
func (s *session) change() error {
	err := s.open()
	s.changed = s.changed || err == nil
	return err
}

// save writes what has changed.
func (s *session) save() error {
	if err := s.flush(); err != nil || !s.changed {
		return err
	}
	data, err := json.Marshal(document{s.model, s.agents})
	if err != nil {
		return fmt.Errorf("cannot write model: %w", err)
	}
	path := filepath.Join(s.data, "model.json")
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return fmt.Errorf("cannot write model: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("cannot write model: %w", err)
	}
	s.changed = false
	return nil
}

// flush appends the log and the traces to their files.
func (s *session) flush() error {
	logs := s.model.TakeLogs()
	if len(logs) > 0 {
		if err := s.appendTo("debug-log.jsonl", func(w *json.Encoder) error {
			for _, r := range logs {
				if err := w.Encode(r); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return s.flushTraces()
}

// appendTo adds lines of JSON to a file in the data directory.
func (s *session) appendTo(name string, write func(*json.Encoder) error) (err error) {
	path := filepath.Join(s.data, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	buffer := bufio.NewWriter(f)
	if err := errors.Join(write(json.NewEncoder(buffer)), buffer.Flush(), f.Close()); err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	return nil
}

// close saves and lets the next process in.
func (s *session) close() error {
	if s.lock == nil {
		return nil
	}
	var err error
	if s.model != nil {
		err = s.save()
	}
	if s.processes != nil {
		s.processes.Tidy()
	}
	err = errors.Join(err, s.lock.Close())
	s.lock, s.model, s.processes = nil, nil, nil
	return err
}
