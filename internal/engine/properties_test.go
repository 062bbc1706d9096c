package engine_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

const (
	shards    = 8
	histories = 200 // in each shard
	steps     = 12
)

// TestRandomHistories holds each step of many random lives of one unit against what must always be so.
func TestRandomHistories(t *testing.T) {
	t.Parallel()
	for shard := range shards {
		t.Run(fmt.Sprint(shard), func(t *testing.T) {
			t.Parallel()
			for i := range histories {
				seed := uint64(shard*histories + i)
				m := newModel(seed)
				for n := range steps {
					ev := m.next()
					if problem := m.step(ev); problem != "" {
						t.Fatalf("seed %d, step %d, %T%+v: %s", seed, n, ev, ev, problem)
					}
				}
			}
		})
	}
}

// step evaluates and applies one event, and says what is wrong with it.
func (m *model) step(ev engine.Event) string {
	v := m.view(ev, false)
	decisions, err := engine.Evaluate(m.state, ev, v, engine.Policy{})
	if len(decisions) > 0 && rank(decisions[0]) == 0 { // secrets are to be made first
		if shown := fmt.Sprint(decisions); strings.Contains(shown, "SECRET") {
			return "INV-14: a token is shown: " + shown
		}
		if m.dying || !m.leader || !m.juju3 {
			return "a secret is made where none can be: " + fmt.Sprint(decisions)
		}
		for _, d := range decisions {
			added := d.(engine.AddSecret)
			m.made++
			m.own[added.Label] = &engine.OwnSecret{ID: fmt.Sprintf("%020d", 100+m.made), Content: added.Content}
			v = v.WithSecret(added, m.own[added.Label].ID)
		}
		decisions, err = engine.Evaluate(m.state, ev, v, engine.Policy{})
	}
	if again, err2 := engine.Evaluate(m.state, ev, shuffled(m, v), engine.Policy{}); !reflect.DeepEqual(decisions, again) || fmt.Sprint(err) != fmt.Sprint(err2) {
		return fmt.Sprintf("the order of the view matters:\n%v %v\n%v %v", decisions, err, again, err2)
	}
	if shown := fmt.Sprint(decisions, err, kept(decisions)); strings.Contains(shown, "SECRET") {
		return "INV-14: a token is shown: " + shown
	}
	departed := maps.Clone(m.state.Departed)
	wire := m.published()
	m.apply(decisions)
	if err != nil {
		return "" // nothing was done
	}
	if problem := m.check(decisions); problem != "" {
		return problem
	}
	hook, _ := ev.(engine.Hook)
	if hook.Departing == self && (wire != m.published() || !maps.EqualFunc(departed, m.state.Departed, slices.Equal)) {
		return "INV-8: our own death drops something"
	}
	if _, flush := ev.(engine.FlushDeparted); !flush { // a flush leaves who was found missing in its own run
		again, err := engine.Evaluate(m.state, ev, v.Apply(decisions), engine.Policy{})
		if more := slices.DeleteFunc(again, isNote); err != nil || len(more) > 0 {
			return fmt.Sprintf("a second evaluation decides %v, %v", more, err)
		}
	}
	if m.rng.IntN(4) == 0 {
		return m.recomputed()
	}
	return ""
}

// check looks at the world after the event.
func (m *model) check(decisions []engine.Decision) string {
	for i, d := range decisions {
		if i > 0 && rank(d) < rank(decisions[i-1]) {
			return fmt.Sprintf("%s comes after %s", d, decisions[i-1])
		}
	}
	for _, r := range m.relations {
		creds, _ := kubecontrol.DecodeCreds(r.local[kubecontrol.KeyCreds])
		if m.role(r) == kubecontrol.Worker || r.forgotten || m.dying {
			continue
		}
		for user, c := range creds {
			if own := m.own[kubecontrol.CredsLabel(user)]; own != nil && own.ID == kubecontrol.BareSecretID(c.SecretID) && c.Complete() {
				return fmt.Sprintf("tokens of %s stand in a secret and in clear", user)
			}
			switch _, joined := r.members[c.Scope]; {
			case !m.leader:
				return fmt.Sprintf("INV-6: a follower publishes creds of %s", user)
			case !joined:
				return fmt.Sprintf("INV-8: %s has left and still has credentials", c.Scope)
			}
		}
	}
	for key, value := range m.raw {
		if strings.Contains(key, "/r/") && len(value) > 300 {
			return fmt.Sprintf("a record of %d bytes", len(value))
		}
	}
	return ""
}

