package ready_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// life is a model of three ready masters and their workers: what each master has still to hear of, who lives, who leads.
type life struct {
	t       *testing.T
	chance  *rand.Rand
	masters []*world.World
	queue   [][]world.Hook // by master: hooks that Juju has still to run
	bags    map[string]agent.Settings
	leader  int
	next    int // number of the next worker
	log     []string
}

const relation = "kube-control:1"

// TestINV4RandomLives lets masters and workers live at random: workers come, ask for another node, leave; leaders change;
// credentials are rotated and revoked; commits are refused and hooks repeated. Whatever happened, once all is heard each
// worker that may has one set of tokens, all masters accept those and no others, and nothing is left to write.
func TestINV4RandomLives(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		version := []string{"3.6.1", "2.9.51"}[seed%2]
		t.Run(fmt.Sprintf("%s seed %d", version, seed), func(t *testing.T) {
			t.Parallel()
			l := newLife(t, seed, version)
			for range 80 {
				l.step()
			}
			l.rest()
			l.judge()
			if t.Failed() {
				t.Logf("it lived so:\n%s", strings.Join(l.log, "\n"))
			}
		})
	}
}

func newLife(t *testing.T, seed uint64, version string) *life {
	first := world.ReadyMaster(t, "kcp/0")
	first.Version = version
	l := &life{t: t, chance: rand.New(rand.NewPCG(seed, 1)), bags: map[string]agent.Settings{}}
	l.masters = []*world.World{first, first.Beside(t, "kcp/1"), first.Beside(t, "kcp/2")}
	l.queue = make([][]world.Hook, len(l.masters))
	for _, w := range l.masters {
		w.Relate(relation, "kw")
		w.MustHook(t, world.Hook{Name: "config-changed"})
	}
	return l
}

// tell queues a hook of the workers' relation on all masters.
func (l *life) tell(kind, unit, departing string) {
	for i := range l.masters {
		l.queue[i] = append(l.queue[i], world.Hook{Name: "kube-control-relation-" + kind, Relation: relation, Unit: unit, Departing: departing})
	}
}

// step is something that happens: mostly a master that runs its next hook.
func (l *life) step() {
	switch n := l.chance.IntN(20); {
	case n < 2 && len(l.bags) < 6:
		unit := fmt.Sprintf("kw/%d", l.next)
		l.next++
		l.bags[unit] = l.request(unit)
		l.tell("joined", unit, "")
		l.tell("changed", unit, "")
		l.note("%s joins", unit)
	case n == 2 && len(l.bags) > 0:
		unit := l.worker()
		l.bags[unit] = l.request(unit)
		l.tell("changed", unit, "")
		l.note("%s asks for %v", unit, l.bags[unit])
	case n == 3 && len(l.bags) > 0:
		unit := l.worker()
		delete(l.bags, unit)
		l.tell("departed", unit, unit)
		l.note("%s leaves", unit)
	case n == 4:
		l.elect(l.chance.IntN(len(l.masters)))
	case n == 5 && len(l.bags) > 0:
		l.command("rotate-credentials", "--unit", l.worker())
	case n == 6 && len(l.bags) > 0:
		l.command("revoke", l.worker())
	case n == 7:
		l.command("rotate-credentials", "--finish")
	case n == 8:
		l.hook(l.chance.IntN(len(l.masters)), world.Hook{Name: "update-status"})
	default:
		l.hear(l.chance.IntN(len(l.masters)))
	}
}

func (l *life) note(format string, args ...any) { l.log = append(l.log, fmt.Sprintf(format, args...)) }

func (l *life) worker() string {
	units := slices.Sorted(maps.Keys(l.bags))
	return units[l.chance.IntN(len(units))]
}

// request is a worker's bag: its own node, or another name of it; sometimes what no policy allows, or another's.
func (l *life) request(unit string) agent.Settings {
	bag := node("n" + strings.TrimPrefix(unit, "kw/"))
	switch l.chance.IntN(8) {
	case 0:
		bag["kubelet_user"] += ".example"
	case 1:
		bag["auth_group"] = "system:masters"
	case 2:
		bag["kubelet_user"] = "system:node:n0"
	}
	if l.masters[0].Version != "2.9.51" && l.chance.IntN(3) > 0 {
		bag["schema_vers"] = "[0, 1]"
	}
	return bag
}

func (l *life) elect(i int) {
	l.note("%s leads", l.masters[i].Unit)
	for j, w := range l.masters {
		w.Leader = i == j
	}
	l.leader = i
	l.queue[i] = append(l.queue[i], world.Hook{Name: "leader-elected"})
}

// command runs a command on the leader; that it is refused is a way to go on, too.
func (l *life) command(args ...string) {
	w := l.masters[l.leader]
	l.see(w)
	run := w.Begin(world.Hook{})
	if res := run.Program("", append([]string{"kube-control"}, args...)...); res.Code > 1 {
		l.t.Fatalf("%v: exit %d: %s", args, res.Code, res.Stderr)
	}
	run.Commit()
	l.note("%s: %v", w.Unit, args)
}

