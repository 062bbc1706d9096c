package threats

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kube-control/kube-control/internal/ready"
	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
	"github.com/kube-control/kube-control/tests/world"
)

// FuzzT07NamesBreakNoTokenFile asks for any user and group, beside whatever stands in the token file: each row that is
// there afterwards is whole, the worker has rows of its own alone, and the second writing changes nothing.
func FuzzT07NamesBreakNoTokenFile(f *testing.F) {
	for _, name := range []string{
		"a,b", "a\"b", "a\nroot,root,0,\"system:masters\"", "\"", "a\r\nb", "#a", "\x00", "é", "system:node:a", " ", "a\tb", "\u2028", "\ufeffa", "=cmd()",
	} {
		f.Add(name, "system:nodes", "foreign,row,7\n")
		f.Add("system:node:a", name, "# comment\nbad,\"quote,1\n")
		f.Add("system:node:a", "system:nodes", name)
	}
	f.Fuzz(func(t *testing.T, user, group, foreign string) {
		w := world.ReadyMaster(t, "kcp/0")
		w.Options["allowed-users"], w.Options["allowed-groups"] = "*", "*"
		file := filepath.Join(w.CharmDir, "known_tokens.csv")
		if err := os.WriteFile(file, []byte(foreign), 0o600); err != nil {
			t.Fatal(err)
		}
		s := stage{World: w, evil: w.Relate("kube-control:2", "evil")}
		s.Joined(t, s.evil, "evil/0", asks(user, group))
		text := s.TokenFile(t)
		read := ready.ReadTokenFile([]byte(text))
		if read.Rejected() != "" {
			t.Fatalf("rows of the file would be rejected: %q", read.Rejected())
		}
		rows := s.rows(t, "evil/0")
		for _, row := range rows {
			if own := row[1] == kubecontrol.NormalUser(user) || row[1] == "system:kube-proxy" || row[1] == "kube-control:client:evil/0"; !own {
				t.Errorf("the worker is %q", row[1])
			}
			if len(row) > 3 && row[3] != group && !(group == "" && row[3] == "system:nodes") {
				t.Errorf("the worker is in %q", row[3])
			}
		}
		if len(rows) != 0 && len(rows) != perWorker {
			t.Errorf("it has %d rows", len(rows))
		}
		s.MustHook(t, world.Hook{Name: "update-status"})
		if s.TokenFile(t) != text {
			t.Errorf("the file was\n%s\nand is\n%s", text, s.TokenFile(t))
		}
	})
}

// workerKeys are the keys that a worker may publish.
func workerKeys() []string {
	var names []string
	for _, key := range kubecontrol.Keys() {
		if key.Writer == kubecontrol.Worker {
			names = append(names, key.Name)
		}
	}
	return names
}

// oddities are values that no worker should send.
func oddities() map[string]string {
	return map[string]string{
		"no JSON": "{", "null": "null", "number": "7", "list": "[1, [2]]", "object": `{"a": {"b": []}}`, "text": `"x"`, "huge number": "1e999999",
		"NUL": "a\x00b", "not UTF-8": "\xff\xfe", "YAML bomb": "&a [*a, *a]", "tag": "!!python/object/apply:os.system [id]", "twice": `{"a": 1, "a": 2}`,
		"newline": "a\nb", "deep list": strings.Repeat("[", 100_000), "deep object": strings.Repeat(`{"a":`, 100_000), "10 MB": strings.Repeat("x", 10<<20),
		"1 MB of schemas": "[" + strings.Repeat("1,", 1<<19) + "1]", "True": "True", "space": " ", "format": "%s%n%!d",
	}
}

func TestT09NoBagStopsTheMaster(t *testing.T) {
	t.Parallel()
	keys := append(workerKeys(), "unit", "creds", "scope", "egress-subnets", "-", "a=b", "")
	for _, key := range keys {
		t.Run(fmt.Sprintf("%q", key), func(t *testing.T) {
			t.Parallel()
			s := set(t, nil)
			check := s.untouched(t)
			for what, value := range oddities() {
				bag := node("x")
				bag[key] = value
				s.Joined(t, s.evil, "evil/0", bag)
				s.MustHook(t, world.Hook{Name: "update-status"})
				check()
				s.Changed(t, s.honest, "kw/1", node("b"))
				if len(s.rows(t, "kw/1")) != perWorker {
					t.Errorf("%s: another worker is not served", what)
				}
				s.Departed(t, s.honest, "kw/1", "kw/1")
				s.Departed(t, s.evil, "evil/0", "evil/0")
				if len(s.rows(t, "evil/0")) > 0 {
					t.Errorf("%s: after it left it has rows", what)
				}
			}
		})
	}
}

