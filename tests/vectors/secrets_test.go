package vectors

import (
	"encoding/json"
	"encoding/pem"
	"maps"
	"slices"
	"strconv"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
	"github.com/kube-control/kube-control/tests/world"
)

// secret is a recorded secret: our application's, or a remote one that this unit may read.
type secret struct {
	ID          string                       `json:"id"`
	Owner       string                       `json:"owner"` // "application" or "remote"
	Label       string                       `json:"label"`
	Description string                       `json:"description"`
	Revisions   map[string]map[string]string `json:"revisions"`
	Latest      int                          `json:"latest"`
	Grants      []struct {
		App  string `json:"app"`
		Unit string `json:"unit"`
	} `json:"grants"`
}

// latest is the content that counts.
func (s secret) latest() map[string]string { return s.Revisions[strconv.Itoa(s.Latest)] }

// subjects are those who may read it.
func (s secret) subjects() []string {
	var names []string
	for _, g := range s.Grants {
		if g.Unit != "" {
			names = append(names, g.Unit)
		} else {
			names = append(names, g.App)
		}
	}
	slices.Sort(names)
	return names
}

// lend shows the unit the recorded secrets of others; its application's own are those that it has made itself.
func lend(w *world.World, recorded []secret) {
	for _, s := range recorded {
		if s.Owner != "remote" {
			continue
		}
		now := &world.Secret{
			ID: s.ID, Owner: s.Owner, Latest: s.Latest, Revisions: map[int]map[string]string{},
			Grants: map[string]string{w.Unit: w.Relations[0].ID}, Tracked: map[string]int{},
		}
		for number, content := range s.Revisions {
			n, _ := strconv.Atoi(number) // recorded numbers are numbers
			now.Revisions[n] = content
		}
		w.Secrets = append(slices.DeleteFunc(w.Secrets, func(o *world.Secret) bool { return o.ID == s.ID }), now)
	}
}

// secretsOf are the application's secrets by label: what the recorded peer and we have put into them, and for whom.
func secretsOf(recorded []secret, w *world.World) (theirs, ours map[string]any) {
	theirs, ours = map[string]any{}, map[string]any{}
	for _, s := range recorded {
		if s.Owner == "application" {
			theirs[s.Label] = []any{s.Description, s.latest(), s.subjects()}
		}
	}
	for _, s := range w.Secrets {
		if s.Owner == "remote" {
			continue
		}
		content := maps.Clone(s.Content())
		delete(content, kubecontrol.SecretScope) // our own keys
		delete(content, kubecontrol.SecretCount)
		if text, ok := content[kubecontrol.SecretCertificate]; ok {
			content[kubecontrol.SecretCertificate] = fromPEM(text)
		}
		ours[s.Label] = []any{s.Description, content, slices.Sorted(maps.Keys(s.Grants))}
	}
	return theirs, ours
}

// bareIDs replaces the secrets' IDs in a value of creds by the form in which they are compared.
func bareIDs(creds any) any {
	entries, _ := creds.(map[string]any)
	for _, e := range entries {
		if entry, ok := e.(map[string]any); ok && entry["secret-id"] != nil {
			entry["secret-id"] = kubecontrol.BareSecretID(entry["secret-id"].(string))
		}
	}
	return creds
}

// toPEM wraps a recorded certificate, which is some short text, into the form that we take.
func toPEM(text string) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte(text)}))
}

func fromPEM(text string) string {
	if block, _ := pem.Decode([]byte(text)); block != nil {
		return string(block.Bytes)
	}
	return text
}

// schemas is schema_vers as the master reads it.
func schemas(value string) any {
	var v any
	if value == "" || json.Unmarshal([]byte(value), &v) != nil {
		return nil
	}
	return v
}
