package session_test

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
	"github.com/kube-control/kube-control/pkg/kubecontrol"
	"github.com/kube-control/kube-control/tests/world"
)

func asks(user, group string) agent.Settings {
	return agent.Settings{"kubelet_user": user, "auth_group": group}
}

// TestINV4AnyLeaderGivesTheSameTokens lets each of three ready masters lead, the last one new and another one with all
// state and bags of its own lost: each leader publishes the same tokens, and all list the same.
func TestINV4AnyLeaderGivesTheSameTokens(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2.9.51", "3.6.1"} {
		for _, schemas := range []string{"", "[0, 1]"} {
			t.Run(version+" "+schemas, func(t *testing.T) {
				t.Parallel()
				first := world.ReadyMaster(t, "kcp/0")
				first.Version = version
				masters := []*world.World{first, first.Beside(t, "kcp/1"), first.Beside(t, "kcp/2")}
				for _, w := range masters {
					r := w.Relate("kube-control:1", "kw")
					for i := range 3 {
						bag := asks(fmt.Sprintf("system:node:n%d", i), "system:nodes")
						bag["schema_vers"] = schemas
						w.Joined(t, r, fmt.Sprintf("kw/%d", i), bag)
					}
				}
				wire, file := first.Relation("kube-control:1").Local["creds"], first.TokenFile(t)
				lost := masters[1]
				lost.State = map[string]string{}
				if err := os.Remove(filepath.Join(lost.CharmDir, "known_tokens.csv")); err != nil {
					t.Fatal(err)
				}
				for _, leader := range []int{1, 2, 0, 2} {
					for i, w := range masters {
						w.Leader = i == leader
					}
					masters[leader].MustHook(t, world.Hook{Name: "leader-elected"})
					for i, w := range masters {
						w.MustHook(t, world.Hook{Name: "update-status"})
						want := ""
						if i == leader {
							want = wire
						}
						if got := w.Relation("kube-control:1").Local["creds"]; got != want {
							t.Errorf("while kcp/%d leads kcp/%d publishes\n%q, want\n%q", leader, i, got, want)
						}
						if w.TokenFile(t) != file {
							t.Errorf("while kcp/%d leads kcp/%d lists\n%s, want\n%s", leader, i, w.TokenFile(t), file)
						}
					}
				}
			})
		}
	}
}

// readyWorker is a ready worker whose kubeconfigs are in its charm's folder.
func readyWorker(t *testing.T) (*world.World, *world.Relation) {
	t.Helper()
	w := world.New("kw/0", world.Charm(t, "worker", "operator: worker\nstatus: true\n"))
	w.Options = world.Defaults(t, "worker")
	maps.Copy(w.Options, map[string]any{"node-name": "n0", "gpu": "false", "kubeconfig-dir": "kube", "ca-file": "ca.crt", "schemas": "0"})
	const certificate = "-----BEGIN CERTIFICATE-----\nMQ==\n-----END CERTIFICATE-----\n"
	if err := os.WriteFile(filepath.Join(w.CharmDir, "ca.crt"), []byte(certificate), 0o600); err != nil {
		t.Fatal(err)
	}
	return w, w.Relate("kube-control:1", "kcp")
}

// serves is what a master publishes for it, with tokens that end in a text; "" for no creds.
func serves(tokens string) agent.Settings {
	bag := agent.Settings{"enable-kube-dns": "True", "port": "53", "api-endpoints": `["https://10.0.0.1:6443"]`}
	if tokens != "" {
		bag["creds"] = fmt.Sprintf(`{"system:node:n0": {"scope": "kw/0", "kubelet_token": "kubelet-%[1]s", "proxy_token": "proxy-%[1]s", "client_token": "client-%[1]s"}}`, tokens)
	}
	return bag
}

