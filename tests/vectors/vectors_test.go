// Package vectors replays the recorded hooks of the three Python peers. Each case passes, or stands in deviations.txt
// with the aspects in which we differ and the rule that decides; one that stands there and passes fails as well.
package vectors

import (
	"bufio"
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
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
	"github.com/kube-control/kube-control/tests/world"
)

// scenario is one unit's life, hook by hook.
type scenario struct {
	Peer  string      `json:"peer"`
	Side  string      `json:"side"`
	Cases []*testCase `json:"cases"`
}

type testCase struct {
	Name  string `json:"name"`
	Peer  string `json:"peer"`
	Side  string `json:"side"`
	Event struct {
		Hook string            `json:"hook"`
		Env  map[string]string `json:"env"`
	} `json:"event"`
	Leader    bool       `json:"leader"`
	Relations []relation `json:"relations"`
	Secrets   []secret   `json:"secrets"`
	Calls     [][]any    `json:"calls"`
	Expect    struct {
		Flags        []string                     `json:"flags"`
		FlagsBefore  []string                     `json:"flags_before_calls"`
		Returns      []map[string]any             `json:"returns"`
		Alternatives [][]map[string]any           `json:"returns_alternatives"`
		Published    map[string]map[string]string `json:"published"`
		Secrets      []secret                     `json:"secrets"`
	} `json:"expect"`
}

type relation struct {
	ID          string                    `json:"id"`
	RemoteApp   string                    `json:"remote_app"`
	Members     []string                  `json:"members"`
	Local       agent.Settings            `json:"local"`
	RemoteUnits map[string]agent.Settings `json:"remote_units"`
}

