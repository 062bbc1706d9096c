package stories

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
)

// oracle fails unless a model of ready charms is as every story must leave it. The arguments name units that must have
// nothing; those whose agents are stopped are passed over.
//
//	(a) every live worker holds exactly one set of tokens, which every live master accepts for its own users
//	(b) no token file has a row of ours for a unit that is not a member
//	(c) no hook has failed but those that the simulator killed
//	(d) an update-status and a refresh of each unit write nothing, neither in Juju nor to a file
//	(e) no token that a master has ever listed stands in the log, in arguments, in statuses or in kept state
//	(f) each unit's flags are those that it computes again
func oracle(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: oracle [UNIT...]")
	}
	data := ts.Getenv("JUJUSIM_DATA")
	rest, err := readRest(data)
	ts.Check(err)
	ts.Check(noteTokens(ts, rest))
	ts.Check(rest.accepted(args))
	ts.Check(rest.members())
	flags := map[string]string{}
	for _, unit := range rest.live() {
		flags[unit] = rest.flags(ts, unit)
	}
	before, err := rest.files()
	ts.Check(err)
	jujusim(ts, false, []string{"update-status"})
	jujusim(ts, false, []string{"settle"})
	for _, unit := range rest.live() {
		if !rest.has(unit, "bin/kube-control") {
			continue
		}
		ts.Check(wroteNothing(data, unit))
		on(ts, false, []string{unit, "bin/kube-control refresh"})
		ts.Check(wroteNothing(data, unit))
		if now := rest.flags(ts, unit); now != flags[unit] {
			ts.Fatalf("the flags of %s were\n%sand are, computed anew,\n%s", unit, flags[unit], now)
		}
	}
	after, err := rest.files()
	ts.Check(err)
	maps.DeleteFunc(before, func(name, as string) bool {
		same := after[name] == as
		if same {
			delete(after, name)
		}
		return same
	})
	if len(before)+len(after) > 0 {
		ts.Fatalf("an update-status writes files: before %q, after %q", before, after)
	}
	ts.Check(rest.noFailure())
	ts.Check(noTokens(ts))
}

// rest is a model of ready charms at rest.
type rest struct {
	data   string
	model  *model.Model
	agents uniter.State
}