// kubeconfig is the kubelet's file, "" if there is none.
func kubeconfig(t *testing.T, w *world.World) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.CharmDir, "kube", "kubeconfig"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// TestINV7FilesOutliveAGap takes from a ready worker what its master gave, in every way but one: its files stay as they
// are, until there is something else to write, or the relation is broken.
func TestINV7FilesOutliveAGap(t *testing.T) {
	t.Parallel()
	gaps := map[string]func(t *testing.T, w *world.World, r *world.Relation){
		"no creds":          func(t *testing.T, w *world.World, r *world.Relation) { w.Changed(t, r, "kcp/0", serves("")) },
		"empty bag":         func(t *testing.T, w *world.World, r *world.Relation) { w.Changed(t, r, "kcp/0", agent.Settings{}) },
		"the master leaves": func(t *testing.T, w *world.World, r *world.Relation) { w.Departed(t, r, "kcp/0", "kcp/0") },
		"broken creds": func(t *testing.T, w *world.World, r *world.Relation) {
			w.Changed(t, r, "kcp/0", agent.Settings{"creds": "{"})
		},
		"creds of others": func(t *testing.T, w *world.World, r *world.Relation) {
			w.Changed(t, r, "kcp/0", agent.Settings{"creds": strings.ReplaceAll(serves("two22")["creds"], "kw/0", "kw/9")})
		},
		"a secret that can't be read": func(t *testing.T, w *world.World, r *world.Relation) {
			w.Changed(t, r, "kcp/0", agent.Settings{"creds": `{"system:node:n0": {"scope": "kw/0", "secret-id": "secret:9m4e2mr0ui3e8a215n4g"}}`})
		},
		"denied relation": func(t *testing.T, w *world.World, r *world.Relation) { r.Forgotten = true },
		"bad option": func(t *testing.T, w *world.World, _ *world.Relation) {
			w.Options["node-name"] = "_"
			w.MustHook(t, world.Hook{Name: "config-changed"})
		},
		"another name is asked for": func(t *testing.T, w *world.World, _ *world.Relation) {
			w.Options["node-name"] = "n1"
			w.MustHook(t, world.Hook{Name: "config-changed"})
		},
	}
	for name, gap := range gaps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := readyWorker(t)
			w.Joined(t, r, "kcp/0", serves("one11"))
			before := kubeconfig(t, w)
			if !strings.Contains(before, "kubelet-one11") {
				t.Fatalf("the kubeconfig is %q", before)
			}
			gap(t, w, r)
			for _, hook := range []string{"update-status", "config-changed"} {
				w.MustHook(t, world.Hook{Name: hook})
				if got := kubeconfig(t, w); got != before {
					t.Errorf("after %s the kubeconfig is %q", hook, got)
				}
			}
			r.Forgotten, w.Options["node-name"] = false, "n0"
			w.MustHook(t, world.Hook{Name: "config-changed"})
			w.Joined(t, r, "kcp/1", serves("three"))
			if got := kubeconfig(t, w); !strings.Contains(got, "kubelet-three") {
				t.Errorf("new tokens came, and the kubeconfig is %q", got)
			}
			r.Members, r.Broken = nil, true
			w.On(t, "broken", r, "", "")
			if got := kubeconfig(t, w); got != "" {
				t.Errorf("the relation is gone, and the kubeconfig is %q", got)
			}
		})
	}
}

// TestINV12NothingIsSignedAgainstThePolicy has units ask for every combination of names and groups, one after the other.
// Whatever stands on the wire or in the token file at any time is allowed, and no user is two units'.
func TestINV12NothingIsSignedAgainstThePolicy(t *testing.T) {
	t.Parallel()
	users := []string{
		"system:node:a", "system:node:A", "system:node:b", "kw/0", "kw/1", "e2e/0", "root", "admin", "system:kube-proxy", "system:node:", "system:nodes:a",
		"system:node:a b", "kube-control:admin", "kube-control:client:kw/0", "", "system:masters",
	}
	groups := []string{"system:nodes", "", "system:masters", "viewers", "system:nodes,system:masters", "system:nodes "}
	allowed := func(unit, user, group string) bool {
		node := regexp.MustCompile(`^system:node:[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`).MatchString(user)
		e2e := strings.HasPrefix(unit, "e2e/")
		return (node || user == unit || e2e && user == "root") && (group == "system:nodes" || e2e && group == "viewers")
	}
	w := world.ReadyMaster(t, "kcp/0")
	w.Options["allowed-groups"], w.Options["allowed-users"] = "system:nodes e2e=viewers", "system:node:* $UNIT e2e=root"
	relations := []*world.Relation{w.Relate("kube-control:1", "kw"), w.Relate("kube-control:2", "e2e")}
	signed := map[string]bool{}
	for _, user := range users {
		for _, group := range groups {
			for _, unit := range []string{"kw/0", "kw/1", "e2e/0"} {
				r := relations[map[string]int{"kw": 0, "e2e": 1}[strings.Split(unit, "/")[0]]]
				w.Changed(t, r, unit, asks(user, group))
				holders := map[string]string{}
				for _, r := range relations {
					creds, err := kubecontrol.DecodeCreds(r.Local["creds"])
					if err != nil {
						t.Fatal(err)
					}
					for user, c := range creds {
						normal := kubecontrol.NormalUser(user)
						if !allowed(string(c.Scope), user, "system:nodes") || holders[normal] != "" {
							t.Fatalf("%s holds %q, as does %q", c.Scope, user, holders[normal])
						}
						holders[normal], signed[string(c.Scope)+" "+user] = string(c.Scope), true
					}
				}
				for line := range strings.Lines(w.TokenFile(t)) {
					columns := strings.Split(strings.TrimSpace(line), ",")
					unit := regexp.MustCompile(`/([a-z0-9]+/\d+)/kubelet$`).FindStringSubmatch(columns[2])
					if unit != nil && !allowed(unit[1], columns[1], strings.Trim(columns[3], `"`)) {
						t.Fatalf("the token file gives %s", columns[1:])
					}
				}
			}
		}
	}
	for _, want := range []string{"kw/0 system:node:a", "kw/0 system:node:b", "kw/0 kw/0", "kw/1 kw/1", "e2e/0 root", "e2e/0 e2e/0"} {
		if !signed[want] {
			t.Errorf("never signed: %s; signed were %q", want, slices.Sorted(maps.Keys(signed)))
		}
	}
}

