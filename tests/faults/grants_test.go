package faults

import (
	"slices"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// grantCase is a hook of the leader that wants to grant a secret to something that is dying or gone.
type grantCase struct {
	name string
	// begin makes the world up to that hook, and marks what is dying or gone in its Vault and its relations. Worker kw/9 is
	// alive in all of them, asks in that hook too, and is on another relation.
	begin func(w *world.World) world.Hook
	// seen are the units that goal-state calls dying, where Juju knows.
	seen []string
	// heal is the hook that Juju runs sooner or later for the one that is dying or gone.
	heal func(w *world.World) world.Hook
}

const secrets = "[0, 1]"

// grantCases are the four ways in which a leader of the field never left error, with their siblings.
func grantCases() []grantCase {
	relate := func(w *world.World, units ...string) *world.Relation {
		r := w.Relate("kube-control:1", "kw")
		for _, u := range units {
			r.Join(u, request(strings.ReplaceAll(u, "/", "-"), secrets))
		}
		return r
	}
	departed := func(unit string) func(*world.World) world.Hook {
		return func(w *world.World) world.Hook {
			w.Relation("kube-control:1").Leave(unit)
			return relationHook("departed", unit, unit)
		}
	}
	certify := func(w *world.World) world.Hook {
		w.Options["ca-certificate"] = certificate
		return world.Hook{Name: "config-changed"}
	}
	broken := func(w *world.World) world.Hook {
		w.Relation("kube-control:1").Leave("kw/0")
		w.Relation("kube-control:1").Broken = true
		return relationHook("broken", "", "")
	}
	waiting := func(w *world.World, group string) world.Hook {
		r := w.Relate("kube-control:1", "kw")
		r.Join("kw/0", bag{"kubelet_user": "cloud", "auth_group": group, "schema_vers": secrets})
		w.Options["allowed-groups"] = "system:nodes " + group
		w.Options["allowed-users"] = "*"
		return world.Hook{Name: "config-changed"}
	}
	return []grantCase{
		{"the certificate of a relation that is removed", func(w *world.World) world.Hook {
			relate(w, "kw/0").Dying = true
			return certify(w)
		}, nil, broken},
		{"the certificate of an application that is removed", func(w *world.World) world.Hook {
			relate(w, "kw/0").Dying = true
			w.Dying = []string{"kw", "kw/0"}
			return certify(w)
		}, []string{"kw/0"}, broken},
		{"a unit removed by force before a new leader is elected", func(w *world.World) world.Hook {
			relate(w, "kw/0", "kw/1")
			w.Gone = []string{"kw/0"}
			return world.Hook{Name: "leader-elected"}
		}, nil, departed("kw/0")},
		{"a unit removed before a new leader is elected", func(w *world.World) world.Hook {
			relate(w, "kw/0", "kw/1")
			w.Dying = []string{"kw/0"}
			return world.Hook{Name: "leader-elected"}
		}, []string{"kw/0"}, departed("kw/0")},
		{"a group allowed while its unit is removed", func(w *world.World) world.Hook {
			w.Dying = []string{"kw/0"}
			return waiting(w, "clouds")
		}, []string{"kw/0"}, departed("kw/0")},
		{"a group allowed while its unit is removed by force", func(w *world.World) world.Hook {
			w.Gone = []string{"kw/0"}
			return waiting(w, "clouds")
		}, nil, departed("kw/0")},
		{"a group allowed while its relation is removed", func(w *world.World) world.Hook {
			hook := waiting(w, "clouds")
			w.Relation("kube-control:1").Dying = true
			return hook
		}, nil, broken},
		{"a shared user whose next contender is removed too", func(w *world.World) world.Hook {
			r := w.Relate("kube-control:1", "kw")
			for _, u := range []string{"kw/0", "kw/1", "kw/2"} {
				r.Join(u, request("shared", secrets))
			}
			w.Dying = []string{"kw/1", "kw/2"}
			r.Leave("kw/0")
			return relationHook("departed", "kw/0", "kw/0")
		}, []string{"kw/1", "kw/2"}, departed("kw/1")},
	}
}

// grantWorld is a ready master that leads and has not run yet, with a living worker kw/9 that waits.
func grantWorld(t *testing.T, version string) *world.World {
	t.Helper()
	w := world.ReadyMaster(t, "kcp/0")
	w.Version = version
	w.Relate("kube-control:9", "other").Join("other/9", request("alive", secrets))
	return w
}

func dying(w *world.World, units []string) {
	w.Goal.Relations = map[string]map[string]agent.Status{"kube-control": {}}
	for _, u := range units {
		w.Goal.Relations["kube-control"][u] = agent.Status{Status: "dying"}
	}
}

func isServed(w *world.World) bool {
	creds := w.Relation("kube-control:9").Local["creds"]
	return slices.ContainsFunc(w.Secrets, func(s *world.Secret) bool {
		return s.Grants["other/9"] != "" && strings.Contains(creds, s.ID)
	})
}

// Where goal-state shows who is being removed, the leader grants nothing to it: the first commit is good, and the living
// worker is served in that hook.
func TestRow83NothingIsGrantedToTheDying(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.1.10", "3.6.1", "4.0.1"} {
		for _, c := range grantCases() {
			if c.seen == nil || strings.HasPrefix(c.name, "the certificate of a relation") {
				continue
			}
			t.Run(version+" "+c.name, func(t *testing.T) {
				t.Parallel()
				w := grantWorld(t, version)
				hook := c.begin(w)
				dying(w, c.seen)
				w.MustHook(t, hook)
				if !isServed(w) {
					t.Errorf("the living worker is not served: creds %q", w.Relation("kube-control:9").Local["creds"])
				}
			})
		}
	}
}

