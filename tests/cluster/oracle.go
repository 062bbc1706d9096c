package cluster

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/tests/oracle"
)

// Oracle fails the test unless the cluster is as every scenario must leave it. Units in without must hold nothing.
//
//	(a) every live worker holds exactly one set of tokens, which every live master accepts for its own users
//	(b) no token file has a row of ours for a unit that is not a member
//	(c) no hook has failed but those that the simulator killed
//	(d) an update-status and a refresh of each unit write nothing, neither in Juju nor to a file
//	(e) no token that a master has ever listed stands in the log, in arguments, in statuses or in kept state
//	(f) each unit's flags are those that it computes again
func (c *Cluster) Oracle(t testing.TB, without ...string) {
	t.Helper()
	rest := c.AtRest()
	for name, err := range map[string]error{"a": rest.Accepted(without), "b": rest.Members(), "c": c.failed()} {
		if err != nil {
			t.Errorf("oracle (%s): %v", name, err)
		}
	}
	c.Note(t)
	flags := map[string]string{}
	for _, unit := range rest.Live {
		flags[unit] = c.On(t, unit, "bin/kube-control flags")
	}
	before, err := rest.Files()
	if err != nil {
		t.Fatal(err)
	}
	ran := len(c.Runs)
	c.UpdateStatus(t)
	for _, unit := range rest.Live {
		c.On(t, unit, "bin/kube-control refresh")
		if now := c.On(t, unit, "bin/kube-control flags"); now != flags[unit] {
			t.Errorf("oracle (f): the flags of %s were\n%sand are, computed again,\n%s", unit, flags[unit], now)
		}
	}
	for _, run := range c.Runs[ran:] {
		if i := slices.IndexFunc(run.Calls, Writes); i >= 0 {
			t.Errorf("oracle (d): %s of %s wrote: %q", run.Name, run.Unit, run.Calls[i].Argv)
		}
	}
	after, err := rest.Files()
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(before, after) {
		t.Errorf("oracle (d): an update-status writes files: before %q, after %q", before, after)
	}
	if err := c.hidden(); err != nil {
		t.Errorf("oracle (e): %v", err)
	}
	if t.Failed() {
		t.FailNow()
	}
}

// AtRest is the cluster as the oracle looks at it.
func (c *Cluster) AtRest() oracle.Rest {
	r := oracle.Rest{Model: c.Model, Path: c.Path}
	for _, unit := range slices.Sorted(maps.Keys(c.Model.Units)) {
		if a := c.Agents[unit]; a != nil && !a.Down {
			r.Live = append(r.Live, unit)
		}
	}
	return r
}

// Note remembers each token that there is, for (e).
func (c *Cluster) Note(t testing.TB) {
	t.Helper()
	tokens, err := c.AtRest().Tokens()
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range tokens {
		c.noted[token], c.lengths[len(token)] = true, true
	}
}

func (c *Cluster) failed() error {
	for _, run := range c.Runs {
		if run.Code > 0 {
			return fmt.Errorf("%s of %s: exit %d %s", run.Name, run.Unit, run.Code, run.Failure)
		}
	}
	return nil
}

// hidden looks for tokens where none may stand.
func (c *Cluster) hidden() error {
	units, err := json.Marshal(c.Model.Units) // charm state and statuses
	if err != nil {
		return err
	}
	if c.shows(string(units)) {
		return fmt.Errorf("a token stands in the state or the status of a unit")
	}
	for _, record := range c.Model.TakeLogs() {
		if c.shows(record.String()) {
			return fmt.Errorf("a token stands in the log")
		}
	}
	for _, run := range c.Runs {
		for _, call := range run.Calls {
			if c.shows(strings.Join(call.Argv, "\n")) {
				return fmt.Errorf("a token stands in the arguments of %s in %s of %s", call.Argv[0], run.Name, run.Unit)
			}
		}
	}
	return nil
}

// shows tells whether a token stands in a text. It looks at each place where as many letters of tokens follow each other.
func (c *Cluster) shows(text string) bool {
	others := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_+/=", r))
	}
	for word := range strings.FieldsFuncSeq(text, others) {
		for n := range c.lengths {
			for i := 0; i+n <= len(word); i++ {
				if c.noted[word[i:i+n]] {
					return true
				}
			}
		}
	}
	return false
}
