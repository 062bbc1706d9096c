package stories

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	kept "github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
	"github.com/kube-control/kube-control/tests/oracle"
)

const (
	masterApp = "kube-control-master"
	workerApp = "kube-control-worker"
)

// TestINV25TroubleAtAnyCallHeals takes a master and a worker from deploy to credentials, time and again. In each life
// the k-th tool call of every hook of both units fails, or the hook is killed at it, for every sixth k that a hook comes to, or every one with SWEEP=all;
// in one life each commit is refused. A hook that failed runs again, and is then left alone. In the end bags, kept
// state, files and statuses must be what they are after an undisturbed life.
func TestINV25TroubleAtAnyCallHeals(t *testing.T) {
	t.Parallel()
	charms := t.TempDir()
	for _, name := range []string{"master", "worker"} {
		if err := charm("shell-"+name, filepath.Join(charms, name), ""); err != nil {
			t.Fatal(err)
		}
	}
	whole, installed := life{charms: charms}, life{charms: charms}
	want := whole.run(t, true)
	if !strings.Contains(want, `"scope": "kube-control-worker/0", "secret-id": "secret:<random `) {
		t.Fatalf("the undisturbed life ended with\n%s", want)
	}
	installed.run(t, false)
	related := life{charms: charms, from: installed.snapshot(t)}
	if diff := cmp.Diff(want, related.run(t, true)); diff != "" {
		t.Fatalf("related at once (-) and later (+):\n%s", diff)
	}
	lives := []life{{charms: charms, refuse: true}}
	for k := 1; k <= max(whole.longest, related.longest); k += sweepStep() {
		l := life{charms: charms, k: k}
		if k > installed.longest && k <= related.longest {
			l.from = related.from // no hook before the relation comes this far
		}
		for _, l.fault = range []agent.Fault{agent.FailCall, agent.KillHook} {
			lives = append(lives, l)
		}
	}
	for _, l := range lives {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, l.run(t, true)); diff != "" {
				t.Errorf("differs from an undisturbed life:\n%s", diff)
			}
			if l.strikes == 0 {
				t.Error("nothing went wrong, so nothing was tested")
			}
		})
	}
}

// sweepStep is the distance of the tool calls at which lives go wrong. A sixth of them is tried, and with SWEEP=all every one.
// tests/faults and tests/scenarios try every call in process.
func sweepStep() int {
	if os.Getenv("SWEEP") == "all" {
		return 1
	}
	return 6
}

// life is one life of a master and a worker, from deploy to rest, and what goes wrong with each hook at its first try.
type life struct {
	charms string      // where the two charms are
	from   *snapshot   // where to begin; nil: with deploying
	fault  agent.Fault // at the k-th tool call; k 0: none
	k      int
	refuse bool   // refuse the commit
	calm   bool   // nothing is struck any more
	only   string // the application whose hooks are struck; empty: all

	data    string
	model   *model.Model
	agents  uniter.State
	runner  *uniter.Processes
	struck  map[string]bool // units whose next hook is one that was struck, and runs again
	strikes int
	longest int // tool calls of a hook that may be struck
}

func (l *life) String() string {
	switch {
	case l.refuse:
		return "refuse each commit"
	case l.fault == agent.KillHook:
		return fmt.Sprintf("kill at call %d", l.k)
	}
	return fmt.Sprintf("fail call %d", l.k)
}

