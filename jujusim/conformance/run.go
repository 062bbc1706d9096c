package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
)

// Result is what became of one case: it passed if it has no differences.
type Result struct {
	Case        Case
	Differences []string
}

// Runner replays cases. Program is started through links named as the hook tools and must then call
// agent.ToolMain.
type Runner struct {
	Worlds  map[string]World
	Program string
}

// Main replays the cases in the case files and prints each difference, and on the last line how many
// cases passed and failed. The running program itself is the tools' client. An error means that the
// cases could not be run at all.
func Main(worldsPath string, cases []string, stdout io.Writer) (failed int, err error) {
	worlds, err := ReadWorlds(worldsPath)
	if err != nil {
		return 0, err
	}
	all, err := ReadCases(cases...)
	if err != nil {
		return 0, err
	}
	program, err := os.Executable()
	if err != nil {
		return 0, fmt.Errorf("cannot find own program: %w", err)
	}
	results, err := Runner{Worlds: worlds, Program: program}.Run(all)
	if err != nil {
		return 0, err
	}
	for _, r := range results {
		if len(r.Differences) == 0 {
			continue
		}
		failed++
		fmt.Fprintf(stdout, "%s (world %s)\n", r.Case.Name, r.Case.World)
		for _, difference := range r.Differences {
			fmt.Fprintf(stdout, "    %s\n", strings.ReplaceAll(difference, "\n", "\n    "))
		}
	}
	_, err = fmt.Fprintf(stdout, "%d passed, %d failed\n", len(results)-failed, failed)
	return failed, err
}

// Run replays the cases, several at a time. The results are in the order of the cases. An error means
// that there was no place to run them in.
func (r Runner) Run(cases []Case) ([]Result, error) {
	dir, err := os.MkdirTemp("", "conform")
	if err != nil {
		return nil, fmt.Errorf("cannot prepare cases: %w", err)
	}
	defer os.RemoveAll(dir)
	tools := filepath.Join(dir, "tools")
	for _, c := range cases {
		if err := r.link(tools, c.version()); err != nil {
			return nil, err
		}
	}
	results := make([]Result, len(cases))
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				place := filepath.Join(dir, fmt.Sprint(i))
				results[i] = Result{Case: cases[i], Differences: r.replay(cases[i], place, tools)}
			}
		}()
	}
	for i := range cases {
		next <- i
	}
	close(next)
	wg.Wait()
	return results, nil
}

// link makes the tools directory of a version, once.
func (r Runner) link(tools, version string) error {
	dir := filepath.Join(tools, version)
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	return agent.LinkTools(dir, r.Program, version)
}

// replay runs one case in a directory of its own and lists what differs.
func (r Runner) replay(c Case, place, tools string) []string {
	differences, err := r.replayIn(c, place, tools)
	if err != nil {
		differences = append(differences, err.Error())
	}
	return differences
}

func (r Runner) replayIn(c Case, place, tools string) (differences []string, err error) {
	world, ok := r.Worlds[c.World]
	if !ok {
		return nil, fmt.Errorf("there is no world %q", c.World)
	}
	dir := filepath.Join(place, "charm")
	c, err = c.expand(dir)
	if err == nil {
		err = writeFiles(dir, c.Files)
	}
	if err != nil {
		return nil, err
	}
	h := hook{model: world.load(c.Juju), world: world, dir: dir, tools: filepath.Join(tools, c.version()), socket: filepath.Join(place, "socket")}
	h.context = agent.NewHookContext(h.model, world.hook())
	if world.Deposed {
		h.model.Apps[model.AppOf(world.Unit)].Leader = world.otherUnit()
	}
	before, err := h.facts()
	if err != nil {
		return nil, err
	}
	server, err := agent.Listen(h.socket, h.context)
	if err != nil {
		return nil, err
	}
	for i, step := range c.Steps {
		for _, difference := range h.step(step) {
			differences = append(differences, fmt.Sprintf("step %d %q: %s", i+1, step.Argv, difference))
		}
	}
	if err := server.Close(); err != nil {
		return differences, fmt.Errorf("cannot end the hook: %w", err)
	}
	after, err := h.effect(before)
	if err != nil {
		return differences, err
	}
	differences = append(differences, differ("after", toAny(c.After), after)...)
	files, err := newFiles(dir, c.Files)
	if err != nil {
		return differences, err
	}
	return append(differences, differ("files_after", toAny(c.FilesAfter), toAny(files))...), nil
}

// hook is the one hook of a case.
type hook struct {
	model   *model.Model
	world   World
	context *agent.HookContext
	dir     string
	tools   string
	socket  string
	secrets newSecrets
}

// step runs one command as a process and lists what differs.
func (h *hook) step(s Step) []string {
	s.Argv = slices.Clone(s.Argv)
	for i, arg := range s.Argv {
		s.Argv[i] = h.secrets.fill(arg)
	}
	code, stdout, stderr, err := h.command(s)
	if err != nil {
		return []string{err.Error()}
	}
	h.secrets.learn(s.Argv, stdout)
	stdout, stderr = h.secrets.name(stdout), h.secrets.name(stderr)
	var differences []string
	if code != s.Code {
		differences = append(differences, fmt.Sprintf("exit code is %d, not %d", code, s.Code))
	}
	if s.StdoutFirstLine != nil {
		first, _, _ := strings.Cut(stdout, "\n")
		differences = append(differences, differ("first line of stdout", *s.StdoutFirstLine, first)...)
	} else {
		differences = append(differences, differ("stdout", s.Stdout, stdout)...)
	}
	differences = append(differences, differ("stderr", s.Stderr, stderr)...)
	var log []Record
	for _, r := range h.model.TakeLogs() {
		log = append(log, Record{Level: r.Level, Logger: r.Logger, Message: r.Message})
	}
	return append(differences, differ("log", s.Log, log)...)
}

func (h *hook) command(s Step) (code int, stdout, stderr string, err error) {
	env := map[string]string{
		"JUJU_CONTEXT_ID":           h.context.Info().ContextID,
		"JUJU_AGENT_SOCKET_ADDRESS": h.socket,
		"JUJU_AGENT_SOCKET_NETWORK": "unix",
	}
	var out, errors bytes.Buffer
	program := filepath.Join(h.tools, s.Argv[0])
	if _, err := os.Lstat(program); err != nil {
		// No machine has a link of that name: the client asks the server all the same.
		getenv := func(name string) string { return env[name] }
		code = agent.ToolIn(h.dir, s.Argv, getenv, strings.NewReader(""), &out, &errors)
		return code, out.String(), errors.String(), nil
	}
	cmd := exec.Command(program, s.Argv[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = h.dir, &out, &errors
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if s.Stdin != nil {
		cmd.Stdin = strings.NewReader(*s.Stdin)
	}
	err = cmd.Run()
	if isExit(err) {
		err = nil
	}
	if err != nil {
		return 0, "", "", fmt.Errorf("cannot run %s: %w", s.Argv[0], err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errors.String(), nil
}

func isExit(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit)
}

// differ says how two values differ, if they do.
func differ(what string, want, got any) []string {
	if reflect.DeepEqual(want, got) {
		return nil
	}
	return []string{fmt.Sprintf("%s differs\nwant %s\ngot  %s", what, show(want), show(got))}
}
