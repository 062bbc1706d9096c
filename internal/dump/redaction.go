package dump

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/ready"
	"github.com/kube-control/kube-control/pkg/hooktool"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Redaction replaces secrets by fingerprints, which have the form of a token.
type Redaction struct {
	key []byte
	// CharmDir is the charm's folder, and TokenFile is the path of the token file, "" where there is none.
	CharmDir, TokenFile string
	// Authority takes the place of what a ready master's tokens are made from, and Texts are the texts that stand for its tokens.
	Authority, Texts map[string]string

	digests []string // of files as they are and as the dump has them, in pairs
}

// NewRedaction makes a redaction from secret random bytes, which are forgotten with it.
func NewRedaction(random []byte) *Redaction { return &Redaction{key: random} }

// Seed is random and says nothing about the unit.
func (r *Redaction) Seed() []byte { return r.sum("seed") }

func (r *Redaction) sum(text string) []byte {
	mac := hmac.New(sha256.New, r.key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// Fingerprint stands for a text; the empty text stays.
func (r *Redaction) Fingerprint(text string) string {
	if text == "" {
		return ""
	}
	if known, ok := r.Texts[text]; ok {
		return known
	}
	return "redacted-" + hex.EncodeToString(r.sum(text)[:16])
}

// output redacts what a tool printed. It is "" for a tool that is not known, and for an answer that is not JSON.
func (r *Redaction) output(call hooktool.Call, stdout []byte) string {
	switch call.Tool {
	case "is-leader", "relation-ids", "relation-list", "status-get", "goal-state", "network-get", "secret-info-get":
		return string(stdout)
	case "relation-get":
		if slices.Contains(call.Args, "--app") {
			return r.object(stdout, r.shared)
		}
		return r.object(stdout, r.wire)
	case "secret-get":
		return r.object(stdout, r.secret)
	case "state-get":
		return r.object(stdout, r.state)
	case "config-get":
		return r.object(stdout, r.option)
	}
	return ""
}

// object redacts the texts of a JSON object by their keys. Numbers and booleans stay, and other values are left out.
func (r *Redaction) object(stdout []byte, redact func(key, value string) string) string {
	var object map[string]any
	if json.Unmarshal(stdout, &object) != nil {
		return ""
	}
	for key, value := range object {
		switch value := value.(type) {
		case string:
			object[key] = redact(key, value)
		case float64, bool, nil:
		default:
			delete(object, key)
		}
	}
	text, err := json.Marshal(object)
	if err != nil {
		return ""
	}
	return string(text)
}

// wire redacts a value of a unit's databag.
func (r *Redaction) wire(key, value string) string {
	switch {
	case key == kubecontrol.KeyCreds:
		return r.creds(value)
	case key == kubecontrol.KeyCohortKeys:
		return r.values(value)
	case isWireKey(key):
		return value
	}
	return r.Fingerprint(value)
}

func isWireKey(key string) bool {
	return slices.ContainsFunc(kubecontrol.Keys(), func(k kubecontrol.Key) bool { return k.Name == key }) ||
		slices.Contains([]string{kubecontrol.KeyPrivateAddress, kubecontrol.KeyIngressAddress, "egress-subnets"}, key)
}

// creds redacts credentials: of an entry only the names, the number and the secret's ID stay.
func (r *Redaction) creds(value string) string {
	var entries map[string]json.RawMessage
	if value == "" || json.Unmarshal([]byte(value), &entries) != nil || entries == nil {
		return r.Fingerprint(value)
	}
	for user, raw := range entries {
		entries[user] = r.credential(raw)
	}
	return encode(entries)
}

func (r *Redaction) credential(raw json.RawMessage) json.RawMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil || fields == nil {
		return json.RawMessage(encode(r.Fingerprint(string(raw))))
	}
	for name, field := range fields {
		var text string
		isText := json.Unmarshal(field, &text) == nil
		switch {
		case slices.Contains([]string{"scope", "secret-id", "generation"}, name):
		case isText:
			fields[name] = json.RawMessage(encode(r.Fingerprint(text)))
		case string(field) != "null":
			fields[name] = json.RawMessage(encode(r.Fingerprint(string(field))))
		}
	}
	return json.RawMessage(encode(fields))
}

// values redacts each value of a JSON object of texts.
func (r *Redaction) values(value string) string {
	var texts map[string]string
	if json.Unmarshal([]byte(value), &texts) != nil || texts == nil {
		return r.Fingerprint(value)
	}
	for key, text := range texts {
		texts[key] = r.Fingerprint(text)
	}
	return encode(texts)
}

// shared redacts a value of the databag that the masters share: what tokens are made from is in it on a Juju without secrets.
func (r *Redaction) shared(key, value string) string {
	switch {
	case key == ready.KeySeed, strings.HasPrefix(key, ready.KeyAdopted):
		return r.Authority[key]
	case r.Texts[value] != "":
		return r.Texts[value]
	}
	return value
}

// secret redacts a value of a secret. A certificate is public.
func (r *Redaction) secret(key, value string) string {
	switch {
	case key == ready.KeySeed, strings.HasPrefix(key, ready.KeyAdopted):
		return r.shared(key, value)
	case key == kubecontrol.SecretEndpoint, isCertificate(value):
		return value
	}
	return r.Fingerprint(value)
}

// isCertificate reports whether a text is certificates and nothing else.
func isCertificate(text string) bool {
	rest := []byte(text)
	for found := false; ; found = true {
		var block *pem.Block
		before := bytes.TrimSpace(rest)
		if len(before) == 0 {
			return found
		}
		if block, rest = pem.Decode(before); block == nil || block.Type != "CERTIFICATE" || !bytes.HasPrefix(before, []byte("-----BEGIN CERTIFICATE-----")) {
			return false
		}
	}
}

// state redacts a value of the charm's state. This program's own has no tokens, but the cohort keys that it publishes. A library
// in the charm may keep anything.
func (r *Redaction) state(key, value string) string {
	switch {
	case key == keyWorker:
		return r.worker(value)
	case slices.Contains([]string{"kube-control-grants", "kube-control-journal"}, key):
		return value
	case !strings.HasPrefix(key, "kube-control/") && !strings.HasPrefix(key, "kube-control-operator/"):
		return r.Fingerprint(value)
	}
	value = r.withDigests(value)
	var published map[string]string
	if json.Unmarshal([]byte(value), &published) != nil || published[kubecontrol.KeyCohortKeys] == "" {
		return value
	}
	published[kubecontrol.KeyCohortKeys] = r.values(published[kubecontrol.KeyCohortKeys])
	return encode(published)
}

// option redacts an option of a ready charm. Commands can have secrets in them, and so can options that are not known.
func (r *Redaction) option(name, value string) string {
	known := []string{
		"dns-provider", "dns-domain", "dns-ip", "cluster-tag", "image-registry", "default-cni", "api-endpoints", "register-with-taints",
		"labels", "token-auth-file", "allowed-groups", "allowed-users", "client-token", "client-group", "node-name", "auth-group",
		"gpu", "schemas", "kubeconfig-dir", "ca-file",
	}
	switch {
	case slices.Contains(known, name), name == "ca-certificate" && isCertificate(strings.TrimSpace(value)):
		return value
	case name == "cohort-keys":
		return r.values(value)
	}
	return r.Fingerprint(value)
}

// keyWorker is the key of a ready worker's record.
const keyWorker = "kube-control-operator/1/worker"

// worker redacts a ready worker's record, which has digests of its files and of all of them together.
func (r *Redaction) worker(value string) string {
	was, is := ready.ReadWorkerRecord(value), ready.ReadWorkerRecord(r.withDigests(value))
	if was.Ran != "" && was.Ran == was.Content() {
		is.Ran = is.Content()
	}
	return is.Encode()
}

// withDigests is a text with the digests of the dump's files in place of those of the unit's.
func (r *Redaction) withDigests(text string) string {
	return strings.NewReplacer(r.digests...).Replace(text)
}

// file redacts a file. Of a file whose form is not known there is no content.
func (r *Redaction) file(f file) File {
	text := string(f.text)
	f.Fingerprint = r.Fingerprint(text)
	dir, name := filepath.Split(f.Path)
	switch {
	case f.Problem != "":
	case filepath.Clean(f.Path) == r.TokenFile: // it may have any name
		f.Content = r.tokenFile(text)
	case filepath.Clean(dir) == filepath.Clean(r.CharmDir) && slices.Contains(publicFiles(), name), isCertificate(strings.TrimSpace(text)):
		f.Content = text
	case ready.IsKubeconfig(f.text):
		f.Content = r.withoutToken(text)
	}
	if f.Content != "" && f.Content != text {
		r.digests = append(r.digests, ready.Digest(f.text), ready.Digest([]byte(f.Content)))
	}
	return f.File
}

// publicFiles are the files in a charm's folder that have nothing secret.
func publicFiles() []string {
	return []string{"metadata.yaml", "kube-control.yaml", ".kube-control-grants"}
}

// withoutToken is a kubeconfig as this program writes it, whose tokens need no escapes, with a fingerprint for the token.
func (r *Redaction) withoutToken(text string) string {
	const before = "    token: \""
	head, rest, _ := strings.Cut(text, before)
	token, tail, _ := strings.Cut(rest, `"`)
	return head + before + r.Fingerprint(token) + `"` + tail
}

// tokenFile redacts a token file: a fingerprint stands for the token in each line, and for a line of another form.
func (r *Redaction) tokenFile(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		end := line[len(strings.TrimRight(line, "\r\n")):]
		token, rest := cutToken(strings.TrimSuffix(line, end))
		b.WriteString(r.Fingerprint(token) + rest + end)
	}
	return b.String()
}

// cutToken cuts a line of a token file behind its token. A line of another form is a token.
func cutToken(line string) (token, rest string) {
	if strings.HasPrefix(line, `"`) {
		fields, err := csv.NewReader(strings.NewReader(line)).Read()
		quoted := ""
		if err == nil && len(fields) > 1 {
			quoted = `"` + strings.ReplaceAll(fields[0], `"`, `""`) + `"`
		}
		if rest, ok := strings.CutPrefix(line, quoted); ok && strings.HasPrefix(rest, ",") {
			return fields[0], rest
		}
		return line, ""
	}
	token, rest, found := strings.Cut(line, ",")
	if !found || strings.ContainsAny(token, "\"#") {
		return line, ""
	}
	return token, "," + rest
}

// encode is a value as JSON. The values here can all be encoded.
func encode(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "null"
	}
	return string(text)
}
