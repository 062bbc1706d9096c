package stories

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// askingWorker is a worker's charm that does no more than to ask: what a big model costs is to be the master's work.
var askingWorker = [...]struct{ name, text string }{
	{"metadata.yaml", "name: kube-control-worker\nsummary: s\ndescription: d\nrequires:\n  kube-control: {interface: kube-control}\n"},
	{"hooks/kube-control-relation-created", "#!/bin/sh\nexec relation-set kubelet_user=system:node:${JUJU_UNIT_NAME#*/} auth_group=system:nodes\n"},
}

// TestINV19ManyWorkersCostWhatFewDo deploys 5 workers and 60, or 500 with SWEEP=all, and counts the tool calls of the master's hooks: they are
// the same, handlers included, but for the bags that update-status reads again. A hook in which nothing has changed
// makes 10 at most, and writes nothing. However many tokens are signed at once, they are one write, and none is on a
// command line.
func TestINV19ManyWorkersCostWhatFewDo(t *testing.T) {
	t.Parallel()
	n := 60
	if os.Getenv("SWEEP") == "all" {
		n = 500
	}
	few, many := deployMany(t, 5), deployMany(t, n)
	if diff := cmp.Diff(few, many); diff != "" {
		t.Errorf("tool calls of the master's hooks with 5 workers (-) and %d (+):\n%s", n, diff)
	}
	for hook, calls := range many {
		if strings.HasPrefix(hook, "idle ") && calls > 10 {
			t.Errorf("%s: %d tool calls", hook, calls)
		}
	}
}

// deployMany deploys a master and n workers, and counts the tool calls of its hooks; update-status without the bags of
// workers.
func deployMany(t *testing.T, n int) map[string]int {
	t.Helper()
	dir := t.TempDir()
	if err := charm("shell-master", filepath.Join(dir, "master"), ""); err != nil {
		t.Fatal(err)
	}
	for _, f := range askingWorker {
		name := filepath.Join(dir, "worker", f.name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(f.text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	m := scaled{t, filepath.Join(dir, "juju")}
	m.jujusim("deploy", filepath.Join(dir, "master"))
	m.jujusim("deploy", filepath.Join(dir, "worker"), "-n", fmt.Sprint(n))
	m.jujusim("leader", masterApp, "") // all workers join and ask before anybody may sign
	m.jujusim("integrate", masterApp, workerApp)
	m.jujusim("settle")
	counts := map[string]int{}
	for _, run := range m.runs("leader", masterApp, masterApp+"/0") {
		counts["all requests at once: "+run.Hook] = len(run.Calls)
	}
	t.Logf("deploying %d workers took %s", n, time.Since(start).Round(time.Second))
	m.healthy(n)
	for _, run := range m.runs("add-unit", workerApp) {
		counts["new worker: "+run.Hook] = len(run.Calls)
	}
	for _, run := range m.runs("exec", "--unit", workerApp+"/0", "--", "relation-set -r kube-control:0 other=1") {
		counts["idle "+run.Hook] = len(run.Calls)
		m.idle(run)
	}
	for _, run := range m.runs("remove-unit", workerApp+"/1") {
		counts[run.Hook] = len(run.Calls)
	}
	for _, run := range m.runs("refresh", masterApp, filepath.Join(dir, "master")) {
		if run.Hook == "config-changed" { // upgrade-charm comes first, and reads all
			counts["idle "+run.Hook] = len(run.Calls)
		}
		m.idle(run)
	}
	for _, run := range m.runs("update-status", masterApp+"/0") {
		bags := slices.DeleteFunc(slices.Clone(run.Calls), func(c call) bool {
			return c.Tool != "relation-get" || !strings.HasPrefix(c.Argv[len(c.Argv)-1], workerApp)
		})
		if len(bags) != min(n, 16) {
			t.Errorf("update-status with %d workers reads %d bags", n, len(bags))
		}
		counts["idle "+run.Hook] = len(run.Calls) - len(bags)
		m.idle(run)
	}
	if len(counts) != 7 {
		t.Errorf("hooks that ran: %v", counts)
	}
	m.signAll(n)
	return counts
}

// scaled is a model in a data directory.
type scaled struct {
	t    *testing.T
	data string
}

func (m scaled) jujusim(args ...string) {
	m.t.Helper()
	cmd := exec.Command("jujusim", append([]string{"--seed", "7", "--data", m.data}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("jujusim %s: %v\n%s", args[0], err, out)
	}
}

// runs lists what the master runs because of a verb.
func (m scaled) runs(verb ...string) []traced {
	m.t.Helper()
	before := len(m.trace())
	m.jujusim(verb...)
	m.jujusim("settle")
	return m.trace()[before:]
}

func (m scaled) trace() []traced {
	m.t.Helper()
	runs, err := readTrace(m.data, masterApp+"/0")
	if err != nil {
		m.t.Fatal(err)
	}
	return runs
}

// idle fails if a hook has written anything.
func (m scaled) idle(run traced) {
	m.t.Helper()
	if i := slices.IndexFunc(run.Calls, call.writes); i >= 0 {
		m.t.Errorf("idle %s wrote: %s %q", run.Hook, run.Calls[i].Tool, run.Calls[i].Argv)
	}
}

// healthy fails unless each of n workers, and nobody else, has its credentials. It returns them.
func (m scaled) healthy(n int) []entry {
	m.t.Helper()
	model, err := readModel(m.data)
	if err != nil {
		m.t.Fatal(err)
	}
	if err := check(model); err != nil {
		m.t.Error(err)
	}
	entries, err := wire(model)
	if err != nil || len(entries) != n {
		m.t.Errorf("%d credentials for %d workers, %v", len(entries), n, err)
	}
	return entries
}

// signAll gives all workers new tokens at once, and looks at how every write of the model's life was made.
func (m scaled) signAll(n int) {
	m.t.Helper()
	type signature struct {
		Scope string `json:"scope"`
		Token string `json:"kubelet_token"`
	}
	var batch []signature
	for _, e := range m.healthy(n) {
		batch = append(batch, signature{e.Scope, "new-" + e.Scope})
	}
	text, err := json.Marshal(batch)
	if err != nil {
		m.t.Fatal(err)
	}
	file := filepath.Join(m.data, "batch.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		m.t.Fatal(err)
	}
	runs := m.runs("exec", "--unit", masterApp+"/0", "--", "bin/kube-control sign-auth-request --batch <"+file)
	sets := 0
	for _, c := range runs[0].Calls {
		if c.Tool == "relation-set" {
			sets++
		}
	}
	if sets != 1 {
		m.t.Errorf("%d credentials were signed in %d writes", n, sets)
	}
	for _, e := range m.healthy(n) {
		if e.Kubelet != "new-"+e.Scope {
			m.t.Errorf("%s holds the token %q", e.Scope, e.Kubelet)
		}
	}
	want := []string{"-r", "kube-control:0", "--file", "-"}
	for _, run := range m.trace() {
		for _, c := range run.Calls {
			if c.Tool == "relation-set" && !slices.Equal(c.Argv, want) {
				m.t.Errorf("%s: relation-set %q", run.Hook, c.Argv)
			}
		}
	}
}
