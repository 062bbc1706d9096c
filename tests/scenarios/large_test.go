package scenarios

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
	"github.com/kube-control/kube-control/tests/cluster"
	"github.com/kube-control/kube-control/tests/oracle"
	"github.com/kube-control/kube-control/tests/world"
)

// size is the size of a scenario: the smaller one, or with SWEEP=all, as .ci/run sets, the full one.
func size(small, full int) int {
	if os.Getenv("SWEEP") == "all" {
		return full
	}
	return small
}

// threeApps are the applications of workers in large models.
func threeApps() []string { return []string{"blue", "green", "red"} }

// TestS5ManyWorkers lets 60 ready workers, or 999 with SWEEP=all, join three masters in one burst, beside a tenth that sends
// garbage. Then another master leads, and a fifth of the workers leaves.
func TestS5ManyWorkers(t *testing.T) {
	t.Parallel()
	each := size(20, 333)
	c := cluster.New(t, "3.6.1", 5)
	wantFrugal(t, c)
	c.Deploy(t, cluster.Masters, "master", 3, nil)
	for _, app := range threeApps() {
		c.Deploy(t, app, "worker", each, nil)
	}
	c.Rest(t, 0)
	installed := len(c.Runs)
	var liars []string
	for i, app := range threeApps() {
		r := c.Relate(t, app)
		units, err := c.Model.AddUnits(app, each/9+1) // without an agent
		if err != nil {
			t.Fatal(err)
		}
		for j, unit := range units {
			enter(t, c, r, unit, garbage(i+j))
		}
		liars = append(liars, units...)
	}
	c.Rest(t, 0)
	honest := 3 * each
	if hooks := len(c.Runs) - installed; hooks > 30*honest {
		t.Errorf("%d workers join in %d hooks", honest, hooks)
	}
	wantLinear(t, c)
	c.Oracle(t, liars...)

	if err := c.Model.SetLeader(cluster.Masters, cluster.Masters+"/1"); err != nil {
		t.Fatal(err)
	}
	ran := len(c.Runs)
	c.Rest(t, 0)
	if hooks := len(c.Runs) - ran; hooks > 4*honest+50 {
		t.Errorf("a change of leader takes %d hooks with %d workers", hooks, honest)
	}
	for _, app := range threeApps() {
		for _, unit := range c.Model.Apps[app].Units[:each/5] {
			if err := c.Model.RemoveUnit(unit); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.Rest(t, 0)
	for range 3 {
		c.UpdateStatus(t)
	}
	wantLinear(t, c)
	c.Oracle(t, liars...)
	report(t, c)
}

// garbage is what a broken or hostile worker writes.
func garbage(i int) agent.Settings {
	kinds := []agent.Settings{
		{"kubelet_user": "system:node:\x00\x1b[2J", "auth_group": "system:nodes"},
		{"kubelet_user": "admin", "auth_group": "system:masters", "creds": `{"admin": {"scope": "blue/0", "client_token": "stolen"}}`},
		{"kubelet_user": strings.Repeat("x", 60<<10), "auth_group": "system:nodes", "schema_vers": strings.Repeat("[", 4000)},
		{"kubelet_user": "a,b\n\"c\"", "auth_group": "d,e", "gpu": "maybe", "schema_vers": "[1e9]"},
	}
	return kinds[i%len(kinds)]
}

// enter lets a unit without an agent enter a relation and write its bag.
func enter(t *testing.T, c *cluster.Cluster, r *model.Relation, unit string, bag agent.Settings) {
	t.Helper()
	c.Model.EnterScope(r.ID, unit)
	if err := c.Model.Commit(unit, agent.Changes{Units: map[int]agent.Settings{r.ID: bag}}); err != nil {
		t.Fatal(err)
	}
}

// wantFrugal wants each hook from now on to write each key of a relation at most once, and no argument to be above 64 KiB. It keeps
// the traces without what was written, which is large.
func wantFrugal(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	c.Trace = func(run uniter.Trace) {
		written := map[string]int{}
		for i, call := range run.Calls {
			var set map[string]string
			if call.Argv[0] == "relation-set" && json.Unmarshal(call.Stdin, &set) != nil {
				t.Errorf("%s of %s: %q writes %q", run.Name, run.Unit, call.Argv, call.Stdin)
			}
			for key, value := range set {
				if value != "{}" { // the hook that signs a relation's first worker writes empty creds before
					written[strings.Join(call.Argv, " ")+" "+key]++
				}
			}
			for _, word := range call.Argv {
				if len(word) > 64<<10 {
					t.Errorf("%s of %s: %s has an argument of %d bytes", run.Name, run.Unit, call.Argv[0], len(word))
				}
			}
			run.Calls[i].Stdin = nil
		}
		for set, n := range written {
			if n > 1 {
				t.Errorf("%s of %s: %s is written %d times", run.Name, run.Unit, set, n)
			}
		}
		run.Bags, run.State, run.Secrets = nil, uniter.BagChange{}, agent.SecretChanges{}
		c.Runs = append(c.Runs, run)
	}
}

// wantLinear wants the tool calls to be linear in the hooks.
func wantLinear(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	calls := 0
	for _, run := range c.Runs {
		calls += len(run.Calls)
	}
	if calls > 14*len(c.Runs) {
		t.Errorf("%d hooks make %d tool calls", len(c.Runs), calls)
	}
}

// report logs what the life has cost.
func report(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	calls := 0
	for _, run := range c.Runs {
		calls += len(run.Calls)
	}
	n := len(c.Runs)
	t.Logf("%d runs with %d tool calls, %d µs of CPU each, %d MiB of memory at most", n, calls, c.Own.Microseconds()/int64(n), cluster.PeakMemory()>>20)
}

// TestS5FiveThousandWorkers prepares a model of 600 workers, or 5,000 with SWEEP=all, that are members without an agent and
// are signed in one hook. Ten ready workers join and two leave, with as many tool calls as in a small model. Then another
// master leads.
func TestS5FiveThousandWorkers(t *testing.T) {
	t.Parallel()
	c, prepared := prepare(t, size(600, 4998)/3)
	var joined []string
	for i := range 10 {
		joined = append(joined, c.Add(t, threeApps()[i%3], 1)...)
	}
	c.Rest(t, 0)
	wantCalls(t, c, "ten workers join", 250, 14*250)
	if err := c.Model.RemoveUnit(joined[0]); err != nil {
		t.Fatal(err)
	}
	c.Model.FinishRemoval(prepared[1])
	c.Rest(t, 0)
	wantCalls(t, c, "two workers leave", 40, 14*40)
	if err := c.Model.SetLeader(cluster.Masters, cluster.Masters+"/1"); err != nil {
		t.Fatal(err)
	}
	c.Rest(t, 0)
	wantCalls(t, c, "another master leads", 40, 14*40+2*len(prepared)) // it looks at each secret, and at its grants
	for range 3 {
		c.UpdateStatus(t)
	}
	c.Oracle(t, prepared...)
	if entries := published(t, c); entries != len(prepared)-1+len(joined)-1 {
		t.Errorf("%d credentials are published for %d workers", entries, len(prepared)+len(joined)-2)
	}
	report(t, c)
}

// prepare makes a model of three masters at rest, with so many signed members of each application of workers.
func prepare(t *testing.T, each int) (c *cluster.Cluster, prepared []string) {
	t.Helper()
	c = cluster.New(t, "3.6.1", 5)
	wantFrugal(t, c)
	c.Deploy(t, cluster.Masters, "master", 3, nil)
	for _, app := range threeApps() {
		c.Deploy(t, app, "worker", 0, nil)
		c.Relate(t, app)
	}
	c.Rest(t, 0)
	for _, app := range threeApps() {
		units, err := c.Model.AddUnits(app, each)
		if err != nil {
			t.Fatal(err)
		}
		r := c.Model.RelationsOf(app)[0]
		for _, unit := range units {
			enter(t, c, r, unit, world.Asking("system:node:"+strings.ReplaceAll(unit, "/", "-"), "system:nodes", true))
			for _, master := range c.Model.Apps[cluster.Masters].Units {
				c.Agents[master].Relations[r.ID].Members[unit] = r.Side(app).Units[unit].Version
			}
		}
		prepared = append(prepared, units...)
	}
	memory, err := json.Marshal(c.Agents)
	if err != nil {
		t.Fatal(err)
	}
	c.Agents = uniter.State{}
	if err := json.Unmarshal(memory, &c.Agents); err != nil {
		t.Fatal(err)
	}
	masters := c.Model.Apps[cluster.Masters]
	if err := c.Model.Refresh(cluster.Masters, masters.Charm, masters.CharmDir); err != nil { // its hook reads all
		t.Fatal(err)
	}
	c.Rest(t, 0)
	if entries := published(t, c); entries != len(prepared) {
		t.Fatalf("%d of %d prepared workers are signed", entries, len(prepared))
	}
	report(t, c)
	c.Runs = nil
	return c, prepared
}

// wantCalls wants what has run since to be so many hooks with so many tool calls, at most.
func wantCalls(t *testing.T, c *cluster.Cluster, what string, hooks, calls int) {
	t.Helper()
	made := 0
	for _, run := range c.Runs {
		made += len(run.Calls)
	}
	t.Logf("%s: %d hooks, %d tool calls", what, len(c.Runs), made)
	if len(c.Runs) > hooks || made > calls {
		t.Errorf("%s: %d hooks with %d tool calls, more than %d with %d", what, len(c.Runs), made, hooks, calls)
	}
	c.Runs = nil
}

// published counts the credentials on the wire.
func published(t *testing.T, c *cluster.Cluster) int {
	t.Helper()
	n := 0
	for _, app := range threeApps() {
		masters, _ := oracle.Sides(c.Model.RelationsOf(app)[0])
		for _, unit := range oracle.Present(masters) {
			var creds map[string]any
			if text := masters.Units[unit].Settings["creds"]; text == "" {
				continue
			} else if err := json.Unmarshal([]byte(text), &creds); err != nil {
				t.Fatal(fmt.Errorf("creds of %s: %w", unit, err))
			}
			n += len(creds)
		}
	}
	return n
}