// hear runs a master's next hook, with the members that it knows by then.
func (l *life) hear(i int) {
	if len(l.queue[i]) == 0 {
		return
	}
	h := l.queue[i][0]
	r := l.masters[i].Relation(relation)
	switch h.Name {
	case "kube-control-relation-joined":
		r.Join(h.Unit, agent.Settings{})
	case "kube-control-relation-departed":
		r.Leave(h.Unit)
	}
	if l.hook(i, h) {
		l.queue[i] = l.queue[i][1:]
	}
}

// see brings what a master can read up to date: the workers' bags, and whom goal-state expects.
func (l *life) see(w *world.World) {
	r := w.Relation(relation)
	var expected []string
	for _, unit := range slices.Sorted(maps.Keys(l.bags)) {
		expected = append(expected, unit, "active")
		if slices.Contains(r.Members, unit) {
			r.Remote[unit] = l.bags[unit]
		}
	}
	goal(w, expected...)
}

// hook runs a hook; one in five commits is refused, and the hook is to run again.
func (l *life) hook(i int, h world.Hook) bool {
	w := l.masters[i]
	l.see(w)
	run := w.Begin(h)
	if res := run.Link(); res.Code != 0 {
		l.t.Fatalf("%s of %s: exit %d: %s\n%s", h.Name, w.Unit, res.Code, res.Stderr, strings.Join(l.log, "\n"))
	}
	if l.chance.IntN(5) == 0 {
		l.note("%s: %s %s, refused", w.Unit, h.Name, h.Unit)
		return false
	}
	run.Commit()
	l.note("%s: %s %s", w.Unit, h.Name, h.Unit)
	return true
}

// rest lets everybody hear everything, and the time for replaced tokens pass.
func (l *life) rest() {
	for i := range l.masters {
		for len(l.queue[i]) > 0 {
			l.hear(i)
		}
	}
	for range 3 {
		l.settle(l.leader)
		for i := range l.masters {
			l.settle(i)
		}
	}
}

func (l *life) settle(i int) {
	for !l.hook(i, world.Hook{Name: "update-status"}) {
		continue
	}
}

// judge compares what is published with what is accepted.
func (l *life) judge() {
	leader := l.masters[l.leader]
	var creds map[string]struct {
		Scope    string `json:"scope"`
		Kubelet  string `json:"kubelet_token"`
		SecretID string `json:"secret-id"`
	}
	if text := leader.Relation(relation).Local["creds"]; text != "" {
		if err := json.Unmarshal([]byte(text), &creds); err != nil {
			l.t.Fatal(err)
		}
	}
	want := map[string]string{} // by the kubelet's token: its user
	for user, c := range creds {
		if c.SecretID != "" {
			c.Kubelet = leader.Secret(strings.TrimPrefix(c.SecretID, "secret:")).Content()["kubelet-token"]
		}
		want[c.Kubelet] = user
		if l.bags[c.Scope] == nil {
			l.t.Errorf("%s has credentials and has left", c.Scope)
		}
	}
	for _, w := range l.masters {
		if got := kubelets(l.t, w); !maps.Equal(got, want) {
			l.t.Errorf("%s accepts %v, published is %v", w.Unit, got, want)
		}
		if w != leader && w.Relation(relation).Local["creds"] != "" {
			l.t.Errorf("%s does not lead and publishes credentials", w.Unit)
		}
		run := w.Begin(world.Hook{Name: "update-status"})
		if res := run.Link(); res.Code != 0 || run.Changed() {
			l.t.Errorf("%s is not at rest: %v", w.Unit, run.Calls())
		}
	}
	refused := leader.Must(l.t, "", "auth-user", "--refused")
	for unit, bag := range l.bags {
		alone := true // nobody else asks for the user, and nobody has revoked what this unit asks for
		for other, o := range l.bags {
			alone = alone && (other == unit || o["kubelet_user"] != bag["kubelet_user"])
		}
		mayHave := bag["auth_group"] == "system:nodes" && alone && !strings.Contains(refused, unit+"  was revoked\n")
		if mayHave && creds[bag["kubelet_user"]].Scope == "" { // another unit may have it from before, and ask for more by now
			l.t.Errorf("%s may have %s and was not signed; the status is %+v", unit, bag["kubelet_user"], leader.Status)
		}
	}
}

// kubelets are the tokens of kubelets in a master's file, with their users. Of each worker the last ones are those of a
// rotation to come, and left out.
func kubelets(t *testing.T, w *world.World) map[string]string {
	found, last := map[string]string{}, map[string]string{}
	for line := range strings.Lines(w.TokenFile(t)) {
		if fields := strings.Split(line, ","); strings.HasSuffix(fields[2], "/kubelet") {
			found[fields[0]], last[fields[2]] = fields[1], fields[0]
		}
	}
	for _, token := range last {
		delete(found, token)
	}
	return found
}
