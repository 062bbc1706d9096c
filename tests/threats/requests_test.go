package threats

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

func TestT01ClientTokenIsTheUnitsOwn(t *testing.T) {
	t.Parallel()
	for _, schemas := range []string{"", "[0, 1]"} {
		t.Run("schemas "+schemas, func(t *testing.T) {
			t.Parallel()
			s := set(t, nil)
			s.Joined(t, s.honest, "kw/1", with(node("b"), agent.Settings{"schema_vers": schemas}))
			zero, _ := s.entry(t, s.honest, "system:node:a")
			one, _ := s.entry(t, s.honest, "system:node:b")
			if token := one.Client.Reveal(); token == "" || token == adminToken || token == zero.Client.Reveal() {
				t.Errorf("the client token of kw/1 is not its own")
			}
			for _, row := range s.all(t)[1:] {
				if slices.Contains(row[3:], "system:masters") {
					t.Errorf("a worker was given all rights: %s", row[2])
				}
				if row[0] == one.Client.Reveal() && !slices.Equal(row[1:], []string{"kube-control:client:kw/1", row[2], "system:nodes"}) {
					t.Errorf("the client token is of %q", row[1:])
				}
			}
		})
	}
}

func with(bag, more agent.Settings) agent.Settings {
	bag = maps.Clone(bag)
	maps.Copy(bag, more)
	maps.DeleteFunc(bag, func(_, value string) bool { return value == "" })
	return bag
}

func TestT02RelationsShowTheirOwnUnitsAlone(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2.9.51", "3.6.1"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := setOn(t, version, nil)
			s.Joined(t, s.evil, "evil/0", node("x"))
			if !strings.Contains(s.evil.Local["creds"], `"evil/0"`) || strings.Contains(s.evil.Local["creds"], "kw/") || strings.Contains(s.honest.Local["creds"], "evil/") {
				t.Errorf("one relation has %s\nthe other %s", s.honest.Local["creds"], s.evil.Local["creds"])
			}
			s.secretsStay(t)
		})
	}
}

func TestT02SecretsAreForOneUnit(t *testing.T) {
	t.Parallel()
	s := set(t, nil)
	for i, name := range []string{"x", "y"} {
		s.Joined(t, s.evil, fmt.Sprintf("evil/%d", i), with(node(name), agent.Settings{"schema_vers": "[0, 1]"}))
		secret := s.Labelled("kcp", "system:node:"+name+"-creds")
		if secret == nil || len(secret.Grants) != 1 || secret.Grants[fmt.Sprintf("evil/%d", i)] == "" {
			t.Fatalf("the secret for %s is %+v", name, secret)
		}
		if strings.Contains(s.evil.Local["creds"], s.rows(t, fmt.Sprintf("evil/%d", i))[0][0]) {
			t.Errorf("its token stands in the databag, too")
		}
	}
	if seed := s.Labelled("kcp", "token-authority"); seed == nil || len(seed.Grants) > 0 {
		t.Errorf("the seed's secret is %+v", seed)
	}
}

func TestT03GroupOfTheAdministrators(t *testing.T) {
	t.Parallel()
	s := set(t, nil)
	check := s.untouched(t)
	s.Joined(t, s.evil, "evil/0", asks("system:node:x", "system:masters"))
	s.refused(t, "evil/0", "asks for group system:masters")
	check()
	s.Joined(t, s.honest, "kw/1", node("b"))
	if len(s.rows(t, "kw/1")) != perWorker {
		t.Errorf("another worker is not served:\n%s", s.TokenFile(t))
	}
}

// Whatever the options allow.
func TestT04NamesOfOthersAreNotGiven(t *testing.T) {
	t.Parallel()
	for _, user := range []string{
		"admin", "Admin", "system:kube-proxy", "system:kube-controller-manager", "system:kube-scheduler", "system:apiserver",
		"system:serviceaccount:kube-system:default", "system:masters", "kube-control:admin", "kube-control:client:kw/0", "jane",
	} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			s := set(t, map[string]any{"allowed-users": "*"})
			file := filepath.Join(s.CharmDir, "known_tokens.csv")
			if err := os.WriteFile(file, []byte(adminRow+"janes-token,jane,7\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			s.MustHook(t, world.Hook{Name: "update-status"})
			check := s.untouched(t)
			s.Joined(t, s.evil, "evil/0", asks(user, "system:nodes"))
			if user == "Admin" { // to Kubernetes another user, and to nobody else one with rights
				check()
				return
			}
			s.refused(t, "evil/0", "asks for user "+user)
			check()
			if strings.Contains(s.evil.Local["creds"], "janes-token") {
				t.Error("jane's token was given away")
			}
		})
	}
}

func TestT05WhoClaimsAUserAndLeavesTakesNothingAlong(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"system:node:a", "system:node:A", "admin", "system:kube-proxy"} {
		for _, another := range []bool{false, true} { // leader by then
			t.Run(fmt.Sprintf("%s, another leader %v", user, another), func(t *testing.T) {
				t.Parallel()
				s := set(t, nil)
				other := stage{World: s.Beside(t, "kcp/1")}
				other.honest, other.evil = other.Relate("kube-control:1", "kw"), other.Relate("kube-control:2", "evil")
				if err := os.WriteFile(filepath.Join(other.CharmDir, "known_tokens.csv"), []byte(adminRow), 0o600); err != nil {
					t.Fatal(err)
				}
				other.Joined(t, other.honest, "kw/0", node("a"))
				s.Joined(t, s.evil, "evil/0", asks(user, "system:nodes"))
				other.Joined(t, other.evil, "evil/0", asks(user, "system:nodes"))
				if another {
					s.Leader, other.Leader = false, true
					other.MustHook(t, world.Hook{Name: "leader-elected"})
					s = other
				}
				if len(s.rows(t, "evil/0")) > 0 {
					t.Errorf("the claim was signed")
				}
				check := s.untouched(t)
				s.Departed(t, s.evil, "evil/0", "evil/0")
				s.MustHook(t, world.Hook{Name: "update-status"})
				check()
			})
		}
	}
}

