package lives

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const recordings = "../testdata/lifevectors"

// recorded are the lives of one file in the recordings.
func recorded(t *testing.T, file string) []Life {
	t.Helper()
	lives, err := Read(filepath.Join(recordings, file))
	if err != nil {
		t.Fatal(err)
	}
	return lives
}

// TestRecordedLives needs each recorded life and each table to pass. The numbers keep a life from being lost.
func TestRecordedLives(t *testing.T) {
	t.Parallel()
	for file, count := range map[string]int{"2.9.json.gz": 51, "3.6.json.gz": 60, "4.0.json.gz": 60, "upstream-tables.json": 26} {
		lives := recorded(t, file)
		if len(lives) != count {
			t.Errorf("%s has %d lives, not %d", file, len(lives), count)
		}
		for _, l := range lives {
			t.Run(file+"/"+l.Name, func(t *testing.T) {
				t.Parallel()
				for _, d := range Replay(l) {
					t.Error(d)
				}
			})
		}
	}
}

// TestEachKindOfTheListIsNeeded finds kinds that no life needs, or that do not say why they are there.
func TestEachKindOfTheListIsNeeded(t *testing.T) {
	t.Parallel()
	list, err := readKinds()
	if err != nil {
		t.Fatal(err)
	}
	lives, texts := map[string][]Life{}, map[string][]string{}
	for version, file := range map[string]string{"2.9": "2.9.json.gz", "3": "3.6.json.gz", "4": "4.0.json.gz"} {
		lives[version] = recorded(t, file)
		for _, l := range lives[version] {
			texts[version] = append(texts[version], text(l))
		}
	}
	for i, one := range list {
		if one.Reason == "" || regexp.MustCompile(`^\d\d`).MatchString(one.Name) {
			t.Errorf("kind %d has no reason, or names a scenario", i+1)
		}
		for _, version := range strings.Fields(one.Juju) {
			name := fmt.Sprintf("%s %s %s of Juju %s", one.About, one.Name, one.Field, version)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				without := slices.Delete(slices.Clone(list), i, i+1)
				sign := one.Name // of lives that it can be about
				switch one.About {
				case "variable":
					sign, _, _ = strings.Cut(one.Hook, "-")
				case "extra-hook":
					sign = "secret-add"
				}
				for n, l := range lives[version] {
					if strings.Contains(texts[version][n], sign) && len(replay(l, without)) > 0 {
						return
					}
				}
				t.Errorf("no life needs the kind %s", name)
			})
		}
	}
}

