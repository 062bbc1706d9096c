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

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

func TestT15WhoLeftIsNotAccepted(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2.9.51", "3.6.1"} {
		for _, how := range []string{"departed", "unseen", "while another led"} {
			t.Run(version+" "+how, func(t *testing.T) {
				t.Parallel()
				s := setOn(t, version, nil)
				s.Joined(t, s.evil, "evil/0", with(node("x"), agent.Settings{"schema_vers": "[0, 1]"}))
				follower := stage{World: s.Beside(t, "kcp/1")}
				honest, evil := follower.Relate("kube-control:1", "kw"), follower.Relate("kube-control:2", "evil")
				follower.Joined(t, honest, "kw/0", node("a"))
				follower.Joined(t, evil, "evil/0", node("x"))
				check := s.untouched(t)
				switch how {
				case "departed":
					s.Departed(t, s.evil, "evil/0", "evil/0")
					check()
				case "unseen": // as after "resolve --no-retry"
					s.evil.Leave("evil/0")
					s.MustHook(t, world.Hook{Name: "update-status"})
					check()
				case "while another led":
					s.Leader = false
					s.evil.Leave("evil/0")
					s, s.evil = follower, evil
					s.Leader = true
				}
				evil.Leave("evil/0")
				follower.MustHook(t, world.Hook{Name: "leader-elected"})
				for _, m := range []stage{s, follower} {
					if rows := m.rows(t, "evil/0"); len(rows) > 0 || len(m.rows(t, "kw/0")) != perWorker {
						t.Errorf("the file of %s is\n%s", m.Unit, m.TokenFile(t))
					}
				}
				if strings.Contains(s.evil.Local["creds"], "evil/0") {
					t.Errorf("on the wire is %s", s.evil.Local["creds"])
				}
			})
		}
	}
}

func TestT16ASecretEndsWithItsUnit(t *testing.T) {
	t.Parallel()
	for _, unseen := range []bool{false, true} { // by a leader
		t.Run(fmt.Sprint(unseen), func(t *testing.T) {
			t.Parallel()
			s := set(t, nil)
			s.Joined(t, s.evil, "evil/0", with(node("x"), agent.Settings{"schema_vers": "[0, 1]"}))
			if s.Labelled("kcp", "system:node:x-creds") == nil {
				t.Fatal("there is no secret")
			}
			other := s
			if unseen {
				other.World = s.Beside(t, "kcp/1")
				other.Relate("kube-control:1", "kw").Join("kw/0", node("a"))
				other.evil = other.Relate("kube-control:2", "evil")
				other.evil.Join("evil/0", with(node("x"), agent.Settings{"schema_vers": "[0, 1]"}))
				other.MustHook(t, world.Hook{Name: "update-status"})
				other.Departed(t, other.evil, "evil/0", "evil/0")
				other.Leader = true
				other.MustHook(t, world.Hook{Name: "leader-elected"})
			} else {
				other.Departed(t, s.evil, "evil/0", "evil/0")
			}
			if secret := s.Labelled("kcp", "system:node:x-creds"); secret != nil {
				t.Errorf("its secret is still there: %v", secret.Grants)
			}
			if out := other.Must(t, "", "audit"); out != "" {
				t.Errorf("audit finds %s", out)
			}
		})
	}
}

// secrets are all tokens that the master lists, and the seed.
func (s stage) secrets(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, row := range s.all(t) {
		all = append(all, row[0])
	}
	seed := s.Relation("masters:0").App["seed"]
	if secret := s.Labelled("kcp", "token-authority"); secret != nil {
		seed = secret.Content()["seed"]
	}
	if seed == "" || len(all) < 4 {
		t.Fatalf("there is little to look for: %d rows", len(all))
	}
	return append(all, seed)
}

