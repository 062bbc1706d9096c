package engine_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

const self = kubecontrol.Unit("me/0")

// model is a small world that random events change as Juju would, and its unit.
type model struct {
	rng       *rand.Rand
	state     engine.State
	raw       map[string]string
	leader    bool
	dying     bool
	relations []*relation
	made      int
	juju3     bool // it has secrets
	own       map[string]*engine.OwnSecret
	remote    map[string]kubecontrol.SecretContent
}

type relation struct {
	id        kubecontrol.RelationID
	members   map[kubecontrol.Unit]kubecontrol.Bag
	refused   map[kubecontrol.Unit]bool
	local     kubecontrol.Bag
	forgotten bool
}

func newModel(seed uint64) *model {
	m := &model{rng: rand.New(rand.NewPCG(seed, 1)), leader: true, raw: map[string]string{}, juju3: seed%3 > 0, own: map[string]*engine.OwnSecret{}}
	m.remote = map[string]kubecontrol.SecretContent{
		secretID(1): {kubecontrol.SecretClientToken: kubecontrol.NewToken("SECRET")}, secretID(2): {},
		secretID(3): {kubecontrol.SecretCertificate: kubecontrol.NewToken("SECRET")},
	}
	m.state = engine.DecodeState(m.raw)
	return m
}

func pick[T any](m *model, list ...T) T { return list[m.rng.IntN(len(list))] }

// next changes the world and gives the event that Juju, or an operator, makes of it.
func (m *model) next() engine.Event {
	r := m.anyRelation()
	if m.rng.IntN(40) == 0 {
		m.raw = map[string]string{}
		m.state = engine.DecodeState(m.raw)
	}
	if r == nil || m.rng.IntN(12) == 0 {
		return m.relate()
	}
	r.forgotten = m.rng.IntN(60) == 0
	switch m.rng.IntN(20) {
	case 0, 1, 2:
		return m.join(r)
	case 3, 4:
		return m.change(r)
	case 5:
		return m.depart(r)
	case 6:
		return m.leave(r)
	case 7:
		m.leader = !m.leader && !m.dying
		return engine.Hook{Kind: pick(m, "leader-elected", "leader-settings-changed", "config-changed")}
	case 8:
		if m.role(r) == kubecontrol.Master {
			r.local[kubecontrol.KeyCreds] = pick(m, "SECRET", "{}", m.creds(r), `{"u": {"scope": 1}}`)
		}
		return engine.Hook{Kind: engine.UpgradeCharm}
	case 9, 10:
		return m.sign(r)
	case 11:
		return m.set(r)
	case 12:
		return engine.FlushDeparted{Endpoint: pick(m, "kc", "kd")}
	case 13:
		return engine.PutFlag{Name: pick(m, "kc.requests.changed", "mine"), Set: false}
	case 14:
		return engine.Refresh{}
	case 15:
		return engine.ClearCreds{Endpoint: "kc", Relation: pick(m, "", r.id)}
	case 16:
		return engine.SetCertificate{Endpoint: pick(m, "kc", "kc", "kd"), Certificate: pick(m, "SECRET1", "SECRET2")}
	case 17:
		return m.trouble()
	}
	return engine.Hook{Kind: engine.UpdateStatus, Turn: m.rng.Uint64()}
}

func secretID(n int) string { return fmt.Sprintf("secret:%020d", n) }

// trouble is what happens to secrets: one is gone, a grant is dropped, a revision is nobody's any more.
func (m *model) trouble() engine.Event {
	for label, own := range m.own {
		switch m.rng.IntN(3) {
		case 0:
			delete(m.own, label)
		case 1:
			own.Targets = pick(m, nil, []string{"unit-kw-1", "unit-kw-2"})
		}
		return engine.Hook{Kind: engine.SecretRemove, SecretID: "secret:" + own.ID, SecretLabel: label, SecretRevision: 1 + m.rng.IntN(3)}
	}
	return engine.Hook{Kind: "secret-changed", SecretID: secretID(1)}
}

func (m *model) anyRelation() *relation {
	if len(m.relations) == 0 {
		return nil
	}
	return pick(m, m.relations...)
}

func (m *model) role(r *relation) kubecontrol.Role {
	if r.id.Endpoint() == "up" {
		return kubecontrol.Worker
	}
	return kubecontrol.Master
}