func TestT06OneUserIsForOneUnit(t *testing.T) {
	t.Parallel()
	s := set(t, nil)
	check := s.untouched(t)
	old := s.rows(t, "kw/0")
	s.Joined(t, s.honest, "kw/1", node("A")) // a clone, as Kubernetes compares names
	s.refused(t, "kw/1", "asks for the user of kw/0")
	check()
	if text := s.Must(t, "", "explain"); !strings.Contains(text, "kw/1") || !strings.Contains(text, "kw/0 holds") {
		t.Errorf("explain says\n%s", text)
	}
	s.Departed(t, s.honest, "kw/0", "kw/0")
	now := s.rows(t, "kw/1")
	if len(now) != perWorker || len(s.rows(t, "kw/0")) != 0 {
		t.Fatalf("after the first has left the file is\n%s", s.TokenFile(t))
	}
	for i := range now {
		if now[i][0] == old[i][0] {
			t.Errorf("the second was given the first one's token")
		}
	}
}

func TestT08NamesThatLookAlikeShareNothing(t *testing.T) {
	t.Parallel()
	s := set(t, nil)
	units := map[string]string{"kw/1": "k-1", "kw/11": "k.1", "kw/10": "k1", "kw/2": "k-1.a"}
	for unit, name := range units {
		s.Joined(t, s.honest, unit, node(name))
	}
	s.Joined(t, s.evil, "evil/1", node("k--1"))
	tokens := map[string]bool{}
	for _, row := range s.all(t) {
		if tokens[row[0]] {
			t.Errorf("a token is listed twice: %s", row[2])
		}
		tokens[row[0]] = true
	}
	if len(tokens) != 1+6*perWorker {
		t.Errorf("%d tokens for 6 workers:\n%s", len(tokens), s.TokenFile(t))
	}
	s.Departed(t, s.honest, "kw/1", "kw/1")
	for _, unit := range []string{"kw/10", "kw/11", "kw/2", "evil/1"} {
		if len(s.rows(t, unit)) != perWorker {
			t.Errorf("%s has %v after kw/1 left", unit, s.rows(t, unit))
		}
	}
	if !strings.Contains(s.honest.Local["creds"], `"kw/10"`) || strings.Contains(s.honest.Local["creds"], `"kw/1"`) {
		t.Errorf("on the wire is %s", s.honest.Local["creds"])
	}
}

func TestT13ValuesAreNoOptions(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"--file=/etc/shadow", "-r", "@/etc/shadow", "--", "-"} {
		for _, schemas := range []string{"", "[0, 1]"} {
			t.Run(user+" "+schemas, func(t *testing.T) {
				t.Parallel()
				s := set(t, map[string]any{"allowed-users": "*", "allowed-groups": "*"})
				s.Joined(t, s.evil, "evil/0", agent.Settings{"kubelet_user": user, "auth_group": user, "schema_vers": schemas})
				if rows := s.rows(t, "evil/0"); len(rows) != perWorker || rows[0][1] != user || rows[0][3] != user {
					t.Errorf("its rows are %q", rows)
				}
				if entry, ok := s.entry(t, s.evil, user); !ok || entry.Scope != "evil/0" || !entry.Complete() {
					t.Errorf("on the wire is %s", s.evil.Local["creds"])
				}
				run := s.Changed(t, s.evil, "evil/0", agent.Settings{"kubelet_user": user + "x", "auth_group": user})
				for _, call := range run.Calls() {
					tail := slices.Index(call.Argv, "--")
					for i, arg := range call.Argv {
						if len(user) > 2 && strings.HasPrefix(arg, user) && (tail < 0 || i < tail) && call.Argv[i-1] != "--label" {
							t.Errorf("a peer's text is an argument of its own: %q", call.Argv)
						}
					}
				}
				s.Departed(t, s.evil, "evil/0", "evil/0")
				if len(s.rows(t, "evil/0")) > 0 {
					t.Errorf("after it left the file is\n%s", s.TokenFile(t))
				}
			})
		}
	}
}

func TestT14NoPathHasAPartOfAPeers(t *testing.T) {
	t.Parallel()
	s := set(t, map[string]any{"allowed-users": "*", "allowed-groups": "*"})
	before := tree(t, filepath.Dir(s.CharmDir))
	for _, user := range []string{"../../root/x", "/etc/cron.d/x", "..", "x/../../y", "known_tokens.csv"} {
		s.Joined(t, s.evil, "evil/0", agent.Settings{"kubelet_user": user, "auth_group": user, "cluster-tag": user})
		s.Must(t, "", "rotate-credentials", "--unit", "evil/0")
	}
	if after := tree(t, filepath.Dir(s.CharmDir)); !slices.Equal(before, after) {
		t.Errorf("there are other files: %q, were %q", after, before)
	}
	s.Joined(t, s.evil, "evil/1", node("../../root/x"))
	s.refused(t, "evil/1", `asks for user "system:node:../../root/x", which is not a node name`)
}

// tree lists the files below a folder.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var paths []string
	if err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		paths = append(paths, path)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return paths
}