// life is a master's life with everything that handles tokens. It calls see with the tool calls of each hook.
func life(t *testing.T, s stage, see func(calls []agent.Call)) {
	t.Helper()
	r := s.evil
	s.Joined(t, r, "evil/0", with(node("x"), agent.Settings{"schema_vers": "[0, 1]"}))
	see(s.Changed(t, r, "evil/0", node("y")).Calls())
	for _, args := range [][]string{{"rotate-credentials", "--all"}, {"refresh"}, {"revoke", "evil/0"}, {"-v", "explain"}, {"auth-user"}, {"flags"}, {"audit"}} {
		run := s.Begin(world.Hook{})
		if res := run.Command(args...); res.Code != 0 {
			t.Fatalf("%q: exit %d: %s", args, res.Code, res.Stderr)
		} else {
			s.Logs = append(s.Logs, res.Stdout, res.Stderr)
		}
		see(run.Calls())
		run.Commit()
	}
	for _, hook := range []string{"leader-elected", "upgrade-charm", "config-changed", "update-status"} {
		see(s.MustHook(t, world.Hook{Name: hook}).Calls())
	}
	see(s.Departed(t, r, "evil/0", "evil/0").Calls())
}

func TestT18NothingAtRestButTheTokenFile(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2.9.51", "3.6.1"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := setOn(t, version, nil)
			secrets := s.secrets(t)
			life(t, s, func([]agent.Call) { secrets = append(secrets, s.secrets(t)...) })
			for _, path := range tree(t, s.CharmDir) {
				info, err := os.Stat(path)
				if err != nil {
					t.Fatal(err)
				}
				text, _ := os.ReadFile(path) // of a folder nothing
				if holds(string(text), secrets) && (filepath.Base(path) != "known_tokens.csv" || info.Mode().Perm() != 0o600) {
					t.Errorf("%s, %v, holds a token", path, info.Mode())
				}
			}
			if holds(strings.Join(slices.Collect(maps.Values(s.State)), " "), secrets) {
				t.Error("the kept state holds a token")
			}
			if holds(s.Must(t, "", "explain"), secrets) || holds(s.Status.Message, secrets) {
				t.Error("a token is shown")
			}
		})
	}
}

func holds(text string, secrets []string) bool {
	return slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(text, secret) })
}

func TestT18WhatAPythonCharmLeftIsProtected(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	path := filepath.Join(w.CharmDir, ".unit-state.db")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	w.MustHook(t, world.Hook{Name: "upgrade-charm"})
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestT19NoTokenIsAnArgumentOrInTheEnvironment(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2.9.51", "3.6.1"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := setOn(t, version, map[string]any{"on-tokens-changed": "env >>env; tr '\\0' '\\n' </proc/$$/cmdline >>env"})
			secrets := s.secrets(t)
			var calls []agent.Call
			life(t, s, func(more []agent.Call) {
				calls, secrets = append(calls, more...), append(secrets, s.secrets(t)...)
			})
			for _, call := range calls {
				if holds(strings.Join(call.Argv, " "), secrets) {
					t.Errorf("%s has a token for an argument", call.Argv[0])
				}
			}
			env, err := os.ReadFile(filepath.Join(s.CharmDir, "env"))
			if err != nil || !strings.Contains(string(env), "PATH=") || holds(string(env), secrets) {
				t.Errorf("the command's environment holds a token, or is not there: %v", err)
			}
			if holds(strings.Join(s.Logs, "\n"), secrets) {
				t.Error("a token was logged or printed")
			}
		})
	}
}

func TestT20NobodyIsGivenOurContext(t *testing.T) {
	t.Parallel()
	s := set(t, map[string]any{"on-tokens-changed": "env >env"})
	s.Joined(t, s.evil, "evil/0", node("x"))
	env, err := os.ReadFile(filepath.Join(s.CharmDir, "env"))
	if err != nil || strings.Contains(string(env), "JUJU_") || strings.Contains(string(env), s.Unit+"-") {
		t.Errorf("the command's environment, %v:\n%s", err, env)
	}
	res := s.Begin(world.Hook{Name: "update-status"}).Program("", "kube-control", "-v", "refresh")
	said := res.Stdout + res.Stderr + strings.Join(s.Logs, "\n")
	if context := regexp.MustCompile(`kcp/0-\d+`); strings.Contains(said, "CONTEXT") || context.MatchString(said) {
		t.Errorf("the context was printed: %s", said)
	}
}