// TestINV18ReadyCharmsBlockOnlyForAHuman brings a ready master and a ready worker into trouble. They are blocked only where
// a person must act, the message is short, and both go with the trouble.
func TestINV18ReadyCharmsBlockOnlyForAHuman(t *testing.T) {
	t.Parallel()
	type trouble struct {
		name, want string // the status in it
		begin, end func(t *testing.T, w *world.World, r *world.Relation)
	}
	option := func(name string, value any) func(*testing.T, *world.World, *world.Relation) {
		return func(_ *testing.T, w *world.World, _ *world.Relation) { w.Options[name] = value }
	}
	bag := func(unit string, bag agent.Settings) func(*testing.T, *world.World, *world.Relation) {
		return func(_ *testing.T, _ *world.World, r *world.Relation) { r.Join(unit, bag) }
	}
	folder := func(name string, there bool) func(*testing.T, *world.World, *world.Relation) {
		return func(t *testing.T, w *world.World, _ *world.Relation) {
			path := filepath.Join(w.CharmDir, name)
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			if !there {
				return
			}
			if err := os.MkdirAll(filepath.Join(path, "kubeconfig", "occupied"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	masters := []trouble{
		{"bad option", "blocked", option("dns-ip", "x"), option("dns-ip", "10.0.0.10")},
		{"failing command", "waiting", func(_ *testing.T, w *world.World, r *world.Relation) {
			w.Options["on-tokens-changed"] = "false"
			r.Join("kw/9", asks("system:node:n9", "system:nodes"))
			w.State["kube-control-operator/1/tokens"] = "of another file"
		}, option("on-tokens-changed", "true")},
		{"token file is a folder", "blocked", folder("known_tokens.csv", true), folder("known_tokens.csv", false)},
		{"seed can't be read", "waiting", func(_ *testing.T, w *world.World, _ *world.Relation) {
			w.Relation("masters:0").App["hidden"] = w.Relation("masters:0").App["token-authority"]
			w.Relation("masters:0").App["token-authority"] = "fakesecretid99999999"
		}, func(_ *testing.T, w *world.World, _ *world.Relation) {
			w.Relation("masters:0").App["token-authority"] = w.Relation("masters:0").App["hidden"]
		}},
		{"refusal", "active", bag("kw/1", asks("root", "system:masters")), bag("kw/1", asks("system:node:n1", "system:nodes"))},
		{"bag that can't be used", "active", bag("kw/1", agent.Settings{"kubelet_user": strings.Repeat("x", 1<<20)}), bag("kw/1", asks("system:node:n1", "system:nodes"))},
	}
	workers := []trouble{
		{"bad option", "blocked", option("node-name", "_"), option("node-name", "n0")},
		{"no credentials", "waiting", bag("kcp/0", serves("")), bag("kcp/0", serves("one11"))},
		{"no API server", "waiting", bag("kcp/0", agent.Settings{"enable-kube-dns": "True", "creds": serves("one11")["creds"]}), bag("kcp/0", serves("one11"))},
		{"no DNS", "waiting", bag("kcp/0", agent.Settings{}), bag("kcp/0", serves("one11"))},
		{"failing command", "waiting", func(_ *testing.T, w *world.World, r *world.Relation) {
			w.Options["on-credentials-changed"] = "false"
			r.Join("kcp/0", serves("five5"))
		}, option("on-credentials-changed", "true")},
		{"occupied file", "blocked", func(t *testing.T, w *world.World, r *world.Relation) {
			folder("kube", true)(t, w, r)
			r.Join("kcp/0", serves("four4"))
		}, folder("kube", false)},
	}
	check := func(t *testing.T, w *world.World, r *world.Relation, tr trouble) {
		t.Helper()
		rest := func() {
			for _, unit := range r.Members {
				w.On(t, "changed", r, unit, "")
			}
			w.MustHook(t, world.Hook{Name: "update-status"})
		}
		rest()
		if w.Status.Status != "active" || w.Status.Message != "" {
			t.Fatalf("before it the status is %+v", w.Status)
		}
		tr.begin(t, w, r)
		rest()
		if w.Status.Status != tr.want || w.Status.Message == "" || len(w.Status.Message) > 99 {
			t.Errorf("the status is %+v, want %s", w.Status, tr.want)
		}
		tr.end(t, w, r)
		rest()
		if w.Status.Status != "active" || w.Status.Message != "" {
			t.Errorf("after it the status is %+v", w.Status)
		}
	}
	for _, tr := range masters {
		t.Run("master "+tr.name, func(t *testing.T) {
			t.Parallel()
			w := world.ReadyMaster(t, "kcp/0")
			r := w.Relate("kube-control:1", "kw")
			r.Join("kw/0", asks("system:node:n0", "system:nodes"))
			check(t, w, r, tr)
		})
	}
	for _, tr := range workers {
		t.Run("worker "+tr.name, func(t *testing.T) {
			t.Parallel()
			w, r := readyWorker(t)
			r.Join("kcp/0", serves("one11"))
			check(t, w, r, tr)
		})
	}
}
