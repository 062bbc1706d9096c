package engine

import (
	"maps"
	"slices"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// View is all that the engine sees of Juju in one hook: plain values, loaded before it runs.
type View struct {
	Unit      kubecontrol.Unit
	Leader    bool
	Endpoints []Endpoint
	Relations []Relation // of these endpoints; any order
	Secrets   Secrets
	Grants    Grants
	// Creds decodes creds texts for all evaluations of a process; nil: each decodes them itself.
	Creds *kubecontrol.CredsReader
	// Former is what the charm before us left on the disk; it is needed in the first run of our life only.
	Former Former
}

// Endpoint is one endpoint of the interface, with its role from metadata.yaml.
type Endpoint struct {
	Name string
	Role kubecontrol.Role
}

// Relation is one relation of an endpoint.
type Relation struct {
	ID      kubecontrol.RelationID
	Members []kubecontrol.Unit // as relation-list gives them, any order
	Local   kubecontrol.Bag    // our unit's own bag
	// Remote holds the members' bags that Needs asked for. A member without one was not asked for.
	Remote map[kubecontrol.Unit]kubecontrol.Bag
	// Refused names members whose bag can't be used, with the reason ("is larger than 64 KiB").
	Refused map[kubecontrol.Unit]string
	// Forgotten is set where Juju lists the relation and then denies it; nothing can be read or written there.
	Forgotten bool

	joined map[kubecontrol.Unit]bool // the members, for a quick look
}

// at is the view after the event. A departed unit is out of its relation and a broken relation is gone, although Juju still lists
// both. Relations and members are sorted.
func (v View) at(ev Event) View {
	hook, _ := ev.(Hook)
	relations := make([]Relation, 0, len(v.Relations))
	for _, r := range v.Relations {
		if hook.Kind == Broken && r.ID == hook.Relation {
			continue
		}
		r.Members = slices.Clone(r.Members)
		if hook.Kind == DepartedHook && r.ID == hook.Relation {
			r.Members = slices.DeleteFunc(r.Members, func(u kubecontrol.Unit) bool { return u == hook.Unit })
		}
		if !slices.IsSortedFunc(r.Members, kubecontrol.Unit.Compare) {
			slices.SortFunc(r.Members, kubecontrol.Unit.Compare)
		}
		if r.Forgotten {
			r.Members, r.Local, r.Remote = nil, nil, nil
		}
		r.joined = make(map[kubecontrol.Unit]bool, len(r.Members))
		for _, u := range r.Members {
			r.joined[u] = true
		}
		relations = append(relations, r)
	}
	slices.SortFunc(relations, func(a, b Relation) int { return a.ID.Compare(b.ID) })
	v.Relations = relations
	return v
}

// FindEndpoint finds an endpoint by name.
func (v View) FindEndpoint(name string) (Endpoint, bool) {
	i := slices.IndexFunc(v.Endpoints, func(e Endpoint) bool { return e.Name == name })
	if i < 0 {
		return Endpoint{}, false
	}
	return v.Endpoints[i], true
}

// RelationsOf lists an endpoint's relations by number.
func (v View) RelationsOf(endpoint string) []Relation {
	var rs []Relation
	for _, r := range v.Relations {
		if r.ID.Endpoint() == endpoint {
			rs = append(rs, r)
		}
	}
	return rs
}

// has reports whether a unit is joined.
func (r Relation) has(u kubecontrol.Unit) bool { return r.joined[u] }

// Apply applies decisions to the view that the same process sees next.
func (v View) Apply(decisions []Decision) View {
	v.Relations = slices.Clone(v.Relations)
	for _, d := range decisions {
		switch d := d.(type) {
		case Publish:
			i := slices.IndexFunc(v.Relations, func(r Relation) bool { return r.ID == d.Relation })
			if i < 0 {
				continue
			}
			local := kubecontrol.Bag{}
			maps.Copy(local, v.Relations[i].Local)
			maps.Copy(local, d.Set)
			maps.DeleteFunc(local, func(_, value string) bool { return value == "" })
			v.Relations[i].Local = local
		case SetSecret:
			v.Secrets.change(d.ID, func(own *OwnSecret) { own.Content = d.Content })
		case GrantSecret:
			v.Secrets.change(d.ID, func(own *OwnSecret) { own.Targets = append(slices.Clone(own.Targets), d.Target) })
		case RevokeSecret:
			v.Secrets.change(d.ID, func(own *OwnSecret) {
				own.Targets = slices.DeleteFunc(slices.Clone(own.Targets), func(t string) bool { return t == d.Target })
			})
		case RemoveSecret:
			if d.Revision == 0 {
				v.Secrets.remove(d.ID)
			}
		}
	}
	return v
}

// change replaces one of our own secrets by a changed copy.
func (s *Secrets) change(id string, f func(*OwnSecret)) {
	s.Own = maps.Clone(s.Own)
	for label, own := range s.Own {
		if own != nil && own.ID == id {
			changed := *own
			f(&changed)
			s.Own[label] = &changed
		}
	}
}

// remove removes one of our own secrets from the view.
func (s *Secrets) remove(id string) {
	s.Own, s.Removed = maps.Clone(s.Own), maps.Clone(s.Removed)
	if s.Removed == nil {
		s.Removed = map[string]bool{}
	}
	for label, own := range s.Own {
		if own != nil && own.ID == id {
			s.Own[label], s.Removed[label] = nil, true
		}
	}
}

// WithSecret is the view with a secret that was just made for an AddSecret.
func (v View) WithSecret(d AddSecret, id string) View {
	v.Secrets.Own = maps.Clone(v.Secrets.Own)
	if v.Secrets.Own == nil {
		v.Secrets.Own = map[string]*OwnSecret{}
	}
	v.Secrets.Own[d.Label] = &OwnSecret{ID: id, Content: d.Content}
	return v
}
