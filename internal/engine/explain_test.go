package engine_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/explain"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// TestExplainRandomHistories holds the explanation of each step of many random lives against what must always be so: its
// flags are the flags, each problem says what to do, no token and no long text of a peer is in it.
func TestExplainRandomHistories(t *testing.T) {
	t.Parallel()
	for seed := range uint64(histories) {
		m := newModel(seed)
		for n := range steps {
			if problem := m.step(m.next()); problem != "" {
				t.Fatalf("seed %d, step %d: %s", seed, n, problem)
			}
			ev := engine.LookAt{Unit: pick[kubecontrol.Unit](m, "", "kw/0", "kw/1", "kcp/0")}
			v := m.view(ev, false)
			x := explain.Explain(explain.Input{State: m.state, View: v, Unit: ev.Unit, Operated: n%2 == 0})
			if problem := explained(x, engine.Ask(m.state, m.view(engine.Look{}, false), engine.Policy{})); problem != "" {
				t.Fatalf("seed %d, step %d: %s", seed, n, problem)
			}
		}
	}
}

func explained(x explain.Report, a engine.Facts) string {
	text, err := json.Marshal(x)
	if err != nil || strings.Contains(string(text), "SECRET") {
		return fmt.Sprintf("INV-14: %v: %s", err, text)
	}
	for _, e := range x.Endpoints {
		for _, f := range e.Flags {
			if f.Set != a.Flags().Has(f.Name) || f.Rule == "" || f.Because == "" {
				return fmt.Sprintf("%+v is not what the flag is", f)
			}
		}
		for _, p := range e.Problems {
			if p.Cause == "" || p.Text == "" || p.Next == "" {
				return fmt.Sprintf("%+v says too little", p)
			}
		}
		for _, u := range e.Units {
			if u.State == "" || u.Text == "" || len(u.User) > 70 || len(u.Group) > 70 {
				return fmt.Sprintf("%+v says too little or too much", u)
			}
		}
	}
	return ""
}