func TestVectors(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*/*/*.json")
	if err != nil || len(files) < 200 {
		t.Fatalf("found %d scenarios: %v", len(files), err)
	}
	deviations := readDeviations(t)
	used := make(map[string]bool)
	for _, file := range files {
		s := readScenario(t, file)
		for _, c := range s.Cases {
			used[c.Name] = true
		}
		t.Run(strings.TrimSuffix(file, ".json"), func(t *testing.T) {
			t.Parallel()
			replay(t, s, deviations)
		})
	}
	for name := range deviations {
		if !used[name] {
			t.Errorf("deviations.txt names %s, which is no case that is replayed", name)
		}
	}
}

// replay runs a scenario's hooks one after the other over one unit, whose state and databags carry over.
func replay(t *testing.T, s scenario, deviations map[string]deviation) {
	w := world.New(s.Cases[0].Event.Env["JUJU_UNIT_NAME"], charmDir(t, s.Side))
	for _, c := range s.Cases {
		found := c.run(t, w)
		aspects := strings.Join(slices.Sorted(maps.Keys(found)), ",")
		if want := deviations[c.Name]; aspects != want.aspects {
			t.Errorf("%s deviates from the recorded peer in [%s], deviations.txt says [%s] %s", c.Name, aspects, want.aspects, want.rule)
			for aspect, difference := range found {
				t.Logf("%s:\n%s", aspect, difference)
			}
		}
	}
}

// run replays one hook with its calls and tells, by aspect, what differs from the recording.
func (c *testCase) run(t *testing.T, w *world.World) map[string]string {
	t.Helper()
	c.prepare(w)
	env := c.Event.Env
	run := w.Begin(world.Hook{
		Name: c.Event.Hook, Relation: env["JUJU_RELATION_ID"], Unit: env["JUJU_REMOTE_UNIT"], Departing: env["JUJU_DEPARTING_UNIT"],
		Secret: kubecontrol.BareSecretID(env["JUJU_SECRET_ID"]), Label: env["JUJU_SECRET_LABEL"], Revision: number(env["JUJU_SECRET_REVISION"]),
	})
	if res := run.Link(); res.Code != 0 {
		t.Fatalf("%s: the hook exits %d: %s", c.Name, res.Code, res.Stderr)
	}
	found := map[string]string{}
	note := func(aspect string, recorded, ours any) {
		if d := cmp.Diff(recorded, ours, cmpopts.EquateEmpty()); d != "" {
			found[aspect] += "(-recorded +ours)\n" + d
		}
	}
	noteFlags := func(recorded, ours []string) {
		for _, name := range flagNames(c.Peer, c.Side) {
			note("flag:"+strings.TrimPrefix(name, "kube-control."), slices.Contains(recorded, name), slices.Contains(ours, name))
		}
	}
	noteFlags(c.Expect.FlagsBefore, flags(t, run))
	for i, recorded := range c.Expect.Returns { // none where the peer's hook itself failed
		name := c.Calls[i][0].(string)
		got := c.call(t, run, c.Calls[i], recorded)
		note("return:"+name, c.wanted(i, got), got)
	}
	noteFlags(c.Expect.Flags, flags(t, run))
	run.Commit()
	for id, bag := range c.Expect.Published {
		if r := w.Relation(id); r != nil {
			recorded, ours := keys(c.Side, bag), keys(c.Side, r.Local)
			for _, key := range slices.Concat(wire[c.Side], jsonKeys) {
				note("published:"+key, recorded[key], ours[key])
			}
		}
	}
	if c.Expect.Secrets != nil {
		theirs, ours := secretsOf(c.Expect.Secrets, w)
		note("secrets", theirs, ours)
	}
	return found
}

func number(text string) int {
	n, _ := strconv.Atoi(text) // "" is none
	return n
}

// prepare brings the world to what Juju showed before the hook. Our own databags stay as we left them.
func (c *testCase) prepare(w *world.World) {
	w.Leader = c.Leader
	old := w.Relations
	w.Relations = nil
	for _, r := range c.Relations {
		now := &world.Relation{ID: r.ID, RemoteApp: r.RemoteApp, Members: r.Members, Local: r.Local, Remote: r.RemoteUnits}
		for _, o := range old {
			if o.ID == r.ID {
				now.Local = o.Local
			}
		}
		now.Broken = c.Event.Hook == "kube-control-relation-broken" && c.Event.Env["JUJU_RELATION_ID"] == r.ID &&
			!strings.HasPrefix(c.Event.Env["JUJU_VERSION"], "2.")
		w.Relations = append(w.Relations, now)
	}
	lend(w, c.Secrets)
}

// flagNames are the interface's flags that a peer has; ours may have more.
func flagNames(peer, side string) []string {
	names := map[string][]string{
		"reactive-2019-05/master": {"connected", "gpu.available", "auth.requested", "departed"},
		"reactive-latest/master":  {"connected", "gpu.available", "requests.changed"},
		"reactive-2019-05/worker": {"connected", "dns.available", "auth.available", "cluster_tag.available", "registry_location.available"},
		"reactive-latest/worker": {
			"connected", "dns.available", "auth.available", "cluster_tag.available", "registry_location.available", "controller_taints.available",
			"controller_labels.available", "cohort_keys.available", "default_cni.available", "api_endpoints.available",
		},
	}[peer+"/"+side]
	full := make([]string, len(names))
	for i, n := range names {
		full[i] = "kube-control." + n
	}
	return full
}

func flags(t *testing.T, run *world.Run) []string {
	t.Helper()
	var list []string
	decode(t, run.Command("flags", "--format", "json"), &list)
	return list
}

// keys are the interface's keys of a bag that this side writes, JSON by value.
func keys(side string, bag map[string]string) map[string]any {
	m := map[string]any{}
	for key, value := range bag {
		switch {
		case slices.Contains(jsonKeys, key) && side == "master":
			var v any
			if json.Unmarshal([]byte(value), &v) != nil {
				v = value
			}
			m[key] = v
			if key == "creds" {
				m[key] = bareIDs(v)
			}
		case key == "ca-certificate-secret-id":
			m[key] = kubecontrol.BareSecretID(value)
		case key == "schema_vers" && side == "worker":
			m[key] = schemas(value)
		case slices.Contains(wire[side], key):
			m[key] = value
		}
	}
	return m
}

var jsonKeys = []string{"creds", "cohort-keys", "default-cni", "api-endpoints", "taints", "labels"}

var wire = map[string][]string{
	"master": {"port", "domain", "sdn-ip", "enable-kube-dns", "cluster-tag", "registry-location", "has-xcp", "ca-certificate-secret-id"},
	"worker": {"kubelet_user", "auth_group", "gpu", "schema_vers"},
}

func decode(t *testing.T, res world.Result, to any) {
	t.Helper()
	if res.Code != 0 {
		t.Fatalf("exit %d: %s", res.Code, res.Stderr)
	}
	if err := json.Unmarshal([]byte(res.Stdout), to); err != nil {
		t.Fatalf("cannot read %q: %v", res.Stdout, err)
	}
}

func charmDir(t *testing.T, side string) string {
	t.Helper()
	dir := t.TempDir()
	role := map[string]string{"master": "provides", "worker": "requires"}[side]
	text := fmt.Sprintf("name: c\nsummary: s\ndescription: d\n%s:\n  kube-control:\n    interface: kube-control\n", role)
	if err := os.WriteFile(filepath.Join(dir, "metadata.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func readScenario(t *testing.T, file string) scenario {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var s scenario
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatalf("cannot read %s: %v", file, err)
	}
	return s
}

// deviation names what differs in a case, sorted and joined by commas, and the rule that decides.
type deviation struct{ aspects, rule string }

// readDeviations reads lines of a case's name, the aspects in which we differ, and the rule.
func readDeviations(t *testing.T) map[string]deviation {
	t.Helper()
	f, err := os.Open("deviations.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	deviations := map[string]deviation{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		aspects, rule, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if rule = strings.TrimSpace(rule); rule == "" {
			t.Fatalf("deviations.txt gives no rule for %s", name)
		}
		deviations[name] = deviation{aspects, rule}
	}
	return deviations
}