func (m *model) relate() engine.Event {
	m.made++
	r := &relation{
		id:      kubecontrol.RelationID(fmt.Sprintf("%s:%d", pick(m, "kc", "kc", "kd", "up"), m.made)),
		members: map[kubecontrol.Unit]kubecontrol.Bag{}, refused: map[kubecontrol.Unit]bool{}, local: kubecontrol.Bag{},
	}
	m.relations = append(m.relations, r)
	return engine.Hook{Kind: engine.Created, Relation: r.id}
}

func (m *model) join(r *relation) engine.Event {
	if m.dying {
		return engine.Hook{Kind: "stop"}
	}
	u := kubecontrol.Unit(fmt.Sprintf("%s/%d", pick(m, "kw", "kv"), m.rng.IntN(12)))
	r.members[u] = m.bag(r)
	return engine.Hook{Kind: pick(m, engine.Joined, engine.Changed), Relation: r.id, Unit: u}
}

// change gives a member another bag; sometimes the hook for it is skipped.
func (m *model) change(r *relation) engine.Event {
	u := m.member(r)
	if u == "" {
		return engine.Hook{Kind: "start"}
	}
	r.members[u], r.refused[u] = m.bag(r), m.rng.IntN(8) == 0
	if m.rng.IntN(4) == 0 {
		return engine.Hook{Kind: "config-changed"}
	}
	return engine.Hook{Kind: engine.Changed, Relation: r.id, Unit: u}
}

func (m *model) depart(r *relation) engine.Event {
	u := m.member(r)
	if u == "" {
		return m.leave(r)
	}
	departing := u
	if m.dying || m.rng.IntN(15) == 0 {
		m.dying, departing = true, self
	}
	delete(r.members, u)
	return engine.Hook{Kind: engine.DepartedHook, Relation: r.id, Unit: u, Departing: departing}
}

// leave ends a relation that has no members; where it has some, one leaves and the hook is skipped.
func (m *model) leave(r *relation) engine.Event {
	if u := m.member(r); u != "" {
		if !m.dying {
			delete(r.members, u)
		}
		return engine.Hook{Kind: "config-changed"}
	}
	m.relations = slices.DeleteFunc(m.relations, func(o *relation) bool { return o == r })
	return engine.Hook{Kind: engine.Broken, Relation: r.id}
}

func (m *model) member(r *relation) kubecontrol.Unit {
	if len(r.members) == 0 {
		return ""
	}
	return pick(m, slices.SortedFunc(maps.Keys(r.members), kubecontrol.Unit.Compare)...)
}

func (m *model) user() string {
	return pick(m, "", "system:node:a", "system:node:A", "system:node:b", "c", "d", "e", "a\x00")
}

func (m *model) bag(r *relation) kubecontrol.Bag {
	if m.role(r) == kubecontrol.Master {
		return kubecontrol.Bag{"kubelet_user": m.user(), "auth_group": pick(m, "", "g", "h"), "gpu": pick(m, "", "True", "False", "true"), "schema_vers": pick(m, "", "[0, 1]", "[0, 1]", "[0]")}
	}
	b := kubecontrol.Bag{"enable-kube-dns": pick(m, "", "True", "False"), "domain": pick(m, "", "a", "b"), "cluster-tag": pick(m, "", "t"), "ca-certificate-secret-id": pick(m, "", secretID(3), "garbage")}
	if m.rng.IntN(2) == 0 {
		b["creds"] = pick(m, m.creds(r), "SECRET", "{}")
	}
	return b
}

func (m *model) creds(r *relation) string {
	c := kubecontrol.Creds{}
	for range 2 {
		c[m.user()] = kubecontrol.Credential{
			Scope: pick(m, self, "kw/1", m.member(r)), Generation: m.rng.IntN(3), Client: m.token(), Kubelet: m.token(),
			SecretID: pick(m, "", "", secretID(1), secretID(2), secretID(9), "garbage"),
		}
	}
	return kubecontrol.EncodeCreds(c)
}

func (m *model) token() kubecontrol.Token {
	return pick(m, kubecontrol.Token{}, kubecontrol.NewToken(""), kubecontrol.NewToken(fmt.Sprintf("SECRET%d", m.rng.IntN(5))))
}

func (m *model) sign(r *relation) engine.Event {
	ev := engine.Sign{Endpoint: pick(m, "kc", "kd"), Relation: pick(m, "", r.id)}
	for range 1 + m.rng.IntN(2) {
		ev.Signatures = append(ev.Signatures, engine.Signature{
			Scope: pick(m, m.member(r), "kw/1"), User: pick(m, "", "", m.user()), Client: kubecontrol.NewToken("SECRET"), Kubelet: m.token(),
		})
	}
	return ev
}

