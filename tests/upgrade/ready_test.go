package upgrade

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// long makes of the recorded tokens some that may stand in a token file.
var long = strings.NewReplacer(
	`"k0"`, `"kubelet-zero"`, `"p0"`, `"proxy-zero"`, `"c0"`, `"client-zero"`, `"k2"`, `"kubelet-two"`, `"p2"`, `"proxy-two"`, `"c2"`, `"client-two"`,
)

// TestINV21ReadyMasterTakesOver puts the ready master in the place of a charm on each Python peer. Whatever its first hook
// is, no token and no tag changes, the tokens are in its file, the request that waits is signed, and a second hook writes
// nothing.
func TestINV21ReadyMasterTakesOver(t *testing.T) {
	t.Parallel()
	for _, peer := range []string{"reactive-2019-05", "reactive-latest", "ops"} {
		for _, first := range []string{"upgrade-charm", "config-changed", "update-status"} {
			for _, version := range []string{"2.9.51", "3.6.1"} {
				t.Run(peer+" "+first+" "+version, func(t *testing.T) {
					t.Parallel()
					w := world.ReadyMaster(t, "kubernetes-master/0")
					w.Version = version
					r := w.Relate("kube-control:1", "kubernetes-worker")
					r.Local = published(peer)
					r.Local["creds"] = long.Replace(r.Local["creds"])
					for unit, user := range map[string]string{"0": "node-0", "2": "node-2", "3": "node-3"} {
						r.Join("kubernetes-worker/"+unit, agent.Settings{"kubelet_user": "system:node:" + user, "auth_group": "system:nodes", "gpu": "False"})
					}
					f := recorded(t, peer+"/master")
					lay(t, w, f, f.rows())
					foreign := "admin-token,admin,admin,\"system:masters\"\nkubelet-zero,system:node:node-0,kubelet-0,\"system:nodes\"\n"
					if err := os.WriteFile(filepath.Join(w.CharmDir, "known_tokens.csv"), []byte(foreign), 0o600); err != nil {
						t.Fatal(err)
					}
					before := maps.Clone(r.Local)
					w.MustHook(t, world.Hook{Name: first})
					for range 2 {
						w.MustHook(t, world.Hook{Name: "update-status"})
					}
					creds := entries(r.Local["creds"])
					if len(creds) != 3 {
						t.Errorf("on the wire is %s", r.Local["creds"])
					}
					for user, entry := range entries(before["creds"]) {
						if d := cmp.Diff(entry, creds[user]); d != "" {
							t.Errorf("entry of %s (-before +after):\n%s", user, d)
						}
					}
					if r.Local["cluster-tag"] != before["cluster-tag"] {
						t.Errorf("the cluster's tag was %q and is %q", before["cluster-tag"], r.Local["cluster-tag"])
					}
					for _, want := range []string{"admin-token,admin,admin,", "kubelet-zero,system:node:node-0,", "proxy-two,system:kube-proxy,", "kubelet-two,system:node:node-2,"} {
						if strings.Count(w.TokenFile(t), want) != 1 {
							t.Errorf("%s is not once in\n%s", want, w.TokenFile(t))
						}
					}
					if run := w.MustHook(t, world.Hook{Name: "config-changed"}); run.Changed() {
						t.Errorf("a later hook writes: %v", run.Calls())
					}
					if w.Status.Status != "active" {
						t.Errorf("the status is %+v", w.Status)
					}
				})
			}
		}
	}
}

// TestINV21ReadyMasterTakesOverAtAnyMoment does it at each moment that was recorded of the peers' masters: what was signed
// for a unit that is there stays as it is, for as long as this unit leads.
func TestINV21ReadyMasterTakesOverAtAnyMoment(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../vectors/*/master/*.json")
	if err != nil || len(files) < 100 {
		t.Fatalf("found %d scenarios: %v", len(files), err)
	}
	kept := make([]int, len(files))
	t.Run("moments", func(t *testing.T) {
		for i, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var s scenario
			if err := json.Unmarshal(text, &s); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			t.Run(s.Peer+"/"+strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
				t.Parallel()
				for _, c := range s.Cases {
					kept[i] += c.takeOver(t, s)
				}
			})
		}
	})
	total := 0
	for _, n := range kept {
		total += n
	}
	if total < 20 {
		t.Errorf("only %d credentials were there to be kept", total)
	}
}

// takeOver puts the ready master in the place of the recorded unit, and counts the credentials that it has kept.
func (c recordCase) takeOver(t *testing.T, s scenario) (kept int) {
	t.Helper()
	w := world.ReadyMaster(t, c.Event.Env["JUJU_UNIT_NAME"])
	w.Leader, w.Relations[0].ID = c.Leader, "masters:99" // an id that no recorded relation has
	for _, rel := range c.Relations {
		r := w.Relate(rel.ID, rel.RemoteApp)
		maps.Copy(r.Local, rel.Local)
		maps.Copy(r.Remote, rel.RemoteUnits)
		r.Members = rel.Members
	}
	for _, secret := range c.Secrets {
		w.Secrets = append(w.Secrets, secret.of(w.Unit))
	}
	lay(t, w, recorded(t, s.Peer+"/master"), c.Rows)
	w.MustHook(t, world.Hook{Name: "upgrade-charm"})
	for i, rel := range c.Relations {
		r := w.Relation(rel.ID)
		creds := entries(r.Local["creds"])
		for user, entry := range c.wanted(r, rel.Local["creds"]) {
			if d := cmp.Diff(entry, creds[user]); d != "" {
				t.Errorf("%s: entry of %s (-before +after):\n%s", c.Name, user, d)
			}
			kept++
		}
		if tag := rel.Local["cluster-tag"]; i == 0 && tag != "" && r.Local["cluster-tag"] != tag {
			t.Errorf("%s: the cluster's tag was %q and is %q", c.Name, tag, r.Local["cluster-tag"])
		}
	}
	return kept
}
