package kubecontrol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Credential is one well-formed entry of creds: the tokens for one user, and the unit that they are for.
type Credential struct {
	Scope   Unit
	Kubelet Token
	Proxy   Token
	Client  Token
	// SecretID is the Juju secret that holds the tokens (schema 1), as its master wrote it: "secret:ID" or
	// "secret://MODEL/ID"; "" where the tokens stand here (schema 0).
	SecretID string
	// Generation counts a user's rotations; 0 where the entry has none. Our own field, which every peer ignores.
	Generation int
}

// Complete reports whether the entry holds anything to authenticate with.
func (c Credential) Complete() bool {
	return !c.Kubelet.IsEmpty() || !c.Proxy.IsEmpty() || !c.Client.IsEmpty()
}

// Creds is the value of the key creds: one credential for each user.
type Creds map[string]Credential

// Users lists the users in order.
func (c Creds) Users() []string { return sortedKeys(c) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// EncodeCreds writes creds as reactive-latest does, JSON with sorted keys and Python's spaces; "" for no entry at all,
// which deletes the key.
func EncodeCreds(c Creds) string {
	if len(c) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteByte('{')
	for i, user := range c.Users() {
		if i > 0 {
			b.WriteString(", ")
		}
		quote(&b, user)
		b.WriteString(": ")
		c[user].encode(&b)
	}
	b.WriteByte('}')
	return b.String()
}

func (c Credential) encode(b *strings.Builder) {
	token := func(name string, t Token) {
		fmt.Fprintf(b, "%q: ", name)
		if t.IsNull() {
			b.WriteString("null")
		} else {
			quote(b, t.Reveal())
		}
		b.WriteString(", ")
	}
	b.WriteByte('{')
	token("client_token", c.Client)
	if c.Generation > 0 {
		fmt.Fprintf(b, `"generation": %d, `, c.Generation)
	}
	token("kubelet_token", c.Kubelet)
	token("proxy_token", c.Proxy)
	b.WriteString(`"scope": `)
	quote(b, string(c.Scope))
	if c.SecretID != "" {
		b.WriteString(`, "secret-id": `)
		quote(b, c.SecretID)
	}
	b.WriteByte('}')
}

// DecodeCreds reads a creds text. Entries that are not well-formed are left out, and the error, which names users but
// no values, says which; the good ones stand beside it. "" and "{}" have no entries, and are not errors.
func DecodeCreds(text string) (Creds, error) {
	if text == "" {
		return nil, nil
	}
	if creds, ok := scanCreds(text); ok {
		return creds, nil
	}
	return decodeCreds(text)
}

// decodeCreds is DecodeCreds by encoding/json.
func decodeCreds(text string) (Creds, error) {
	var entries map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &entries); err != nil || entries == nil {
		return nil, errors.New("creds is not a JSON object")
	}
	creds := make(Creds, len(entries))
	var bad []string
	for user, raw := range entries {
		c, err := decodeCredential(raw)
		if err != nil {
			bad = append(bad, fmt.Sprintf("%.64q %v", user, err))
			continue
		}
		creds[user] = c
	}
	if len(bad) == 0 {
		return creds, nil
	}
	slices.Sort(bad)
	if len(bad) > 3 {
		bad = append(bad[:3], fmt.Sprintf("and %d more", len(bad)-3))
	}
	return creds, fmt.Errorf("creds has bad entries: %s", strings.Join(bad, ", "))
}

// CredsReader decodes creds texts, each text once: a hook looks at the same ones many times. The zero value and nil are
// ready; nil remembers nothing. It is not for concurrent use.
type CredsReader struct{ decoded map[string]decodedCreds }

type decodedCreds struct {
	creds Creds
	err   error
}

// Read is DecodeCreds. The caller must not change what it returns.
func (r *CredsReader) Read(text string) (Creds, error) {
	if r == nil {
		return DecodeCreds(text)
	}
	d, known := r.decoded[text]
	if !known {
		d.creds, d.err = DecodeCreds(text)
		if r.decoded == nil {
			r.decoded = map[string]decodedCreds{}
		}
		r.decoded[text] = d
	}
	return d.creds, d.err
}

func decodeCredential(raw json.RawMessage) (Credential, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		return Credential{}, errors.New("is not an object")
	}
	scope, ok := jsonText(fields["scope"])
	if !ok {
		return Credential{}, errors.New("has no text scope")
	}
	c := Credential{Scope: Unit(scope)}
	for _, f := range []struct {
		name string
		to   *Token
	}{{"kubelet_token", &c.Kubelet}, {"proxy_token", &c.Proxy}, {"client_token", &c.Client}} {
		value, present := fields[f.name]
		if !present {
			return Credential{}, fmt.Errorf("has no %s", f.name)
		}
		if isNull(value) {
			continue
		}
		token, ok := jsonText(value)
		if !ok {
			return Credential{}, fmt.Errorf("has a %s that is not a text", f.name)
		}
		*f.to = NewToken(token)
	}
	c.SecretID, _ = jsonText(fields["secret-id"])
	if g, ok := fields["generation"]; ok && json.Unmarshal(g, &c.Generation) != nil {
		c.Generation = 0
	}
	return c, nil
}

// MergeCreds merges what the masters of one relation publish, given in order of their units, for one worker unit: for
// each user an entry scoped to that unit beats others, then the higher generation, then the later master.
func MergeCreds(self Unit, masters []Creds) Creds {
	merged := Creds{}
	for _, creds := range masters {
		for user, c := range creds {
			old, ok := merged[user]
			if !ok || beats(c, old, self) {
				merged[user] = c
			}
		}
	}
	return merged
}

// beats reports whether a later master's entry replaces an earlier one's.
func beats(later, earlier Credential, self Unit) bool {
	if (later.Scope == self) != (earlier.Scope == self) {
		return later.Scope == self
	}
	return later.Generation >= earlier.Generation
}

func jsonText(raw json.RawMessage) (string, bool) {
	var s *string
	if len(raw) == 0 || json.Unmarshal(raw, &s) != nil || s == nil {
		return "", false
	}
	return *s, true
}

func isNull(raw json.RawMessage) bool { return bytes.Equal(bytes.TrimSpace(raw), []byte("null")) }
