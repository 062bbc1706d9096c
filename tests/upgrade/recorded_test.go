package upgrade

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// scenario is one unit's life with a Python peer, hook by hook.
type scenario struct {
	Peer  string       `json:"peer"`
	Side  string       `json:"side"`
	Cases []recordCase `json:"cases"`
}

// recordCase is what stood there before a hook: the moment in which the charm is replaced.
type recordCase struct {
	Name  string `json:"name"`
	Event struct {
		Env map[string]string `json:"env"`
	} `json:"event"`
	Leader    bool `json:"leader"`
	Relations []struct {
		ID          string                    `json:"id"`
		RemoteApp   string                    `json:"remote_app"`
		Members     []string                  `json:"members"`
		Local       agent.Settings            `json:"local"`
		RemoteUnits map[string]agent.Settings `json:"remote_units"`
	} `json:"relations"`
	Secrets []recordedSecret  `json:"secrets"`
	Rows    map[string]string `json:"state_before"`
}

// recordedSecret is a secret of our application, or a remote one that the unit may read.
type recordedSecret struct {
	ID        string                       `json:"id"`
	Owner     string                       `json:"owner"`
	Label     string                       `json:"label"`
	Latest    int                          `json:"latest"`
	Revisions map[string]map[string]string `json:"revisions"`
	Grants    []struct {
		Relation string `json:"relation"`
		App      string `json:"app"`
		Unit     string `json:"unit"`
	} `json:"grants"`
}

// of is the secret for a unit's world.
func (s recordedSecret) of(unit string) *world.Secret {
	app, _, _ := strings.Cut(unit, "/")
	now := &world.Secret{
		ID: s.ID, Owner: app, Label: s.Label, Latest: s.Latest, Revisions: map[int]map[string]string{},
		Grants: map[string]string{}, Tracked: map[string]int{},
	}
	for n, content := range s.Revisions {
		if i, err := strconv.Atoi(n); err == nil {
			now.Revisions[i] = content
		}
	}
	for _, g := range s.Grants {
		if g.Unit == "" {
			g.Unit = g.App
		}
		now.Grants[g.Unit] = g.Relation
	}
	if s.Owner != "application" {
		now.Owner, now.Grants[unit] = "remote", "kube-control:0"
	}
	return now
}

// TestINV21AnyRecordedMoment replaces the charm at every moment that was recorded of the three peers.
func TestINV21AnyRecordedMoment(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../vectors/*/*/*.json")
	if err != nil || len(files) < 200 {
		t.Fatalf("found %d scenarios: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var s scenario
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		t.Run(s.Peer+"/"+s.Side+"/"+strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			for _, c := range s.Cases {
				c.replace(t, s)
			}
		})
	}
}

func (c recordCase) replace(t *testing.T, s scenario) {
	t.Helper()
	w := world.New(c.Event.Env["JUJU_UNIT_NAME"], world.Charm(t, s.Side, ""))
	w.Leader = c.Leader
	before := map[string]agent.Settings{}
	for _, rel := range c.Relations {
		r := w.Relate(rel.ID, rel.RemoteApp)
		maps.Copy(r.Local, rel.Local)
		for unit, bag := range rel.RemoteUnits {
			r.Remote[unit] = bag
		}
		r.Members = rel.Members
		before[rel.ID] = maps.Clone(r.Local)
	}
	for _, secret := range c.Secrets {
		w.Secrets = append(w.Secrets, secret.of(w.Unit))
	}
	f := recorded(t, s.Peer+"/"+s.Side)
	lay(t, w, f, c.Rows)

	w.MustHook(t, world.Hook{Name: "upgrade-charm"})
	for _, r := range w.Relations {
		c.compare(t, r, s.Side, before[r.ID])
	}
	if m := mode(t, w); m != 0o600 {
		t.Errorf("%s: the file's mode is %o", c.Name, m)
	}
	for _, name := range []string{"config-changed", "update-status"} {
		if run := w.MustHook(t, world.Hook{Name: name}); run.Changed() {
			t.Errorf("%s: %s changes something: %v", c.Name, name, run.Calls())
		}
	}
}

// compare holds a databag to what it was: nothing may differ but the creds of units that are not there, those of a
// follower, those that only the file or a secret of the unit had, and the key that announces secrets.
func (c recordCase) compare(t *testing.T, r *world.Relation, side string, before agent.Settings) {
	t.Helper()
	wanted, got := maps.Clone(before), maps.Clone(r.Local)
	if side == "worker" {
		delete(got, "schema_vers")
		delete(wanted, "schema_vers")
	} else {
		if d := cmp.Diff(c.wanted(r, before["creds"]), entries(got["creds"])); d != "" {
			t.Errorf("%s: creds on %s (-want +got):\n%s", c.Name, r.ID, d)
		}
		delete(got, "creds")
		delete(wanted, "creds")
	}
	if d := cmp.Diff(wanted, got); d != "" {
		t.Errorf("%s: databag of %s (-want +got):\n%s", c.Name, r.ID, d)
	}
}

// wanted are the creds that a relation is to have.
func (c recordCase) wanted(r *world.Relation, before string) map[string]string {
	keep := map[string]string{}
	if !c.Leader {
		return keep
	}
	for _, source := range []map[string]string{entries(c.Rows["creds"]), entries(before)} {
		for user, entry := range source {
			if slices.Contains(r.Members, scope(entry)) {
				keep[user] = entry
			}
		}
	}
	for _, s := range c.Secrets {
		user, ok := strings.CutSuffix(s.Label, "-creds")
		if _, published := keep[user]; !ok || published || len(s.Grants) != 1 || !slices.Contains(r.Members, s.Grants[0].Unit) {
			continue
		}
		keep[user] = fmt.Sprintf(`{"client_token":"","kubelet_token":"","proxy_token":"","scope":%q,"secret-id":"secret:%s"}`, s.Grants[0].Unit, s.ID)
	}
	return keep
}

// entries are creds by user, each as JSON with sorted keys; those without a scope are left out.
func entries(text string) map[string]string {
	var creds map[string]any
	_ = json.Unmarshal([]byte(text), &creds) // what is not an object has no entries
	found := map[string]string{}
	for user, entry := range creds {
		if sorted, err := json.Marshal(entry); err == nil && scope(string(sorted)) != "" {
			found[user] = string(sorted)
		}
	}
	return found
}

func scope(entry string) string {
	var fields struct {
		Scope string `json:"scope"`
	}
	_ = json.Unmarshal([]byte(entry), &fields) // what is not an object has none
	return fields.Scope
}
