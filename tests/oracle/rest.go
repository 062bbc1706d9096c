package oracle

import (
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/jujusim/model"
)

// Rest is a model of ready charms at rest.
type Rest struct {
	Model *model.Model
	// Live are the units whose agents run, in order.
	Live []string
	// Path is that of a file in the folder of a unit's charm.
	Path func(unit, name string) string
}

// The files of the ready charms, with their options set to the folder cdk of the charm.
const tokenFile = "cdk/known_tokens.csv"

// Row is a row of a token file.
type Row struct{ Token, User, UID, Groups string }

// owner is the unit, with its relation, that a row of ours is for.
func (r Row) owner() string { return r.UID[:max(0, strings.LastIndexByte(r.UID, '/'))] }

// TokenFile reads a master's token file, as CSV.
func (r Rest) TokenFile(unit string) ([]Row, error) {
	f, err := os.Open(r.Path(unit, tokenFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	reader := csv.NewReader(f)
	reader.FieldsPerRecord = -1
	records, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("cannot read the token file of %s: %w", unit, err)
	}
	var rows []Row
	for _, fields := range records {
		fields = append(fields, "", "", "")
		rows = append(rows, Row{fields[0], fields[1], fields[2], fields[3]})
	}
	return rows, nil
}

// byOwner are the rows of each live unit's token file, by the unit that they are for.
func (r Rest) byOwner() (map[string]map[string][]Row, error) {
	all := map[string]map[string][]Row{}
	for _, unit := range r.Live {
		rows, err := r.TokenFile(unit)
		if err != nil {
			return nil, err
		}
		all[unit] = map[string][]Row{}
		for _, row := range rows {
			all[unit][row.owner()] = append(all[unit][row.owner()], row)
		}
	}
	return all, nil
}

// Held are the tokens in a worker's kubeconfigs, by file.
func (r Rest) Held(unit string) map[string]string {
	held := map[string]string{}
	for _, name := range []string{"kubeconfig", "kubeproxyconfig", "kubeclientconfig"} {
		text, err := os.ReadFile(r.Path(unit, filepath.Join("cdk", name)))
		if found := regexp.MustCompile(`token: "?([^"\s]+)`).FindSubmatch(text); err == nil && found != nil {
			held[name] = string(found[1])
		}
	}
	return held
}

// eachWorker calls f for each unit that a master sees, with its owner as token files have it and the relation's masters.
func (r Rest) eachWorker(f func(relation *model.Relation, unit, seen, owner string, masters []string) error) error {
	var wrong []error
	for _, id := range slices.Sorted(maps.Keys(r.Model.Relations)) {
		relation := r.Model.Relations[id]
		masters, workers := Sides(relation)
		live := slices.DeleteFunc(Present(masters), func(u string) bool { return !slices.Contains(r.Live, u) })
		for _, unit := range Present(workers) {
			seen := relation.Seen(masters.App, unit)
			wrong = append(wrong, f(relation, unit, seen, fmt.Sprintf("kube-control:%s:%d/%s", masters.Endpoint, id, seen), live))
		}
	}
	return errors.Join(wrong...)
}

// Accepted is (a): every worker holds exactly one set of tokens, which every live master accepts for its own users. Units
// in without must hold nothing.
func (r Rest) Accepted(without []string) error {
	files, err := r.byOwner()
	if err != nil {
		return err
	}
	return r.eachWorker(func(relation *model.Relation, unit, seen, owner string, masters []string) error {
		held := r.Held(unit)
		if slices.Contains(without, unit) {
			if len(held) > 0 {
				return fmt.Errorf("%s holds tokens, and must not", unit)
			}
			return nil
		}
		user := relation.Side(model.AppOf(unit)).Units[unit].Settings["kubelet_user"]
		want := map[string]string{
			strings.ToLower(user): held["kubeconfig"], "system:kube-proxy": held["kubeproxyconfig"], "kube-control:client:" + seen: held["kubeclientconfig"],
		}
		for _, master := range masters {
			got, ahead := map[string]string{}, map[string]string{}
			for _, row := range files[master][owner] {
				switch {
				case got[row.User] == "":
					got[row.User] = row.Token
				case ahead[row.User] == "" && row.Token != got[row.User]:
					ahead[row.User] = row.Token // that of the next rotation, which nobody has yet
				default:
					return fmt.Errorf("%s accepts two tokens of %s for %s", master, unit, row.User)
				}
			}
			if !maps.Equal(got, want) || len(held) != 3 || len(ahead) != 3 {
				return fmt.Errorf("%s holds %d tokens, %s lists %d for it and %d ahead: want three, the same three, and three", unit, len(held), master, len(got), len(ahead))
			}
		}
		return nil
	})
}

// Members is (b): no token file has a row of ours for a unit that is not a member.
func (r Rest) Members() error {
	members := map[string]bool{}
	err := r.eachWorker(func(_ *model.Relation, _, _, owner string, _ []string) error {
		members[owner] = true
		return nil
	})
	if err != nil {
		return err
	}
	files, err := r.byOwner()
	if err != nil {
		return err
	}
	for _, unit := range r.Live {
		for owner, rows := range files[unit] {
			if strings.HasPrefix(rows[0].UID, "kube-control:") && !members[owner] {
				return fmt.Errorf("%s accepts a token of %s, which is not a member", unit, rows[0].UID)
			}
		}
	}
	return nil
}

// Files are when the files that live units keep were written last.
func (r Rest) Files() (map[string]string, error) {
	files := map[string]string{}
	for _, unit := range r.Live {
		for _, dir := range []string{".", "cdk"} {
			entries, err := os.ReadDir(r.Path(unit, dir))
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				return nil, err
			}
			for _, e := range entries {
				info, err := e.Info()
				if err != nil {
					return nil, err
				}
				if info.Mode().IsRegular() {
					files[unit+" "+filepath.Join(dir, e.Name())] = fmt.Sprint(info.ModTime(), info.Size(), info.Mode())
				}
			}
		}
	}
	return files, nil
}

// Tokens are each token that a live master lists, and each token and seed in a secret.
func (r Rest) Tokens() ([]string, error) {
	var noted []string
	for _, unit := range r.Live {
		rows, err := r.TokenFile(unit)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			noted = append(noted, row.Token)
		}
	}
	for _, s := range r.Model.Secrets {
		for _, revision := range s.Revisions {
			content, err := Opened(revision)
			if err != nil {
				return nil, err
			}
			for key, value := range content {
				if strings.HasSuffix(key, "token") || key == "seed" {
					noted = append(noted, value)
				}
			}
		}
	}
	return noted, nil
}

// Opened is what a revision holds, in clear.
func Opened(r *model.Revision) (map[string]string, error) {
	content := map[string]string{}
	for key, value := range r.Content {
		text, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return nil, fmt.Errorf("cannot read revision %d: %w", r.Number, err)
		}
		content[key] = string(text)
	}
	return content, nil
}

// Sides tells a relation's masters from its workers; a relation of another kind has neither.
func Sides(r *model.Relation) (masters, workers *model.Side) {
	masters, workers = &model.Side{}, &model.Side{}
	for _, s := range r.Sides {
		switch {
		case r.Interface != "kube-control":
		case s.Role == model.Provider:
			masters = s
		case s.Role == model.Requirer:
			workers = s
		}
	}
	return masters, workers
}

// Present lists a side's units that the other side can see.
func Present(s *model.Side) []string {
	var units []string
	for _, unit := range slices.Sorted(maps.Keys(s.Units)) {
		if s.Units[unit].Scope == model.InScope {
			units = append(units, unit)
		}
	}
	return units
}