// run lives the life, and returns what is there in the end.
func (l *life) run(t *testing.T, related bool) string {
	t.Helper()
	l.data, l.struck = t.TempDir(), map[string]bool{}
	if l.from != nil {
		l.goOn(t)
	} else {
		l.deploy(t)
	}
	if related {
		if _, err := l.model.Integrate(masterApp, workerApp); err != nil {
			t.Fatal(err)
		}
	}
	client, err := exec.LookPath("jujusim")
	if err != nil {
		t.Fatal(err)
	}
	l.runner = &uniter.Processes{Data: l.data, Model: l.model, Client: client}
	u := &uniter.Uniter{Model: l.model, Agents: l.agents, Runner: runner{l.runner, l}, Trace: func(tr uniter.Trace) {
		if l.only == "" || model.AppOf(tr.Unit) == l.only {
			l.longest = max(l.longest, len(tr.Calls))
		}
	}}
	if err := u.Settle(uniter.Limits{Retries: 100}); err != nil {
		t.Fatal(err)
	}
	if l.refuse { // a retry grants nothing that Juju may have refused, so a hook that is let be makes up for it
		l.calm = true
		for _, a := range l.agents {
			a.UpdateStatus = true
		}
		if err := u.Settle(uniter.Limits{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := check(l.model); err != nil {
		t.Error(err)
	}
	return l.rest(t)
}

// deploy begins a life.
func (l *life) deploy(t *testing.T) {
	t.Helper()
	l.model, l.agents = model.New("", 7), uniter.State{}
	for _, name := range []string{"master", "worker"} {
		c, err := model.ReadCharm(filepath.Join(l.charms, name))
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join("charms", name)
		if err := uniter.Stage(filepath.Join(l.charms, name), filepath.Join(l.data, dir), l.data); err != nil {
			t.Fatal(err)
		}
		if _, err := l.model.Deploy(c.Name, c, dir); err != nil {
			t.Fatal(err)
		}
		units, err := l.model.AddUnits(c.Name, 1)
		if err != nil {
			t.Fatal(err)
		}
		l.agents.Add(units[0], 0)
	}
}

// snapshot is a life as it stands.
type snapshot struct {
	data          string
	model, agents []byte
}

func (l *life) snapshot(t *testing.T) *snapshot {
	t.Helper()
	m, err := json.Marshal(l.model)
	if err != nil {
		t.Fatal(err)
	}
	agents, err := json.Marshal(l.agents)
	if err != nil {
		t.Fatal(err)
	}
	return &snapshot{l.data, m, agents}
}

// goOn begins where another life stands.
func (l *life) goOn(t *testing.T) {
	t.Helper()
	var err error
	if l.model, err = model.Load(l.from.model); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(l.from.agents, &l.agents); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(l.data, os.DirFS(l.from.data)); err != nil {
		t.Fatal(err)
	}
}

// runner runs real processes, and strikes each hook once.
type runner struct {
	*uniter.Processes
	life *life
}

// Run is a hook's first try, with what is to go wrong, or the second one.
func (r runner) Run(run uniter.Run) uniter.Outcome {
	l, unit := r.life, run.Context.Info().Unit
	if l.only != "" && model.AppOf(unit) != l.only {
		return r.Processes.Run(run)
	}
	if l.refuse && !l.calm {
		l.refuseNext(unit)
		return r.Processes.Run(run)
	}
	again := l.struck[unit]
	l.struck[unit] = false
	if !again && l.k > 0 {
		run.Before = func(k int, _ []string) agent.Fault {
			if k != l.k {
				return agent.NoFault
			}
			l.struck[unit] = true
			l.strikes++
			return l.fault
		}
	}
	out := r.Processes.Run(run)
	if out.Err == nil {
		l.struck[unit] = false // it could do without that call
	}
	return out
}

// refuseNext refuses the commit of the hook that is about to run, unless that of its first try was refused. A first try
// that has nothing to commit leaves the refusal to the next hook.
func (l *life) refuseNext(unit string) {
	u := l.model.Units[unit]
	if l.struck[unit] && !u.RefuseCommit {
		l.struck[unit] = false
		l.strikes++
		return
	}
	l.struck[unit], u.RefuseCommit = true, true
}

// rest writes down all that is there at rest: the files that the charms have made, the charms' state and statuses, and
// the bags. What is random is numbered in order of appearance: the same token has the same number wherever it stands.
func (l *life) rest(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, unit := range slices.Sorted(maps.Keys(l.model.Units)) {
		u := l.model.Units[unit]
		fmt.Fprintf(&b, "%s %s %q %s\n", unit, u.Workload.Current.Status, u.Workload.Current.Message, u.Agent.Status)
		charm := filepath.Join(l.data, l.model.Apps[model.AppOf(unit)].CharmDir)
		made(t, &b, filepath.Join(l.data, "agents", model.Tag(unit), "charm"), charm)
		state := maps.Clone(u.CharmState)
		delete(state, kept.JournalKey) // which has the runs that failed, too
		lines(&b, state)
	}
	for _, id := range slices.Sorted(maps.Keys(l.model.Relations)) {
		for _, side := range l.model.Relations[id].Sides {
			for _, unit := range slices.Sorted(maps.Keys(side.Units)) {
				fmt.Fprintf(&b, "bag of %s\n", unit)
				lines(&b, side.Units[unit].Settings)
			}
		}
	}
	for _, id := range l.model.SecretOrder {
		s := l.model.Secrets[id]
		fmt.Fprintf(&b, "secret %s of %s %q %q granted %v\n", id, s.Owner, s.Label, s.Description, s.Grants)
		for _, r := range s.Revisions {
			fmt.Fprintf(&b, "revision %d\n", r.Number)
			content, err := oracle.Opened(r)
			if err != nil {
				t.Fatal(err)
			}
			lines(&b, content)
		}
	}
	names := map[string]string{}
	random := regexp.MustCompile(`[0-9a-f]{32}|kubernetes-[0-9a-z]{32}|\bseed=\S{44}|\b[0-9a-v]{20}\b|[0-9A-Za-z_-]{43}|\b[A-Z2-7]{26}\b`)
	return random.ReplaceAllStringFunc(strings.ReplaceAll(b.String(), l.data, "DATA"), func(random string) string {
		if names[random] == "" {
			names[random] = fmt.Sprintf("<random %d>", len(names))
		}
		return names[random]
	})
}

func lines(b *strings.Builder, of map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(of)) {
		fmt.Fprintf(b, "\t%s=%s\n", key, of[key])
	}
}

// made writes down the files in a unit's charm directory that the charm did not come with.
func made(t *testing.T, b *strings.Builder, dir, charm string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if _, err := os.Lstat(filepath.Join(charm, rel)); err == nil {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		fmt.Fprintf(b, "\tfile %s %s: %s", rel, info.Mode(), text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
