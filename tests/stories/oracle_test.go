package stories

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
	"github.com/kube-control/kube-control/tests/oracle"
)

// oracleCommand fails unless a model of ready charms is as every story must leave it. The arguments name units that must have
// nothing; those whose agents are stopped are passed over.
//
//	(a) every live worker holds exactly one set of tokens, which every live master accepts for its own users
//	(b) no token file has a row of ours for a unit that is not a member
//	(c) no hook has failed but those that the simulator killed
//	(d) an update-status and a refresh of each unit write nothing, neither in Juju nor to a file
//	(e) no token that a master has ever listed stands in the log, in arguments, in statuses or in kept state
//	(f) each unit's flags are those that it computes again
func oracleCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: oracle [UNIT...]")
	}
	data := ts.Getenv("JUJUSIM_DATA")
	rest, err := readRest(data)
	ts.Check(err)
	ts.Check(noteTokens(ts, rest))
	ts.Check(rest.Accepted(args))
	ts.Check(rest.Members())
	flags := map[string]string{}
	for _, unit := range rest.Live {
		flags[unit] = rest.flags(ts, unit)
	}
	before, err := rest.Files()
	ts.Check(err)
	jujusim(ts, false, []string{"update-status"})
	jujusim(ts, false, []string{"settle"})
	for _, unit := range rest.Live {
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
	after, err := rest.Files()
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

// rest is a model of ready charms at rest, in a data directory.
type rest struct {
	oracle.Rest
	data string
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
	r.Path = func(unit, name string) string { return filepath.Join(data, "agents", model.Tag(unit), "charm", name) }
	if r.Model, err = readModel(data); err != nil {
		return r, err
	}
	for _, unit := range slices.Sorted(maps.Keys(r.Model.Units)) {
		if a := document.Agents[unit]; a != nil && !a.Down {
			r.Live = append(r.Live, unit)
		}
	}
	return r, nil
}

func (r rest) has(unit, name string) bool { return exists(r.Path(unit, name)) }

// flags are what a unit prints; "" for one without our program.
func (r rest) flags(ts *testscript.TestScript, unit string) string {
	if !r.has(unit, "bin/kube-control") {
		return ""
	}
	on(ts, false, []string{unit, "bin/kube-control flags"})
	return ts.ReadFile("stdout")
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

// noteTokens keeps in a file, for the story's further oracles, each token that a master lists and each seed.
func noteTokens(ts *testscript.TestScript, r rest) error {
	noted, err := r.Tokens()
	if err != nil {
		return err
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
	units, err := json.Marshal(r.Model.Units) // charm state and statuses
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
		tokens := r.Held(unit)
		if len(tokens) == 0 {
			fmt.Fprintf(ts.Stdout(), "%s nothing\n", unit)
		}
		for _, name := range slices.Sorted(maps.Keys(tokens)) {
			fmt.Fprintf(ts.Stdout(), "%s %s %s\n", unit, name, short(tokens[name]))
		}
	}
}
