package uniter

import (
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/tools"
)

// readOne is a Runner without processes: the changed hook makes one relation-get, all others nothing.
type readOne struct{}

func (readOne) Unpack(string, string, string) error  { return nil }
func (readOne) Forget(string)                        {}
func (readOne) Find(_, name string) (Program, error) { return Program{Path: name}, nil }
func (readOne) Run(r Run) (out Outcome) {
	if info := r.Context.Info(); info.Name == "web-relation-changed" {
		out.Code = r.Context.Call(tools.Request{Name: "relation-get", Args: []string{"k"}, Dir: "/"}).Code
	}
	return out
}

// star is one unit db/0 related to so many of web, settled.
func star(tb testing.TB, webs int) *Uniter {
	tb.Helper()
	m := model.New("", 1)
	u := &Uniter{Model: m, Agents: State{}, Runner: readOne{}}
	for app, end := range map[string]model.Endpoint{"db": {Role: model.Provider, Interface: "http"}, "web": {Role: model.Requirer, Interface: "http"}} {
		name := map[string]string{"db": "web", "web": "db"}[app]
		if _, err := m.Deploy(app, &model.Charm{Name: app, Endpoints: map[string]model.Endpoint{name: end}}, app); err != nil {
			tb.Fatal(err)
		}
	}
	if _, err := m.Integrate("db", "web"); err != nil {
		tb.Fatal(err)
	}
	for app, n := range map[string]int{"db": 1, "web": webs} {
		units, err := m.AddUnits(app, n)
		if err != nil {
			tb.Fatal(err)
		}
		for _, unit := range units {
			u.Agents.Add(unit, 0)
		}
	}
	if err := u.Settle(Limits{}); err != nil {
		tb.Fatal(err)
	}
	return u
}

// changed lets a unit of web write, and db/0 see it: one changed hook.
func changed(tb testing.TB, u *Uniter, round int) {
	web := fmt.Sprintf("web/%d", round%(len(u.Agents)-1))
	if err := u.Model.Commit(web, agent.Changes{Units: map[int]agent.Settings{0: {"k": fmt.Sprint(round)}}}); err != nil {
		tb.Fatal(err)
	}
	if more, program := u.step(u.Agents["db/0"]); !more || !program {
		tb.Fatal("no hook has run")
	}
	if more, _ := u.step(u.Agents["db/0"]); more {
		tb.Fatal("a second hook has run")
	}
	u.Model.TakeLogs()
	u.Model.TakeDirty()
}

// cpu is the process's user and system time.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkChangedHook reports the CPU, user and system, of one changed hook that reads one key, without its process, on
// a unit related to 10, 100 and 1,000 others: the median of 20 rounds. "ratio" is 1,000 to 10.
func BenchmarkChangedHook(b *testing.B) {
	const rounds, hooks = 20, 200
	medians := map[int]time.Duration{}
	for _, units := range []int{10, 100, 1000} {
		u := star(b, units)
		for i := range hooks { // to warm up
			changed(b, u, rounds*hooks+i)
		}
		var took []time.Duration
		for round := range rounds {
			runtime.GC()
			start := cpu(b)
			for i := range hooks {
				changed(b, u, round*hooks+i)
			}
			took = append(took, (cpu(b)-start)/hooks)
		}
		slices.Sort(took)
		medians[units] = took[rounds/2]
		b.ReportMetric(float64(medians[units].Nanoseconds())/1000, fmt.Sprintf("us-cpu/hook-at-%d", units))
	}
	b.ReportMetric(float64(medians[1000])/float64(medians[10]), "ratio")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkMemory reports what a settled model of 5,000 units and its agents hold.
func BenchmarkMemory(b *testing.B) {
	held := func() uint64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	before := held()
	u := star(b, 4999)
	b.ReportMetric(float64(held()-before)/1e6, "MB-at-5000-units")
	b.ReportMetric(0, "ns/op")
	runtime.KeepAlive(u)
}

func TestAStepLooksOnlyAtWhatHasChanged(t *testing.T) {
	t.Parallel()
	u := star(t, 300)
	db := u.Agents["db/0"].Relations[0]
	if len(db.todo) != 0 {
		t.Errorf("when all is settled %d units are to be looked at", len(db.todo))
	}
	members := db.members()
	if len(members) != 300 || !slices.IsSorted(members) {
		t.Fatalf("%d members, sorted %t", len(members), slices.IsSorted(members))
	}
	for round := range 3 {
		changed(t, u, round)
		if len(db.todo) != 0 || &db.members()[0] != &members[0] {
			t.Errorf("a changed hook leaves %d units to be looked at, or has copied the members", len(db.todo))
		}
	}
	if err := u.Model.Commit("web/7", agent.Changes{Units: map[int]agent.Settings{0: {"k": "v"}}}); err != nil {
		t.Fatal(err)
	}
	if h, ok := u.next(u.Agents["db/0"]); !ok || h.RemoteUnit != "web/7" || len(db.todo) != 1 {
		t.Errorf("the next hook is %+v, after looking at %d units", h, len(db.todo))
	}
}

// TestAHookAllocatesTheSameInALargeModel has a secret for each unit, too. It is not parallel: it counts the allocations of the whole process.
func TestAHookAllocatesTheSameInALargeModel(t *testing.T) {
	round := 0
	allocations := map[int]float64{}
	for _, units := range []int{10, 300} {
		u := star(t, units)
		for range units {
			secret := agent.SecretCreate{ID: u.Model.ReserveSecret(), Owner: "db", SecretUpdate: agent.SecretUpdate{Content: agent.SecretContent{"token": "YQ=="}}}
			if err := u.Model.Commit("db/0", agent.Changes{Secrets: agent.SecretChanges{Create: []agent.SecretCreate{secret}}}); err != nil {
				t.Fatal(err)
			}
		}
		allocations[units] = testing.AllocsPerRun(50, func() {
			changed(t, u, round)
			round++
		})
	}
	if small, large := allocations[10], allocations[300]; large > small+5 {
		t.Errorf("a changed hook makes %v allocations among 10 units, %v among 300", small, large)
	}
}
