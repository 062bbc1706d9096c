package judge

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/jujusim/model"
)

// Scene is a model with the files of its units.
type Scene struct {
	Model   *model.Model
	Masters string                   // the application of the masters; all others are workers, or have nothing to do with it
	Dir     func(unit string) string // the folder of a unit's charm
	// HasFiles reports whether an application runs the ready worker, which writes kubeconfigs.
	HasFiles func(app string) bool
	// Mute reports whether the units of an application need not be served, because they ask for what they want.
	Mute func(app string) bool
	// Revoked are the units whose request an operator has revoked: they need not be served.
	Revoked map[string]bool
	// Barred are those of them that have asked for nothing else since: they must not be served.
	Barred map[string]bool
	// Groups are those that the operator has allowed at any time.
	Groups map[string]bool
}

// entry is a credential on the wire.
type entry struct {
	Scope    string  `json:"scope"`
	Kubelet  *string `json:"kubelet_token"`
	Proxy    *string `json:"proxy_token"`
	Client   *string `json:"client_token"`
	SecretID string  `json:"secret-id"`
}

// row is a row of a token file.
type row struct{ token, user, uid, groups string }

// owner is the relation, the unit as masters see it, and the role of a row of a master; ok is false for foreign rows.
func (r row) owner() (relation, unit, role string, ok bool) {
	rest, own := strings.CutPrefix(r.uid, "kube-control:")
	parts := strings.Split(rest, "/")
	if !own || len(parts) != 4 {
		return "", "", "", false
	}
	return parts[0], parts[1] + "/" + parts[2], parts[3], true
}

// living are an application's units that are not being removed.
func (s Scene) living(app string) []string {
	a := s.Model.Apps[app]
	if a == nil || a.Dying {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(a.Units), func(unit string) bool { return s.Model.Units[unit].Dying })
}

// workersOf are the living workers of a living relation with the masters.
func (s Scene) workersOf(r *model.Relation) []string {
	if r.Peer() || r.Dying || r.Suspended || r.Side(s.Masters) == nil {
		return nil
	}
	return s.living(r.Remote(s.Masters).App)
}

// relations are those of the masters with workers, by id.
func (s Scene) relations() []*model.Relation {
	var list []*model.Relation
	for _, id := range slices.Sorted(maps.Keys(s.Model.Relations)) {
		if r := s.Model.Relations[id]; !r.Peer() && r.Side(s.Masters) != nil {
			list = append(list, r)
		}
	}
	return list
}

// isWorker reports whether a unit, by the name that masters see, lives in a relation, by its ID on their side.
func (s Scene) isWorker(relation, unit string) bool {
	for _, r := range s.relations() {
		for _, worker := range s.workersOf(r) {
			if s.relationID(r) == relation && r.Seen(s.Masters, worker) == unit {
				return true
			}
		}
	}
	return false
}

// creds are the entries that a master publishes on a relation.
func (s Scene) creds(r *model.Relation, master string) map[string]entry {
	var creds map[string]entry
	if member := r.Side(s.Masters).Units[master]; member != nil && member.Scope == model.InScope {
		_ = json.Unmarshal([]byte(member.Settings["creds"]), &creds)
	}
	return creds
}

// tokens are those of an entry by role, opened if they are in a secret, and what is wrong with that secret.
func (s Scene) tokens(e entry, unit string) (tokens map[string]string, problem string) {
	tokens = map[string]string{}
	if e.SecretID == "" {
		for role, token := range map[string]*string{"kubelet": e.Kubelet, "proxy": e.Proxy, "client": e.Client} {
			if token != nil && *token != "" {
				tokens[role] = *token
			}
		}
		return tokens, ""
	}
	secret := s.Model.Secrets[e.SecretID[strings.LastIndexAny(e.SecretID, ":/")+1:]]
	if secret == nil || !slices.ContainsFunc(secret.Grants, func(g model.Grant) bool { return g.Subject == unit }) {
		return nil, "its secret " + e.SecretID + " is gone or not granted to it"
	}
	content := secret.Revisions[len(secret.Revisions)-1].Content
	for _, role := range []string{"kubelet", "proxy", "client"} {
		if text := opened(content[role+"-token"]); text != "" {
			tokens[role] = text
		}
	}
	return tokens, ""
}

// credential is a secret with a unit's tokens.
type credential struct {
	*model.Secret
	scope string // the unit, as the masters see it
}

// credentials are the masters' secrets with tokens, by ID.
func (s Scene) credentials() []credential {
	var list []credential
	for _, id := range slices.Sorted(maps.Keys(s.Model.Secrets)) {
		if secret := s.Model.Secrets[id]; secret.Owner == s.Masters && strings.HasSuffix(secret.Label, "-creds") {
			list = append(list, credential{secret, opened(secret.Revisions[len(secret.Revisions)-1].Content["scope"])})
		}
	}
	return list
}

// opened is a value of a secret, "" if it cannot be read.
func opened(value string) string {
	text, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return ""
	}
	return string(text)
}

// path is that of a file which an option names.
func (s Scene) path(unit, option string, rest ...string) string {
	name, _ := s.Model.Config(model.AppOf(unit))[option].(string)
	if !filepath.IsAbs(name) {
		name = filepath.Join(s.Dir(unit), name)
	}
	return filepath.Join(append([]string{name}, rest...)...)
}

// rows are a master's token file.
func (s Scene) rows(master string) ([]row, error) {
	f, err := os.Open(s.path(master, "token-auth-file"))
	if err != nil {
		if os.IsNotExist(err) {
			return nil, nil
		}
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	rows := make([]row, len(records))
	for i, fields := range records {
		fields = append(fields, "", "", "", "")
		rows[i] = row{fields[0], fields[1], fields[2], fields[3]}
	}
	return rows, err
}

// files are the kubeconfigs of a worker, by the role of their token.
func files() map[string]string {
	return map[string]string{"kubelet": "kubeconfig", "proxy": "kubeproxyconfig", "client": "kubeclientconfig"}
}

var tokenLine = regexp.MustCompile(`(?m)^ +token: "([^"\n]+)"$`)

// held are the tokens in a worker's kubeconfigs, by role, and what is wrong with the files.
func (s Scene) held(unit string) (held map[string]string, wrong []string) {
	held = map[string]string{}
	for _, role := range []string{"kubelet", "proxy", "client"} {
		path := s.path(unit, "kubeconfig-dir", files()[role])
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if info, err := os.Stat(path); err == nil && info.Mode().Perm() != 0o600 {
			wrong = append(wrong, unit+" has "+files()[role]+" with mode "+info.Mode().String())
		}
		found := tokenLine.FindSubmatch(text)
		if found == nil {
			wrong = append(wrong, unit+" has "+files()[role]+" without a token")
			continue
		}
		held[role] = string(found[1])
	}
	return held, wrong
}