func TestT10LargeBagsAreSetAside(t *testing.T) {
	t.Parallel()
	for _, key := range workerKeys() {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			s := set(t, nil)
			check := s.untouched(t)
			kept := len(fmt.Sprint(s.Kept()))
			start := time.Now()
			for i := range 4 {
				bag := node("x")
				bag[key] = oddities()["10 MB"]
				s.Joined(t, s.evil, fmt.Sprintf("evil/%d", i), bag)
			}
			check()
			if want := "4 units not served: "; !strings.HasPrefix(s.Status.Message, want) || len(s.rows(t, "evil/0")) > 0 {
				t.Errorf("status %q, and its rows %v", s.Status.Message, s.rows(t, "evil/0"))
			}
			if took := time.Since(start); took > time.Minute {
				t.Errorf("4 workers of 10 MB took %s", took)
			}
			if grown := len(fmt.Sprint(s.Kept())) - kept; grown > 4*400 {
				t.Errorf("the kept state has grown by %d bytes", grown)
			}
			for _, line := range s.Logs {
				if len(line) > 4096 {
					t.Errorf("a log line of %d bytes", len(line))
				}
			}
			if len(s.Status.Message) > 99 {
				t.Errorf("a status of %d bytes", len(s.Status.Message))
			}
		})
	}
}

func TestT11FlappingMintsNothing(t *testing.T) {
	t.Parallel()
	s := set(t, map[string]any{"on-tokens-changed": "echo x >>runs"})
	check := s.untouched(t)
	s.Joined(t, s.evil, "evil/0", node("x"))
	file, kept, ledger := s.TokenFile(t), len(fmt.Sprint(s.Kept())), len(fmt.Sprint(s.Relation("masters:0").App))
	runs := func() int {
		text, err := os.ReadFile(filepath.Join(s.CharmDir, "runs"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(text), "x")
	}
	before := runs()
	for i := range 500 {
		s.Changed(t, s.evil, "evil/0", with(node("x"), agent.Settings{"gpu": []string{"True", "False"}[i%2], "noise": fmt.Sprint(i)}))
	}
	if s.TokenFile(t) != file || runs() != before {
		t.Errorf("500 changes that ask the same: the command ran %d times, the file is\n%s", runs()-before, s.TokenFile(t))
	}
	for i := range 500 {
		s.Changed(t, s.evil, "evil/0", node([]string{"y", "x"}[i%2]))
	}
	check()
	if rows := s.rows(t, "evil/0"); len(rows) != perWorker {
		t.Errorf("it has %d rows", len(rows))
	}
	if a, b := len(fmt.Sprint(s.Kept())), len(fmt.Sprint(s.Relation("masters:0").App)); a > kept+100 || b > ledger+100 {
		t.Errorf("500 changes of mind: the kept state grew from %d to %d bytes, the ledger from %d to %d", kept, a, ledger, b)
	}
}

func TestT12NamesForgeNoLines(t *testing.T) {
	t.Parallel()
	control := regexp.MustCompile(`[\x00-\x08\x0b-\x1f\x7f]`)
	for _, name := range []string{
		"a\n2026-01-01 00:00:00 INFO unit.kcp/0 forged", "a\x1b[2J\x1b[31mred", "a\rforged", "%s%s%n%d", strings.Repeat("long", 5000), "a\u202eb", "\x00",
	} {
		t.Run(fmt.Sprintf("%.10q", name), func(t *testing.T) {
			t.Parallel()
			s := set(t, nil)
			s.Joined(t, s.evil, "evil/0", asks(name, "system:nodes"))
			s.Joined(t, s.evil, "evil/1", asks("system:node:x", name))
			s.Joined(t, s.evil, "evil/2", agent.Settings{"kubelet_user": "system:node:y", "schema_vers": name, "gpu": name})
			for _, line := range s.Logs {
				if control.MatchString(line) || strings.Contains(line, "\n2026") || strings.Contains(line, "%!") || len(line) > 4096 {
					t.Errorf("logged: %q", line)
				}
			}
			shown := s.Status.Message
			for _, command := range [][]string{{"auth-user"}, {"auth-user", "--refused"}, {"explain"}, {"explain", "--unit", "evil/0"}, {"explain", "--unit", "evil/1"}} {
				shown += s.Must(t, "", command...)
			}
			if control.MatchString(shown) || strings.Contains(shown, "\u202e") || strings.Contains(shown, "\n2026") {
				t.Errorf("shown: %q", shown)
			}
			if len(s.Status.Message) > 99 {
				t.Errorf("a status of %d bytes", len(s.Status.Message))
			}
		})
	}
}

// A worker says what it likes of its GPU: nothing that the master publishes or signs depends on it.
func TestT17LiesAboutAGPUMoveNothing(t *testing.T) {
	t.Parallel()
	s := set(t, nil)
	s.Joined(t, s.evil, "evil/0", node("x"))
	check, published, file := s.untouched(t), maps.Clone(s.evil.Local), s.TokenFile(t)
	for _, gpu := range []string{"True", "False", "True", "true", "maybe", ""} {
		s.Changed(t, s.evil, "evil/0", with(node("x"), agent.Settings{"gpu": gpu}))
		if set := strings.Contains(s.Must(t, "", "flags"), "gpu.available"); set != (gpu == "True") {
			t.Errorf("gpu %q: the flag is %v", gpu, set)
		}
	}
	check()
	if !maps.Equal(s.evil.Local, published) || s.TokenFile(t) != file || slices.Contains(s.Logs, "") {
		t.Errorf("published is %v, was %v", s.evil.Local, published)
	}
}