func readRest(data string) (rest, error) {
	r := rest{data: data}
	text, err := os.ReadFile(filepath.Join(data, "model.json"))
	if err != nil {
		return r, err
	}
	var document struct {
		Agents uniter.State `json:"agents"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return r, err
	}
	r.agents = document.Agents
	r.model, err = readModel(data)
	return r, err
}

// live are the units that run, in order.
func (r rest) live() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(r.model.Units)), func(u string) bool { return r.agents[u] == nil || r.agents[u].Down })
}

func (r rest) isLive(unit string) bool { return slices.Contains(r.live(), unit) }

// path is that of a file in the folder of a unit's charm.
func (r rest) path(unit, name string) string {
	return filepath.Join(r.data, "agents", model.Tag(unit), "charm", name)
}

func (r rest) has(unit, name string) bool { return exists(r.path(unit, name)) }

// flags are what a unit prints; "" for one without our program.
func (r rest) flags(ts *testscript.TestScript, unit string) string {
	if !r.has(unit, "bin/kube-control") {
		return ""
	}
	on(ts, false, []string{unit, "bin/kube-control flags"})
	return ts.ReadFile("stdout")
}

// tokenRow is a row of a token file.
type tokenRow struct{ token, user, uid, groups string }

// tokenFile reads a master's token file, as CSV.
func (r rest) tokenFile(unit string) ([]tokenRow, error) {
	f, err := os.Open(r.path(unit, "cdk/known_tokens.csv"))
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
	var rows []tokenRow
	for _, fields := range records {
		fields = append(fields, "", "", "")
		rows = append(rows, tokenRow{fields[0], fields[1], fields[2], fields[3]})
	}
	return rows, err
}

// eachWorker calls f for each unit that a live master sees, by its own name and by the one that the masters know, with
// the masters of its relation.
func (r rest) eachWorker(f func(relation *model.Relation, unit, seen string, masters []string) error) error {
	var wrong []error
	for _, id := range slices.Sorted(maps.Keys(r.model.Relations)) {
		relation := r.model.Relations[id]
		masters, workers := sides(relation)
		live := slices.DeleteFunc(present(masters), func(u string) bool { return !r.isLive(u) })
		for _, unit := range present(workers) {
			wrong = append(wrong, f(relation, unit, relation.Seen(masters.App, unit), live))
		}
	}
	return errors.Join(wrong...)
}

// held are the tokens in a worker's kubeconfigs, by file.
func (r rest) held(unit string) map[string]string {
	held := map[string]string{}
	for _, name := range []string{"kubeconfig", "kubeproxyconfig", "kubeclientconfig"} {
		text, err := os.ReadFile(r.path(unit, filepath.Join("cdk", name)))
		if found := regexp.MustCompile(`token: "?([^"\s]+)`).FindSubmatch(text); err == nil && found != nil {
			held[name] = string(found[1])
		}
	}
	return held
}

// accepted is (a).
func (r rest) accepted(without []string) error {
	return r.eachWorker(func(relation *model.Relation, unit, seen string, masters []string) error {
		held := r.held(unit)
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
			rows, err := r.tokenFile(master)
			if err != nil {
				return fmt.Errorf("cannot read the token file of %s: %w", master, err)
			}
			got, ahead := map[string]string{}, map[string]string{}
			for _, row := range rows {
				switch {
				case !strings.HasPrefix(row.uid, fmt.Sprintf("kube-control:kube-control:%d/%s/", relation.ID, seen)):
				case got[row.user] == "":
					got[row.user] = row.token
				case ahead[row.user] == "" && row.token != got[row.user]:
					ahead[row.user] = row.token // that of the next rotation, which nobody has yet
				default:
					return fmt.Errorf("%s accepts two tokens of %s for %s", master, unit, row.user)
				}
			}
			if !maps.Equal(got, want) || len(held) != 3 || len(ahead) != 3 {
				return fmt.Errorf("%s holds %d tokens, %s lists %d for it and %d ahead: want three, the same three, and three", unit, len(held), master, len(got), len(ahead))
			}
		}
		return nil
	})
}

// members is (b).
func (r rest) members() error {
	var members []string
	err := r.eachWorker(func(relation *model.Relation, _, seen string, _ []string) error {
		members = append(members, fmt.Sprintf("kube-control:kube-control:%d/%s", relation.ID, seen))
		return nil
	})
	for _, unit := range r.live() {
		rows, readErr := r.tokenFile(unit)
		if readErr != nil {
			return fmt.Errorf("cannot read the token file of %s: %w", unit, readErr)
		}
		for _, row := range rows {
			member := row.uid[:max(0, strings.LastIndexByte(row.uid, '/'))]
			if strings.HasPrefix(row.uid, "kube-control:") && !slices.Contains(members, member) {
				return fmt.Errorf("%s accepts a token of %s, which is no member", unit, row.uid)
			}
		}
	}
	return err
}

// noFailure is (c), of all units that there have ever been.
func (r rest) noFailure() error {
	traces, err := filepath.Glob(filepath.Join(r.data, "trace", "*.jsonl"))
	if err != nil || len(traces) == 0 {
		return fmt.Errorf("there is no trace: %v", err)
	}
	for _, path := range traces {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for d := json.NewDecoder(bytes.NewReader(text)); d.More(); {
			var run struct {
				Hook    string `json:"hook"`
				Code    int    `json:"code"`
				Failure string `json:"failure"`
			}
			if err := d.Decode(&run); err != nil {
				return err
			}
			if run.Hook != "juju-exec" && run.Code > 0 {
				return fmt.Errorf("%s in %s: exit %d %s", run.Hook, filepath.Base(path), run.Code, run.Failure)
			}
		}
	}
	return nil
}

// files are when the files that live units keep were written last.
func (r rest) files() (map[string]string, error) {
	files := map[string]string{}
	for _, unit := range r.live() {
		for _, dir := range []string{".", "cdk"} {
			entries, err := os.ReadDir(r.path(unit, dir))
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

// noteTokens keeps in a file, for the story's further oracles, each token that a master lists and each seed.
func noteTokens(ts *testscript.TestScript, r rest) error {
	var noted []string
	for _, unit := range r.live() {
		rows, err := r.tokenFile(unit)
		if err != nil {
			return err
		}
		for _, row := range rows {
			noted = append(noted, row.token)
		}
	}
	for _, s := range r.model.Secrets {
		for _, revision := range s.Revisions {
			content, err := opened(revision)
			if err != nil {
				return err
			}
			for key, value := range content {
				if strings.HasSuffix(key, "token") || key == "seed" {
					noted = append(noted, value)
				}
			}
		}
	}
	f, err := os.OpenFile(notedTokens(ts), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = fmt.Fprintln(f, strings.Join(noted, "\n"))
	return err
}

func notedTokens(ts *testscript.TestScript) string { return filepath.Join(ts.Getenv("WORK"), "noted") }

// noTokens is (e). Tokens that a story has shown itself are not in these places.
func noTokens(ts *testscript.TestScript) error {
	data := ts.Getenv("JUJUSIM_DATA")
	r, err := readRest(data)
	if err != nil {
		return err
	}
	units, err := json.Marshal(r.model.Units) // charm state and statuses
	if err != nil {
		return err
	}
	places := map[string]string{"the units' state and statuses": string(units)}
	files, err := filepath.Glob(filepath.Join(data, "trace", "*.jsonl"))
	if err != nil {
		return err
	}
	for _, file := range append(files, filepath.Join(data, "debug-log.jsonl"), filepath.Join(ts.Getenv("WORK"), "record")) {
		text, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		places[filepath.Base(file)] = string(text)
	}
	noted, err := os.ReadFile(notedTokens(ts))
	if err != nil {
		return err
	}
	for token := range strings.FieldsSeq(string(noted)) {
		for name, text := range places {
			if strings.Contains(text, token) {
				return fmt.Errorf("a token stands in %s", name)
			}
		}
	}
	return nil
}

// held prints a digest of the tokens that a worker holds, by file: equal ones are equal tokens.
func held(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: held UNIT...")
	}
	r, err := readRest(ts.Getenv("JUJUSIM_DATA"))
	ts.Check(err)
	ts.Check(noteTokens(ts, r))
	for _, unit := range args {
		tokens := r.held(unit)
		if len(tokens) == 0 {
			fmt.Fprintf(ts.Stdout(), "%s nothing\n", unit)
		}
		for _, name := range slices.Sorted(maps.Keys(tokens)) {
			fmt.Fprintf(ts.Stdout(), "%s %s %s\n", unit, name, short(tokens[name]))
		}
	}
}
