package upgrade

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
	"github.com/kube-control/kube-control/tests/cluster"
	"github.com/kube-control/kube-control/tests/world"
)

// python are masters on a Python peer until they become ready ones: a hook of theirs does nothing, and the test writes what
// the peer has left.
type python struct {
	*cluster.Cluster
	over bool
}

// Run runs a hook of a master only when the time of the Python charm is over.
func (p *python) Run(run uniter.Run) uniter.Outcome {
	if !p.over && model.AppOf(run.Context.Info().Unit) == cluster.Masters {
		return uniter.Outcome{}
	}
	return p.Cluster.Run(run)
}

const kubeWorkers = "kubernetes-worker"

// TestS4Cluster replaces the masters of a whole cluster in place, as each of the three Python peers has left them: two workers
// are signed, one waits, and one has left. Then nothing but update-status comes.
func TestS4Cluster(t *testing.T) {
	t.Parallel()
	for _, peer := range []string{"reactive-2019-05", "reactive-latest", "ops"} {
		for _, juju := range []string{"2.9.51", "3.6.1"} {
			t.Run(peer+" "+juju, func(t *testing.T) {
				t.Parallel()
				p := &python{Cluster: cluster.New(t, juju, 4)}
				p.Runner = p
				p.Deploy(t, cluster.Masters, "master", 2, nil)
				p.Deploy(t, kubeWorkers, "worker", 4, map[string]string{"ca-file": "ca.crt"})
				r := p.Relate(t, kubeWorkers)
				p.Rest(t, 0)
				if err := p.Model.RemoveUnit(kubeWorkers + "/1"); err != nil {
					t.Fatal(err)
				}
				p.Rest(t, 0)
				p.leave(t, peer, r)

				p.over = true
				masters := p.Model.Apps[cluster.Masters]
				if err := p.Model.Refresh(cluster.Masters, masters.Charm, masters.CharmDir); err != nil {
					t.Fatal(err)
				}
				p.Rest(t, 0)
				for range 3 {
					p.UpdateStatus(t)
				}
				for unit, token := range map[string]string{"0": "kubelet-zero", "2": "kubelet-two"} {
					if now := p.AtRest().Held(kubeWorkers + "/" + unit)["kubeconfig"]; now != token {
						t.Errorf("worker %s was signed with %s and has %s", unit, token, now)
					}
				}
				info, err := os.Stat(p.Path(cluster.Masters+"/0", ".unit-state.db"))
				if err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("the file is %v, %v", info, err)
				}
				p.Oracle(t)
				want := kubeWorkers + "/1\n"
				if peer == "ops" {
					want = "" // which keeps none
				}
				for _, want := range []string{want, ""} {
					if got := p.On(t, cluster.Masters+"/0", "bin/kube-control flush-departed"); got != want {
						t.Errorf("departed: %q, want %q", got, want)
					}
				}
				p.Oracle(t)
			})
		}
	}
}

// leave writes what a peer's leader has left: its databag, and its file, which everybody can read.
func (p *python) leave(t *testing.T, peer string, r *model.Relation) {
	t.Helper()
	leader := cluster.Masters + "/0"
	bag := published(peer)
	bag["creds"] = strings.ReplaceAll(long.Replace(bag["creds"]), "system:node:node-", "system:node:"+kubeWorkers+"-")
	if err := p.Model.Commit(leader, agent.Changes{Units: map[int]agent.Settings{r.ID: bag}}); err != nil {
		t.Fatal(err)
	}
	f := recorded(t, peer+"/master")
	rows, here := map[string]string{}, strings.NewReplacer("kube-control:0", fmt.Sprint("kube-control:", r.ID))
	for key, value := range f.rows() {
		rows[here.Replace(key)] = here.Replace(value)
	}
	if peer != "ops" {
		rows["creds"] = bag["creds"]
	}
	lay(t, &world.World{CharmDir: p.Path(leader, ".")}, f, rows)
	p.Rest(t, 0)
}