// TestDifferencesAreFound changes one thing in a recorded life, and needs it to fail for that reason.
func TestDifferencesAreFound(t *testing.T) {
	t.Parallel()
	life := text(recorded(t, "3.6.json.gz")[0])
	for _, test := range []struct{ name, from, to, want string }{
		{"an answer", `"out":"{\"word\":\"zero\"}"`, `"out":"{\"word\":\"one\"}"`, `config-get --format json differs`},
		{"a variable", `"JUJU_MACHINE_ID":"0"`, `"JUJU_MACHINE_ID":"9"`, `variable JUJU_MACHINE_ID is "0", not "9"`},
		{"a variable too many", `"JUJU_UNIT_NAME":`, `"PWD":"/","JUJU_UNIT_NAME":`, "variable PWD is missing"},
		{"a missing variable", `"JUJU_PRINCIPAL_UNIT":"",`, ``, "variable JUJU_PRINCIPAL_UNIT= is not set by Juju"},
		{"another hook", `"hook":"start"`, `"hook":"stop"`, "p/0 runs start, which Juju does not run then"},
		{"an exit code", `"exit":0`, `"exit":3`, "exit code differs"},
		{"a status", `"workload":"unknown"`, `"workload":"active"`, "statuses differ"},
		{"a relation", `"life":"alive"`, `"life":"dying"`, "relations differ"},
		{"the end of an agent", `"states":[`, `"states":[{"end":"p/0"},`, "the agents that have ended differ"},
		{"an unknown step", `"do":"status"`, `"do":"dance"`, `there is no step "dance"`},
		{"half a step", `"do":"status"`, `"do":"leader p"`, `the step "leader p" lacks an argument`},
		{"a unit that there is not", `"do":"status"`, `"do":"resolve p/7"`, `unit "p/7" not found`},
		{"an unknown version", `"juju":"3.6-rc1"`, `"juju":"9"`, `cannot imitate Juju "9"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			changed := strings.ReplaceAll(life, test.from, test.to)
			if changed == life {
				t.Fatalf("the life has no %s", test.from)
			}
			path := filepath.Join(t.TempDir(), "life.json")
			if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			failed, err := Main([]string{path}, &out)
			if err != nil || failed != 1 || !strings.Contains(out.String(), test.want) || !strings.HasSuffix(out.String(), "0 passed, 1 failed\n") {
				t.Errorf("failed %d, error %v, output:\n%s", failed, err, out.String())
			}
		})
	}
}

// TestExecsAndActions plays steps that no recording in the repository has.
func TestExecsAndActions(t *testing.T) {
	t.Parallel()
	life := Life{Name: "execs", Juju: "3.6.1", Steps: []Step{
		{1, "deploy solo-p p 1"},
		{2, "exec p/0 state-set kept=1; exit 3; state-set late=1"},
		{3, "ctl p/0 fix {\"exit\":1,\"cmds\":[[\"state-set\",\"lost=1\"]]}"},
		{4, "action p/0 fix depth=2"},
		{5, "action p/0 fix {\"depth\":2}"},
		{6, "run p/0 6"},
		{7, "status"},
		{8, "run p/0"},
		{9, "ctl p/0 update-status {\"cmds\":[[\"state-get\",\"--format\",\"json\"]]}"},
		{10, "update-status p/0"},
		{11, "run p/0"},
	}}
	p, err := newPlayer(life, nil)
	if err != nil {
		t.Fatal(err)
	}
	var hooks []string
	for _, step := range life.Steps {
		if err := p.do(step); err != nil {
			t.Fatal(err)
		}
		for _, r := range p.probe.ran {
			hooks = append(hooks, fmt.Sprint(step.N, " ", r.short()))
		}
	}
	want := []string{"6 install", "6 leader-elected", "6 fail-action:fix", "6 fail-action:fix", "6 config-changed", "8 start", "11 update-status"}
	if diff := cmp.Diff(want, hooks); diff != "" {
		t.Errorf("hooks (-want +got):\n%s", diff)
	}
	if got, want := p.probe.ran[0].Did[0].Out, `{"kept":"1"}`; got != want {
		t.Errorf("the charm state is %s, not %s", got, want)
	}
	codes := map[string]any{}
	for id, task := range p.tasks {
		codes[id] = task.Results["return-code"]
	}
	if diff := cmp.Diff(map[string]any{"1": 3, "2": 1, "3": 1}, codes); diff != "" {
		t.Errorf("return codes (-want +got):\n%s", diff)
	}
}

// TestDamagedFilesAreRefused needs a reason for each file that holds no lives.
func TestDamagedFilesAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{`{`, "entry 1: unexpected end of JSON input"},
		{`[{"name": "x"}]`, "entry 1: it names no version of Juju"},
		{`{"juju": "3.6.1"}`, "entry 1: it has no name"},
		{`{"name": "x", "juju": "3.6.1"}`, "entry 1: it has no steps"},
		{`{"name": "x", "juju": "3.6.1", "steps": [{}], "hooks": [{"hook": "install", "unit": "p/0", "answers": [{}]}]}`, "entry 1: install of unit p/0 calls a tool without a name"},
		{"\x1f\x8b", "unexpected EOF"},
	} {
		path := filepath.Join(t.TempDir(), "life.json")
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Main([]string{path}, &bytes.Buffer{})
		if want := "cannot read lives: " + path + ": " + test.want; err == nil || err.Error() != want {
			t.Errorf("%q gives %v, not %s", test.text, err, want)
		}
	}
}