// recomputed compares the flags with those of a unit that lost all its state, what it was signed for included.
func (m *model) recomputed() string {
	full := m.view(engine.Refresh{}, true)
	decisions, err := engine.Evaluate(m.state, engine.Refresh{}, full, engine.Policy{})
	if err != nil {
		return err.Error()
	}
	unmarked := m.state.Apply(decisions).Encode()
	for key, value := range unmarked {
		var r engine.Record
		if strings.Contains(key, "/r/") && json.Unmarshal([]byte(value), &r) == nil {
			r.Signed = ""
			text, _ := json.Marshal(r)
			unmarked[key] = string(text)
		}
	}
	full = full.Apply(decisions)
	ours, fresh := flagsOf(engine.DecodeState(unmarked), full), flagsOf(engine.State{}, full)
	if d := cmp.Diff(fresh, ours); d != "" {
		return "INV-1, INV-15: flags differ from those computed again (-again +ours):\n" + d
	}
	return ""
}

// flagsOf are the flags after everything was read again, without those that are not in Juju's view.
func flagsOf(st engine.State, v engine.View) []string {
	decisions, err := engine.Evaluate(st, engine.Refresh{}, v, engine.Policy{})
	if err != nil {
		return []string{err.Error()}
	}
	set := st.Apply(decisions).Flags.Clone()
	for _, endpoint := range []string{"kc", "kd"} {
		set.Put(flags.Name(endpoint, flags.Departed), false)
		set.Put(flags.Name(endpoint, flags.RequestsChanged), false)
	}
	return set.Sorted()
}

func (m *model) published() string {
	var b strings.Builder
	for _, r := range m.relations {
		fmt.Fprintln(&b, r.id, r.local[kubecontrol.KeyCreds])
	}
	return b.String()
}

// kept is all that the decisions keep.
func kept(decisions []engine.Decision) (texts []string) {
	for _, d := range decisions {
		if k, ok := d.(engine.Keep); ok {
			texts = append(texts, fmt.Sprint(k.Set, k.Drop))
		}
	}
	return texts
}

func isNote(d engine.Decision) bool { _, ok := d.(engine.Note); return ok }

// rank is a decision's place in the order that Evaluate promises.
func rank(d engine.Decision) int {
	return slices.Index([]string{"AddSecret", "SetSecret", "GrantSecret", "RevokeSecret", "RemoveSecret", "Publish", "Keep", "SetFlag", "ClearFlag", "SetStatus", "Note"}, reflect.TypeOf(d).Name())
}

// shuffled is the same view in another order.
func shuffled(m *model, v engine.View) engine.View {
	v.Relations = slices.Clone(v.Relations)
	m.rng.Shuffle(len(v.Relations), func(i, j int) { v.Relations[i], v.Relations[j] = v.Relations[j], v.Relations[i] })
	for i := range v.Relations {
		members := slices.Clone(v.Relations[i].Members)
		m.rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		v.Relations[i].Members = members
	}
	return v
}

