package chaos

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
	"github.com/kube-control/kube-control/tests/chaos/judge"
)

// scene is the cluster as the judge sees it.
func (c *cluster) scene() judge.Scene {
	return judge.Scene{
		Model: c.model, Masters: masters, Dir: c.charmDir, Revoked: c.revoked, Barred: c.barred, Groups: c.groups,
		HasFiles: func(app string) bool { return c.ready && (c.kinds[app] == "worker" || c.kinds[app] == "side") },
		Mute:     func(app string) bool { return c.kinds[app] == "rogue" || c.kinds[app] == "box" },
	}
}

// judge lists what is wrong with a cluster at rest.
func (c *cluster) judge() []string { return c.scene().AtRest() }

// evidence is what programs have said in a life, and the tokens that nobody may have said.
type evidence struct {
	words  map[string]string // long words of arguments, output and logs, and where each was first
	tokens map[string]bool
}

func newEvidence() *evidence { return &evidence{map[string]string{}, map[string]bool{}} }

// say keeps the words of a text that are long enough to be a token.
func (e *evidence) say(where string, texts ...string) {
	for _, text := range texts {
		for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(" \t\n\"'=,:;(){}[]", r) }) {
			if len(word) >= 16 && e.words[word] == "" {
				e.words[word] = where
			}
		}
	}
}

// note keeps what a run of a program shows to others: its arguments, and whether it wrote.
func (c *cluster) note(run uniter.Trace) {
	for _, call := range run.Calls {
		c.seen.say("the arguments of "+run.Unit+" in "+run.Name, call.Argv...)
	}
	c.runs = append(c.runs, run)
	_, isThere := c.model.Units[run.Unit] // Juju denies all to a unit that was removed by force
	isHook, isOurs := run.Hook.Kind != "" && isThere, inProcess{c}.links(model.AppOf(run.Unit)) != ""
	switch {
	case run.Failure == "" || !isHook || !isOurs || strings.HasPrefix(run.Failure, "cannot commit"): // Juju may refuse a grant to a unit that is gone
	case c.excuses[run.Unit] > 0:
		c.excuses[run.Unit]--
	default:
		c.failures = append(c.failures, fmt.Sprintf("%s of %s fails, and nothing was made to fail: %s", run.Name, run.Unit, run.Failure))
	}
}

// watch judges a cluster at any moment.
func (c *cluster) watch() []string {
	scene := c.scene()
	maps.Copy(c.seen.tokens, scene.Tokens())
	for _, record := range c.model.TakeLogs() {
		c.seen.say("the log of "+record.Unit, record.Message)
		if record.Level == "ERROR" || record.Level == "WARNING" {
			c.troubles = append(c.troubles, record.String())
		}
	}
	return append(scene.Always(), c.failures...)
}

// leaks says where a token stands that must not.
func (c *cluster) leaks() []string {
	var wrong []string
	texts := map[string]string{}
	for _, unit := range sorted(c.model.Units) {
		u := c.model.Units[unit]
		texts["the status of "+unit] = fmt.Sprint(u.Agent, c.model.UnitStatus(unit))
		state, _ := json.Marshal(u.CharmState)
		texts["the state of "+unit] = string(state)
	}
	for token := range c.seen.tokens {
		if where := c.seen.words[token]; where != "" {
			wrong = append(wrong, "a token stands in "+where)
		}
		for _, where := range sorted(texts) {
			if strings.Contains(texts[where], token) {
				wrong = append(wrong, "a token stands in "+where)
			}
		}
	}
	slices.Sort(wrong)
	return slices.Compact(wrong)
}

// idle says what an update-status of all units writes, and which hook of it costs too much: a hook without a change makes
// 10 calls, one more for each relation, and reads the bags of 16 workers.
func (c *cluster) idle() []string {
	before := c.print()
	c.runs = nil
	for _, s := range []step{{"update-status"}, {"settle"}} {
		if err := c.play(s); err != nil {
			return []string{err.Error()}
		}
	}
	var wrong []string
	for _, run := range c.runs {
		if !c.ready && model.AppOf(run.Unit) != masters || c.kinds[model.AppOf(run.Unit)] == "rogue" {
			continue
		}
		for _, call := range run.Calls {
			if writes(call.Argv[0]) {
				wrong = append(wrong, fmt.Sprintf("%s of %s writes at rest: %s", run.Name, run.Unit, call.Argv[0]))
			}
		}
		if limit := 10 + 16 + 2*len(c.model.RelationsOf(model.AppOf(run.Unit))); len(run.Calls) > limit {
			wrong = append(wrong, fmt.Sprintf("%s of %s makes %d calls at rest, more than %d", run.Name, run.Unit, len(run.Calls), limit))
		}
	}
	after := c.print()
	for _, what := range sorted(before) {
		if before[what] != after[what] {
			wrong = append(wrong, "an update-status at rest changes "+what)
		}
	}
	return wrong
}

// writes reports whether a hook tool writes.
func writes(tool string) bool {
	_, verb, _ := strings.Cut(tool, "-")
	return slices.Contains([]string{"set", "delete", "add", "grant", "revoke", "remove"}, verb)
}

// print is what must not change at rest, by its name: databags, charm state, secrets, and the files of units.
func (c *cluster) print() map[string]string {
	prints := map[string]string{}
	for id, r := range c.model.Relations {
		for _, side := range r.Sides {
			prints[fmt.Sprintf("the bag of %s in relation %d", side.App, id)] = fmt.Sprint(side.Bag.Version)
			for unit, member := range side.Units {
				prints[fmt.Sprintf("the bag of %s in relation %d", unit, id)] = fmt.Sprint(member.Version)
			}
		}
	}
	for unit, u := range c.model.Units {
		prints["the state of "+unit] = fmt.Sprint(u.CharmState)
	}
	for id, s := range c.model.Secrets {
		prints["the secret "+id] = fmt.Sprint(s.Latest, len(s.Revisions), s.Grants)
	}
	_ = filepath.WalkDir(filepath.Join(c.data, "agents"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil //nolint:nilerr // a file that has just gone is missing in the print
		}
		text, _ := os.ReadFile(path)
		info, _ := d.Info()
		prints["the file "+strings.TrimPrefix(path, c.data)] = fmt.Sprint(sha256.Sum256(text), info.ModTime())
		return nil
	})
	return prints
}
