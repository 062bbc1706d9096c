package conformance

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
)

// Secret is one secret of a world. Owner and access are in Juju's tags.
type Secret struct {
	ID            string               `json:"id"`
	Owner         string               `json:"owner"`
	Label         string               `json:"owner_label"`
	Description   string               `json:"description"`
	Rotate        string               `json:"rotate"`
	Revisions     []map[string]string  `json:"revisions"` // 1, 2 and so on, in plain text
	Tracked       int                  `json:"tracked_by_kcp0"`
	ConsumerLabel string               `json:"consumer_label"`
	Readable      bool                 `json:"readable"`
	Access        []agent.SecretAccess `json:"access"`
}

// addSecrets puts the world's secrets into the model. One that the unit can read without a recorded grant was granted
// in the first relation with its owner.
func (w World) addSecrets(m *model.Model) {
	for _, s := range w.Secrets {
		secret := &model.Secret{
			ID: s.ID, Owner: nameOf(s.Owner), Label: s.Label, Description: s.Description, Rotate: s.Rotate, Latest: len(s.Revisions),
		}
		for i, plain := range s.Revisions {
			content := agent.SecretContent{}
			for key, value := range plain {
				content[key] = base64.StdEncoding.EncodeToString([]byte(value))
			}
			secret.Revisions = append(secret.Revisions, &model.Revision{Number: i + 1, Content: content})
		}
		for _, a := range s.Access {
			secret.Grants = append(secret.Grants, model.Grant{Subject: nameOf(a.Target), Relation: w.relationByTag(a.Scope)})
		}
		app := model.AppOf(w.Unit)
		if s.Readable && secret.Owner != app {
			secret.Grants = append(secret.Grants, model.Grant{Subject: app, Relation: w.Relations[0].ID})
		}
		if s.Tracked > 0 {
			secret.Consumers = map[string]*model.Consumer{
				w.Unit: {Label: s.ConsumerLabel, Tracked: s.Tracked, Announced: secret.Latest},
			}
		}
		m.Secrets[s.ID] = secret
		m.SecretOrder = append(m.SecretOrder, s.ID)
	}
}

// nameOf is the application or unit of a tag, "application-kcp" or "unit-kcp-0".
func nameOf(tag string) string {
	name, isUnit := strings.CutPrefix(tag, "unit-")
	if last := strings.LastIndex(name, "-"); isUnit && last >= 0 {
		return name[:last] + "/" + name[last+1:]
	}
	return strings.TrimPrefix(tag, "application-")
}

func (w World) relationByTag(tag string) int {
	for _, r := range w.Relations {
		if agent.RelationTag(r.Key) == tag {
			return r.ID
		}
	}
	return -1
}

// secretFacts are the changes to secrets in the form of a case's "after".
func (w World) secretFacts(c agent.SecretChanges) map[string]any {
	facts := map[string]any{}
	add := func(kind string, fact any) {
		list, _ := facts[kind].([]any)
		facts[kind] = append(list, fact)
	}
	for _, s := range c.Create {
		fact := updateFact(s.ID, s.SecretUpdate)
		fact["owner"] = agent.SubjectTag(s.Owner)
		add("create", fact)
	}
	for _, s := range c.Update {
		add("update", updateFact(s.ID, s.SecretUpdate))
	}
	for _, id := range c.TrackLatest {
		add("track_latest", id)
	}
	for _, g := range c.Grant {
		fact := accessFact(g.ID, "view", g.Subject)
		for _, r := range w.Relations {
			if r.ID == g.Relation {
				fact["scope-tag"] = agent.RelationTag(r.Key)
			}
		}
		add("grant", fact)
	}
	for _, r := range c.Revoke {
		add("revoke", accessFact(r.ID, "", r.Subject))
	}
	for _, d := range c.Delete {
		fact := map[string]any{"uri": "secret:" + d.ID, "revisions": nil}
		if d.Revision != 0 {
			fact["revisions"] = []int{d.Revision}
		}
		add("delete", fact)
	}
	return facts
}

func updateFact(id string, u agent.SecretUpdate) map[string]any {
	fact := map[string]any{"uri": "secret:" + id}
	for name, value := range map[string]*string{"label": u.Label, "description": u.Description, "rotate": u.Rotate} {
		if value != nil {
			fact[name] = *value
		}
	}
	if u.Expire != nil {
		fact["expire"] = u.Expire.Format(time.RFC3339)
	}
	if len(u.Content) > 0 {
		fact["content_base64"] = u.Content
	}
	return fact
}

func accessFact(id, role, subject string) map[string]any {
	tag := agent.SubjectTag(subject)
	return map[string]any{"uri": "secret:" + id, "role": role, "scope-tag": tag, "subject-tags": []string{tag}}
}

// newSecrets are the ids of the secrets that a case has added, which the case itself calls {{NEW_SECRET_1}} and so on.
type newSecrets []string

func (n newSecrets) pairs() (ids, names []string) {
	for i, id := range n {
		name := fmt.Sprintf("{{NEW_SECRET_%d}}", i+1)
		ids, names = append(ids, name, id), append(names, id, name)
	}
	return ids, names
}

// fill puts the ids into the place of their names.
func (n newSecrets) fill(text string) string {
	pairs, _ := n.pairs()
	return strings.NewReplacer(pairs...).Replace(text)
}

// name puts the names into the place of the ids.
func (n newSecrets) name(text string) string {
	_, pairs := n.pairs()
	return strings.NewReplacer(pairs...).Replace(text)
}

// named is a case's "after" with the names in the place of the ids.
func (n newSecrets) named(after map[string]any) any {
	text, err := json.Marshal(after)
	if err != nil {
		return err.Error()
	}
	return toAny(json.RawMessage(n.name(string(text))))
}

// learn takes the id from what secret-add has printed.
func (n *newSecrets) learn(argv []string, stdout string) {
	found := regexp.MustCompile(`^secret:([0-9a-v]{20})\n$`).FindStringSubmatch(stdout)
	if argv[0] == "secret-add" && found != nil {
		*n = append(*n, found[1])
	}
}
