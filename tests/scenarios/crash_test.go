package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
	"github.com/kube-control/kube-control/tests/cluster"
)

// TestS8CrashesOfAClusterHeal lives the life of two masters and two workers, time and again. In each life every hook of one
// application is killed at its k-th tool call, or its commit is refused. Then it runs again, or is taken as done with
// resolve --no-retry. In the end all is as after an undisturbed life. It tries every fifth k on one
// version of Juju, or with SWEEP=all each one on it and every fifth on two others.
func TestS8CrashesOfAClusterHeal(t *testing.T) {
	t.Parallel()
	for _, juju := range []string{"3.6.1", "2.9.51", "4.0.1"}[:size(1, 3)] {
		t.Run(juju, func(t *testing.T) {
			t.Parallel()
			undisturbed := crash{juju: juju}
			want := undisturbed.live(t)
			for app, longest := range undisturbed.longest {
				for _, skip := range []bool{false, true} {
					crashes(t, want, longest, crash{juju: juju, app: app, skip: skip})
				}
			}
		})
	}
}

// crashes lives a life with a refusal of each commit, and one with a kill at each tool call.
func crashes(t *testing.T, want string, longest int, like crash) {
	t.Helper()
	refused := like
	refused.refuse = true
	lives := []crash{refused}
	step := 5
	if like.juju == "3.6.1" {
		step = size(5, 1)
	}
	for k := 1; k <= longest; k += step {
		l := like
		l.k = k
		lives = append(lives, l)
	}
	for _, l := range lives {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, l.live(t)); diff != "" {
				t.Errorf("differs from an undisturbed life:\n%s", diff)
			}
			if l.strikes == 0 {
				t.Error("nothing went wrong, so nothing was tested")
			}
		})
	}
}

// crash is a life, and what goes wrong in it with each hook of an application at its first try.
type crash struct {
	*cluster.Cluster
	juju   string
	app    string
	k      int  // the tool call at which the hook is killed; 0: none
	refuse bool // refuse the commit
	skip   bool // resolve without a retry

	again   map[string]bool // units whose next hook is one that was struck
	strikes int
	longest map[string]int // by application: the tool calls of the longest hook
}

func (l *crash) String() string {
	how := fmt.Sprintf("kill at call %d", l.k)
	if l.refuse {
		how = "refuse each commit"
	}
	if l.skip {
		how += ", then skip"
	}
	return l.app + ": " + how
}

// Run is a hook's first try, with what is to go wrong, or a later one.
func (l *crash) Run(run uniter.Run) uniter.Outcome {
	info := run.Context.Info()
	unit, hook := info.Unit, info.Action == nil
	if hook && model.AppOf(unit) == l.app && !l.again[unit] {
		switch {
		case l.refuse:
			l.Model.Units[unit].RefuseCommit = true
		case l.k > 0:
			run.Before = func(k int, _ []string) agent.Fault {
				if k != l.k {
					return agent.NoFault
				}
				l.strikes++
				l.again[unit] = !l.skip
				l.Agents[unit].Down = l.skip // its agent dies too, so that the hook does not run again by itself
				return agent.KillHook
			}
		}
	} else if hook {
		l.again[unit] = false
	}
	out := l.Cluster.Run(run)
	if hook {
		app := model.AppOf(unit)
		l.longest[app] = max(l.longest[app], len(run.Context.Calls()))
	}
	return out
}

// settle runs all hooks, and resolves those that were struck.
func (l *crash) settle(t *testing.T) {
	t.Helper()
	for range 1000 {
		err := l.Settle(uniter.Limits{})
		struck := false
		for _, unit := range slices.Sorted(maps.Keys(l.Agents)) {
			a := l.Agents[unit]
			if a.Down {
				if err := l.Start(unit); err != nil {
					t.Fatal(err)
				}
			}
			if !a.Failed {
				continue
			}
			struck = true
			l.again[unit] = !l.skip
			if l.refuse {
				l.strikes++
			}
			if err := l.Resolve(unit, l.skip); err != nil {
				t.Fatal(err)
			}
		}
		if err == nil && !struck {
			return
		}
	}
	t.Fatal("the units do not come to rest")
}

// live lives the life, and gives what is there in the end.
func (l *crash) live(t *testing.T) string {
	t.Helper()
	l.Cluster, l.again, l.longest = cluster.New(t, l.juju, 8), map[string]bool{}, map[string]int{}
	l.Runner = l
	l.Deploy(t, cluster.Masters, "master", 2, nil)
	l.Deploy(t, workers, "worker", 3, map[string]string{"ca-file": "ca.crt"})
	l.Relate(t, workers)
	l.settle(t)
	act := func(params map[string]any) {
		// The action fails where the leader has not signed yet.
		if _, err := l.Action(l.Leader(cluster.Masters), "rotate-credentials", params, 1); err != nil {
			t.Fatal(err)
		}
		l.settle(t)
	}
	act(map[string]any{"unit": workers + "/0"})
	act(map[string]any{"finish": true})
	if err := l.Model.RemoveUnit(workers + "/1"); err != nil {
		t.Fatal(err)
	}
	l.settle(t)
	if err := l.Model.SetLeader(cluster.Masters, cluster.Masters+"/1"); err != nil {
		t.Fatal(err)
	}
	l.settle(t)
	l.app = "" // nothing is struck any more
	for _, unit := range l.Model.Apps[cluster.Masters].Units {
		l.Model.Units[unit].RefuseCommit = false
	}
	for _, unit := range l.Model.Apps[workers].Units {
		l.Model.Units[unit].RefuseCommit = false
	}
	for range 3 {
		l.UpdateStatus(t)
	}
	if err := l.Model.SetLeader(cluster.Masters, cluster.Masters+"/0"); err != nil { // so that both have led undisturbed
		t.Fatal(err)
	}
	l.UpdateStatus(t)
	l.UpdateStatus(t)
	l.Runs = slices.DeleteFunc(l.Runs, func(run uniter.Trace) bool { return run.Name == "rotate-credentials" })
	l.Oracle(t)
	for _, unit := range l.Model.Apps[cluster.Masters].Units {
		l.On(t, unit, "bin/kube-control flush-departed")
	}
	return picture(t, l.Cluster) + leftovers(t, l.Cluster)
}

// leftovers are the secrets that there are, and the files, of which none may be empty.
func leftovers(t *testing.T, c *cluster.Cluster) string {
	t.Helper()
	var labels []string
	for _, secret := range c.Model.Secrets {
		labels = append(labels, fmt.Sprintf("secret %s of %s, %d revisions", secret.Label, secret.Owner, len(secret.Revisions)))
	}
	slices.Sort(labels)
	files, err := c.AtRest().Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasSuffix(name, " .kube-control-grants") { // a note of grants that a killed hook has tried
			labels = append(labels, "file "+name)
		}
		if strings.Contains(files[name], " 0 -") {
			t.Errorf("%s is empty: %s", name, files[name])
		}
	}
	return strings.Join(labels, "\n")
}
