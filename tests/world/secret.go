package world

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// Secret is one secret of the model. Two worlds that share their secrets are two units of one model.
type Secret struct {
	ID          string // bare
	Owner       string // an application
	Label       string // its owner's
	Description string
	Latest      int
	Revisions   map[int]map[string]string // contents, without removed revisions
	Grants      map[string]string         // units and applications that may read it, each with the relation's id
	Tracked     map[string]int            // by unit that has read it: the revision that it holds
}

// Content is a secret's latest content.
func (s *Secret) Content() map[string]string { return s.Revisions[s.Latest] }

// Vault holds the secrets of a model.
type Vault struct {
	Secrets []*Secret
	// Dying and Gone are units and applications to which Juju refuses a grant.
	Dying, Gone []string
	// Denied, if set, is what secret-get says instead of Juju 3.6's words where nothing is granted.
	Denied error
	made   int
}

// refuses says why Juju would refuse a grant to a unit or an application, in Juju 3.6's words.
func (v *Vault) refuses(subject string) error {
	switch {
	case slices.Contains(v.Dying, subject):
		return fmt.Errorf("cannot grant dying %q access to secret", agent.SubjectTag(subject))
	case slices.Contains(v.Gone, subject) && strings.Contains(subject, "/"):
		return fmt.Errorf("invalid subject reference: unit %q not found", subject)
	case slices.Contains(v.Gone, subject):
		return fmt.Errorf("invalid subject reference: application %q not found", subject)
	}
	return nil
}

// Secret finds a secret by its bare id, nil if there is none.
func (v *Vault) Secret(id string) *Secret {
	return v.find(func(s *Secret) bool { return s.ID == id })
}

// Labelled finds an application's secret by its label, nil if there is none.
func (v *Vault) Labelled(app, label string) *Secret {
	return v.find(func(s *Secret) bool { return s.Owner == app && s.Label == label })
}

func (v *Vault) find(is func(*Secret) bool) *Secret {
	if i := slices.IndexFunc(v.Secrets, is); i >= 0 {
		return v.Secrets[i]
	}
	return nil
}

// ReserveSecret numbers secrets as the recordings of the Python peers do.
func (c controller) ReserveSecret() string {
	c.w.made++
	return fmt.Sprintf("fakesecretid%08d", c.w.made)
}

func (c controller) OwnedSecrets(unit string, leader bool) []agent.SecretInfo {
	var infos []agent.SecretInfo
	for _, s := range c.w.Secrets {
		if !leader || s.Owner != app(unit) {
			continue
		}
		info := agent.SecretInfo{
			ID: s.ID, Owner: s.Owner, Label: s.Label, Description: s.Description, Rotate: "never",
			Revision: s.Latest, Checksum: encoded(s.Content()).Checksum(),
		}
		for _, subject := range slices.Sorted(maps.Keys(s.Grants)) {
			info.Access = append(info.Access, agent.SecretAccess{
				Target: agent.SubjectTag(subject), Scope: agent.RelationTag(s.Grants[subject]), Role: "view",
			})
		}
		infos = append(infos, info)
	}
	return infos
}

func (c controller) ReadSecret(unit string, r agent.SecretRead) (agent.SecretContent, error) {
	s := c.w.Secret(r.ID)
	if s == nil {
		return nil, fmt.Errorf("secret %q not found", "secret:"+r.ID)
	}
	if s.Owner == app(unit) {
		return encoded(s.Content()), nil
	}
	if s.Grants[unit] == "" && s.Grants[app(unit)] == "" {
		if c.w.Denied != nil {
			return nil, c.w.Denied
		}
		return nil, agent.ErrPermission
	}
	revision := s.Tracked[unit]
	if r.Refresh || r.Peek || revision == 0 {
		revision = s.Latest
	}
	if !r.Peek {
		s.Tracked[unit] = revision
	}
	return encoded(s.Revisions[revision]), nil
}

// commit does what a hook has decided about secrets, in Juju's order. What Juju would refuse is an error.
func (v *Vault) commit(c agent.SecretChanges, relations []*Relation) error {
	for _, n := range c.Create {
		if v.Labelled(n.Owner, *n.Label) != nil {
			return fmt.Errorf("secret label %q already exists", *n.Label)
		}
		s := &Secret{
			ID: n.ID, Owner: n.Owner, Label: *n.Label, Description: *n.Description,
			Revisions: map[int]map[string]string{}, Grants: map[string]string{}, Tracked: map[string]int{},
		}
		s.add(n.Content)
		v.Secrets = append(v.Secrets, s)
	}
	for _, u := range c.Update {
		s := v.Secret(u.ID)
		if s == nil {
			return fmt.Errorf("secret %q not found", u.ID)
		}
		s.add(u.Content)
	}
	for _, g := range c.Grant {
		s := v.Secret(g.ID)
		if s == nil {
			return fmt.Errorf("secret %q not found", g.ID)
		}
		if err := v.refuses(g.Subject); err != nil {
			return err
		}
		i := slices.IndexFunc(relations, func(r *Relation) bool { return number(r.ID) == g.Relation })
		if relations[i].Dying {
			return fmt.Errorf("cannot grant access to secret in scope of %q which is not alive", agent.RelationTag(relations[i].ID))
		}
		if old := s.Grants[g.Subject]; old != "" && old != relations[i].ID {
			return fmt.Errorf("cannot change secret permission scope")
		}
		s.Grants[g.Subject] = relations[i].ID
	}
	for _, r := range c.Revoke {
		if s := v.Secret(r.ID); s != nil {
			delete(s.Grants, r.Subject)
		}
	}
	for _, d := range c.Delete {
		s := v.Secret(d.ID)
		switch {
		case s == nil || d.Revision > 0 && s.Revisions[d.Revision] == nil:
			return fmt.Errorf("secret %q revision %d not found", d.ID, d.Revision)
		case d.Revision > 0:
			delete(s.Revisions, d.Revision)
		default:
			v.Secrets = slices.DeleteFunc(v.Secrets, func(o *Secret) bool { return o == s })
		}
	}
	return nil
}

func (s *Secret) add(content agent.SecretContent) {
	s.Latest++
	s.Revisions[s.Latest] = map[string]string{}
	for key, value := range content {
		text, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			panic(fmt.Sprintf("a tool took content that is no base64: %v", err))
		}
		s.Revisions[s.Latest][key] = string(text)
	}
}

func encoded(content map[string]string) agent.SecretContent {
	c := agent.SecretContent{}
	for key, value := range content {
		c[key] = base64.StdEncoding.EncodeToString([]byte(value))
	}
	return c
}
