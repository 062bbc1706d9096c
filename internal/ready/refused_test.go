package ready_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// refused runs something whose databags and state Juju refuses. Its secrets stay, because Juju commits them first.
func refused(w *world.World, r *world.Relation, run func()) {
	peer := w.Relation("masters:0")
	bag, app, state := maps.Clone(r.Local), maps.Clone(peer.App), maps.Clone(w.State)
	run()
	r.Local, w.State = bag, state
	clear(peer.App)
	maps.Copy(peer.App, app)
}

// Juju commits secrets before databags. A refused rotation leaves the next tokens in the secret, and the ledger without
// them. The next hook that reads the secret completes the rotation, and the rotation after that brings other tokens again.
func TestRefusedRotationIsCompleted(t *testing.T) {
	t.Parallel()
	for _, refusals := range []int{1, 3} {
		w := world.ReadyMaster(t, "kcp/0")
		r := w.Relate("kube-control:1", "kw")
		asks := node("a")
		asks["schema_vers"] = "[0, 1]"
		w.Joined(t, r, "kw/0", asks)
		first := rows(t, w, "kw/0")
		for range refusals {
			refused(w, r, func() { w.Must(t, "", "rotate-credentials", "--unit", "kw/0") })
		}
		secret := w.Vault.Labelled("kcp", "system:node:a-creds")
		w.MustHook(t, world.Hook{Name: "secret-remove", Secret: secret.ID, Label: secret.Label, Revision: 1})
		during := rows(t, w, "kw/0")
		if len(during) != 9 || during[0] != first[0] || during[3] != first[3] {
			t.Errorf("%d refusals: while the rotation is completed the rows are %q, were %q", refusals, during, first)
		}
		for range 2 {
			w.MustHook(t, world.Hook{Name: "update-status"})
		}
		second := rows(t, w, "kw/0")
		w.Must(t, "", "rotate-credentials", "--unit", "kw/0")
		w.Must(t, "", "rotate-credentials", "--finish")
		third := rows(t, w, "kw/0")
		if len(second) != 6 || len(third) != 6 || third[0] != second[3] || third[0] == second[0] {
			t.Errorf("%d refusals: a rotation from %q leads to %q", refusals, second, third)
		}
	}
}

// A refused signing leaves a secret that no databag names. The next hook of its unit publishes it again with the epoch in which its
// tokens were made, and with the client's token only if the policy still gives one. So the next rotation brings other tokens.
func TestRefusedSigningIsRecovered(t *testing.T) {
	t.Parallel()
	for _, client := range []string{"per-unit", "none"} {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			w := world.ReadyMaster(t, "kcp/0")
			r := w.Relate("kube-control:1", "kw")
			w.Joined(t, r, "kw/0", world.Asking("system:node:a", "system:nodes", true))
			w.Departed(t, r, "kw/0", "kw/0") // units that join later begin in a later epoch
			refused(w, r, func() { w.Joined(t, r, "kw/1", world.Asking("system:node:b", "system:nodes", true)) })
			w.Options["client-token"] = client
			w.Changed(t, r, "kw/1", world.Asking("system:node:b", "system:nodes", true))
			per := map[string]int{"per-unit": 3, "none": 2}[client]
			before := rows(t, w, "kw/1")
			content := w.Vault.Labelled("kcp", "system:node:b-creds").Content()
			if len(before) != 2*per || (content["client-token"] != "") != (per == 3) {
				t.Fatalf("the secret has %d values, the rows are %q", len(content), before)
			}
			w.Must(t, "", "rotate-credentials", "--unit", "kw/1")
			w.Must(t, "", "rotate-credentials", "--finish")
			if after := rows(t, w, "kw/1"); len(after) != 2*per || after[0] != before[per] {
				t.Errorf("a rotation from %q leads to %q", before, after)
			}
		})
	}
}

// A command by hand that loses the leadership fails, or has done what it was asked for: a person relies on it.
func TestCommandThatLosesTheLeadFails(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"revoke kw/0", "rotate-credentials --unit kw/0"} {
		for at, lost := 1, true; lost; at++ {
			w, _ := signed(t)
			before := rows(t, w, "kw/0")
			run := w.Begin(world.Hook{})
			run.Faults(agent.Faults{Before: func(k int, _ []string) agent.Fault {
				if k == at {
					w.Leader = false
				}
				return agent.NoFault
			}})
			res := run.Command(strings.Fields(command)...)
			lost = !w.Leader
			if done := !slices.Equal(before, rows(t, w, "kw/0")); res.Code != 3 && (res.Code != 0 || !done) {
				t.Errorf("%s, which loses the lead at call %d, exits %d: %s", command, at, res.Code, res.Stderr)
			}
			if at == 1 && !lost {
				t.Fatal("the lead is never lost")
			}
		}
	}
}

// A hook that loses the leadership at any of its calls ends well, as that of a unit that does not lead.
func TestINV20NoHookFailsForTheLostLead(t *testing.T) {
	t.Parallel()
	const certificate = "-----BEGIN CERTIFICATE-----\nMQ==\n-----END CERTIFICATE-----\n"
	hooks := map[string]func(t *testing.T, w *world.World, r *world.Relation) world.Hook{
		"joined": func(_ *testing.T, _ *world.World, r *world.Relation) world.Hook {
			r.Join("kw/1", world.Asking("system:node:b", "system:nodes", true))
			return world.Hook{Name: "kube-control-relation-joined", Relation: r.ID, Unit: "kw/1"}
		},
		"departed": func(_ *testing.T, _ *world.World, r *world.Relation) world.Hook {
			r.Leave("kw/0")
			return world.Hook{Name: "kube-control-relation-departed", Relation: r.ID, Unit: "kw/0", Departing: "kw/0"}
		},
		"secret-remove": func(t *testing.T, w *world.World, _ *world.Relation) world.Hook {
			w.Must(t, "", "rotate-credentials", "--unit", "kw/0")
			secret := w.Vault.Labelled("kcp", "system:node:a-creds")
			return world.Hook{Name: "secret-remove", Secret: secret.ID, Label: secret.Label, Revision: 1}
		},
		"config-changed": func(_ *testing.T, w *world.World, _ *world.Relation) world.Hook {
			w.Options["ca-certificate"] = certificate
			return world.Hook{Name: "config-changed"}
		},
	}
	for name, hook := range hooks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for at, lost := 1, true; lost; at++ {
				w := world.ReadyMaster(t, "kcp/0")
				r := w.Relate("kube-control:1", "kw")
				w.Joined(t, r, "kw/0", world.Asking("system:node:a", "system:nodes", true))
				run := w.Begin(hook(t, w, r))
				run.Faults(agent.Faults{Before: func(k int, _ []string) agent.Fault {
					if k == at {
						w.Leader = false
					}
					return agent.NoFault
				}})
				res := run.Link()
				if lost = !w.Leader; res.Code != 0 {
					t.Errorf("the lead is lost at call %d: exit %d: %s", at, res.Code, res.Stderr)
				}
			}
		})
	}
}