// Where nothing shows it, Juju refuses the commit. The retry grants nothing and is committed, and the hook after it serves
// the living worker.
func TestRow84RetryOfARefusedGrantIsCommitted(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.1.10", "3.6.1", "4.0.1"} {
		for _, c := range grantCases() {
			t.Run(version+" "+c.name, func(t *testing.T) {
				t.Parallel()
				w := grantWorld(t, version)
				hook := c.begin(w)
				if err := try(t, w, hook); err == nil {
					t.Fatal("Juju accepts the first commit, so the case shows nothing")
				}
				if err := try(t, w, hook); err != nil {
					t.Fatalf("the retry is refused too: %v", err)
				}
				heal := c.heal(w)
				w.Dying, w.Gone = nil, nil
				w.MustHook(t, heal)
				if !isServed(w) {
					t.Errorf("the living worker is not served: creds %q", w.Relation("kube-control:9").Local["creds"])
				}
				if heal.Name == "kube-control-relation-broken" {
					w.Relations = slices.DeleteFunc(w.Relations, func(r *world.Relation) bool { return r.Broken })
				}
				if run := w.MustHook(t, world.Hook{Name: "update-status"}); run.Changed() {
					t.Errorf("the hook after that writes again: %v", run.Calls())
				}
			})
		}
	}
}

// While what is gone stays listed, each hook that grants is refused once and its retry is good: the unit always goes on.
func TestRow84EveryRetryIsCommittedWhileTheGoneStaysListed(t *testing.T) {
	t.Parallel()
	w := grantWorld(t, "3.6.1")
	w.Relate("kube-control:1", "kw").Join("kw/0", request("gone", secrets))
	w.Gone = []string{"kw/0"}
	for _, name := range []string{"leader-elected", "config-changed", "start", "update-status", "update-status"} {
		if err := try(t, w, world.Hook{Name: name}); err != nil {
			if err := try(t, w, world.Hook{Name: name}); err != nil {
				t.Fatalf("%s: the retry is refused too: %v", name, err)
			}
		}
	}
}

// Goal-state does not name the subordinate units of other principals, nor units of other models. They are served in
// their first hook.
func TestRow83UnitsThatGoalStateDoesNotNameAreServed(t *testing.T) {
	t.Parallel()
	w := grantWorld(t, "3.6.1")
	w.Relate("kube-control:1", "remote-0123456789abcdef0123456789abcdef").Join("remote-0123456789abcdef0123456789abcdef/0", request("far", secrets))
	dying(w, nil)
	w.MustHook(t, world.Hook{Name: "leader-elected"})
	if !isServed(w) || w.Relation("kube-control:1").Local["creds"] == "" {
		t.Errorf("the workers that goal-state does not name are not served: %q", w.Relation("kube-control:1").Local["creds"])
	}
}

// A charm whose author signs by hand has the same protection.
func TestRow84SigningByHandIsRetriedWithoutTheGrant(t *testing.T) {
	t.Parallel()
	w := world.New("kcp/0", world.Charm(t, "master", ""))
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", request("a", secrets))
	w.Joined(t, r, "kw/1", request("b", secrets))
	w.Gone = []string{"kw/0"}
	sign := func(tokens string) error {
		run := w.Begin(world.Hook{Name: "update-status"})
		for _, res := range []world.Result{run.Link(), run.Program(tokens, "kube-control", "sign-auth-request", "--batch")} {
			if res.Code != 0 {
				t.Fatalf("exit %d: %s", res.Code, res.Stderr)
			}
		}
		return run.TryCommit()
	}
	const both, alive = `[{"scope": "kw/0", "kubelet_token": "k0"}, {"scope": "kw/1", "kubelet_token": "k1"}]`, `[{"scope": "kw/1", "kubelet_token": "k1"}]`
	if err := sign(both); err == nil {
		t.Fatal("Juju accepts the grant, so the case shows nothing")
	}
	if err := sign(both); err != nil {
		t.Fatalf("the retry is refused too: %v", err)
	}
	if creds := r.Local["creds"]; creds != "" && creds != "{}" {
		t.Errorf("the retry publishes creds that nobody can read: %s", creds)
	}
	w.Departed(t, r, "kw/0", "kw/0")
	if err := sign(alive); err != nil || w.Secrets[0].Grants["kw/1"]+w.Secrets[len(w.Secrets)-1].Grants["kw/1"] == "" {
		t.Errorf("the living worker is not served in a later hook: %v", err)
	}
}

// A dry run leaves no mark, so the hook after it is as without it.
func TestRow84DryRunMarksNothing(t *testing.T) {
	t.Parallel()
	w := grantWorld(t, "3.6.1")
	w.Begin(world.Hook{Name: "leader-elected"}).Program("", "kube-control", "--dry-run", "hook", "leader-elected")
	w.MustHook(t, world.Hook{Name: "leader-elected"})
	if !isServed(w) {
		t.Error("the hook after a dry run withholds grants")
	}
}

// try runs a hook and commits it: an error is Juju's refusal. The hook itself must end well.
func try(t *testing.T, w *world.World, hook world.Hook) error {
	t.Helper()
	run := w.Begin(hook)
	if res := run.Link(); res.Code != 0 {
		t.Fatalf("%s: exit %d: %s", hook.Name, res.Code, res.Stderr)
	}
	return run.TryCommit()
}