func (m *model) set(r *relation) engine.Event {
	if m.role(r) == kubecontrol.Worker {
		return engine.SetValues{Endpoint: "up", Values: map[string]string{"kubelet_user": m.user(), "gpu": pick(m, "", "True")}}
	}
	return engine.SetValues{
		Endpoint: r.id.Endpoint(), Relation: pick(m, "", r.id),
		Values: map[string]string{"port": pick(m, "", "53", "54"), "cluster-tag": pick(m, "", "x", "y")},
	}
}

// view shows the world in some order, with the remote bags that the event needs, or all of them.
func (m *model) view(ev engine.Event, all bool) engine.View {
	v := engine.View{Unit: self, Leader: m.leader}
	for _, name := range []string{"kc", "kd"} {
		v.Endpoints = append(v.Endpoints, engine.Endpoint{Name: name, Role: kubecontrol.Master})
	}
	v.Endpoints = append(v.Endpoints, engine.Endpoint{Name: "up", Role: kubecontrol.Worker})
	for _, r := range m.relations {
		v.Relations = append(v.Relations, engine.Relation{
			ID: r.id, Members: slices.Collect(maps.Keys(r.members)), Local: maps.Clone(r.local), Forgotten: r.forgotten,
			Remote: map[kubecontrol.Unit]kubecontrol.Bag{}, Refused: map[kubecontrol.Unit]string{},
		})
	}
	reads := engine.Begin(m.state, ev, v, engine.Policy{}).Needs().Bags
	if all {
		reads = engine.Begin(engine.State{}, engine.Refresh{}, v, engine.Policy{}).Needs().Bags
	}
	for _, read := range reads {
		i := slices.IndexFunc(m.relations, func(r *relation) bool { return r.id == read.Relation })
		if m.relations[i].refused[read.Unit] {
			v.Relations[i].Refused[read.Unit] = "is too large"
		} else {
			v.Relations[i].Remote[read.Unit] = maps.Clone(m.relations[i].members[read.Unit])
		}
	}
	v.Secrets = m.secrets(ev, v)
	m.rng.Shuffle(len(v.Relations), func(i, j int) { v.Relations[i], v.Relations[j] = v.Relations[j], v.Relations[i] })
	return v
}

// secrets shows those that the event needs.
func (m *model) secrets(ev engine.Event, v engine.View) engine.Secrets {
	shown := engine.Secrets{Supported: m.juju3, MaxValue: 8 << 10, Reason: "old", Own: map[string]*engine.OwnSecret{}, Read: map[string]kubecontrol.SecretContent{}}
	v.Secrets = shown
	for _, read := range engine.Begin(m.state, ev, v, engine.Policy{}).Needs().Secrets {
		content, granted := m.remote[read.ID]
		switch own := m.own[read.Label]; {
		case granted:
			shown.Read[read.ID] = content
		case read.ID != "":
		case own == nil:
			shown.Own[read.Label] = nil
		default:
			copied := *own
			if !read.Content {
				copied.Content = nil
			}
			shown.Own[read.Label] = &copied
		}
	}
	return shown
}

// apply does what was decided.
func (m *model) apply(decisions []engine.Decision) {
	for _, d := range decisions {
		switch d := d.(type) {
		case engine.Publish:
			i := slices.IndexFunc(m.relations, func(r *relation) bool { return r.id == d.Relation })
			maps.Copy(m.relations[i].local, d.Set)
			maps.DeleteFunc(m.relations[i].local, func(_, value string) bool { return value == "" })
		case engine.SetSecret:
			m.own[d.Label].Content = d.Content
		case engine.GrantSecret:
			for _, own := range m.own {
				if own.ID == d.ID {
					own.Targets = append(slices.Clone(own.Targets), d.Target)
				}
			}
		case engine.RevokeSecret:
			for _, own := range m.own {
				if own.ID == d.ID {
					own.Targets = slices.DeleteFunc(slices.Clone(own.Targets), func(target string) bool { return target == d.Target })
				}
			}
		case engine.RemoveSecret:
			maps.DeleteFunc(m.own, func(_ string, own *engine.OwnSecret) bool { return own.ID == d.ID && d.Revision == 0 })
		case engine.Keep:
			maps.Copy(m.raw, d.Set)
			for _, key := range d.Drop {
				delete(m.raw, key)
			}
		}
	}
	m.state = engine.DecodeState(m.raw)
}