// crowd is a master with n signed workers of realistic names.
func crowd(t *testing.T, n int) (engine.State, engine.View) {
	t.Helper()
	const id = kubecontrol.RelationID("kube-control:12")
	rel := engine.Relation{ID: id, Remote: map[kubecontrol.Unit]kubecontrol.Bag{}}
	sign := engine.Sign{Endpoint: "kube-control"}
	for i := range n {
		u := kubecontrol.Unit(fmt.Sprintf("kubernetes-worker/%d", i))
		rel.Members = append(rel.Members, u)
		rel.Remote[u] = kubecontrol.Bag{
			"kubelet_user": fmt.Sprintf("system:node:ip-172-31-%d-%d.eu-central-1.compute.internal", i/256, i%256),
			"auth_group":   "system:nodes", "gpu": "True", "ingress-address": "172.31.0.1",
		}
		sign.Signatures = append(sign.Signatures, engine.Signature{Scope: u, Client: kubecontrol.NewToken(strings.Repeat("t", 64))})
	}
	v := engine.View{
		Unit: "kubernetes-control-plane/0", Leader: true, Relations: []engine.Relation{rel},
		Endpoints: []engine.Endpoint{{Name: "kube-control", Role: kubecontrol.Master}},
	}
	st := engine.DecodeState(nil)
	for _, ev := range []engine.Event{engine.Refresh{}, sign} {
		decisions, err := engine.Evaluate(st, ev, v, engine.Policy{})
		if err != nil {
			t.Fatal(err)
		}
		st, v = st.Apply(decisions), v.Apply(decisions)
	}
	return st, v
}

// DESIGN decision 3: at 5,000 units the state is below 1.5 MiB, no value above 64 KiB, no record above 300 bytes.
func TestStateOf5000Units(t *testing.T) {
	t.Parallel()
	st, v := crowd(t, 5000)
	size := 0
	for key, value := range st.Encode() {
		size += len(key) + len(value)
		if len(value) > 65536 || strings.Contains(key, "/r/") && len(value) > 300 {
			t.Errorf("%s has %d bytes", key, len(value))
		}
	}
	if size >= 3<<19 {
		t.Errorf("the state has %d bytes", size)
	}
	// All leave at once, unnoticed: the list of the departed still fits one value.
	v.Relations[0].Members = nil
	decisions, err := engine.Evaluate(st, engine.Hook{Kind: engine.UpdateStatus}, v, engine.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range st.Apply(decisions).Encode() {
		if len(value) > 65536 {
			t.Errorf("%s has %d bytes after all have left", key, len(value))
		}
	}
}

// DESIGN section 6, INV-19: what a hook reads does not grow with the number of units.
func TestINV19NeedsDoNotGrow(t *testing.T) {
	t.Parallel()
	for _, n := range []int{17, 500} {
		st, v := crowd(t, n)
		const id, u = kubecontrol.RelationID("kube-control:12"), kubecontrol.Unit("kubernetes-worker/5")
		for _, tt := range []struct {
			ev   engine.Event
			want int
		}{
			{engine.Hook{Kind: "config-changed"}, 0},
			{engine.Hook{Kind: engine.Joined, Relation: id, Unit: u}, 1},
			{engine.Hook{Kind: engine.Changed, Relation: id, Unit: u}, 1},
			{engine.Hook{Kind: engine.Changed, Relation: id}, 0},
			{engine.Hook{Kind: engine.DepartedHook, Relation: id, Unit: u, Departing: u}, 0},
			{engine.Hook{Kind: engine.Broken, Relation: id}, 0},
			{engine.Hook{Kind: engine.UpdateStatus, Turn: 7}, 16},
			{engine.Hook{Kind: engine.UpgradeCharm}, n},
			{engine.Refresh{}, n},
			{engine.Look{}, 0},
			{engine.Sign{Endpoint: "kube-control"}, 0},
			{engine.SetValues{Endpoint: "kube-control"}, 0},
		} {
			if got := len(needed(st, tt.ev, v)); got != tt.want {
				t.Errorf("%d units, %T%+v: %d reads, want %d", n, tt.ev, tt.ev, got, tt.want)
			}
		}
		// Whatever turns come, every unit is read again in the end.
		seen := map[kubecontrol.Unit]bool{}
		for turn := range uint64(n) {
			for _, read := range needed(st, engine.Hook{Kind: engine.UpdateStatus, Turn: turn}, v) {
				seen[read.Unit] = true
			}
		}
		if len(seen) != n {
			t.Errorf("%d of %d units are read again", len(seen), n)
		}
	}
}

// needed are the bags that an evaluation asks for where none has been read yet.
func needed(st engine.State, ev engine.Event, v engine.View) []engine.Read {
	v.Relations = slices.Clone(v.Relations)
	for i := range v.Relations {
		v.Relations[i].Remote = nil
	}
	return engine.Begin(st, ev, v, engine.Policy{}).Needs().Bags
}
