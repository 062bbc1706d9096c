package scenarios

import (
	"encoding/base64"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
	"github.com/kube-control/kube-control/tests/cluster"
)

const workers = "kubernetes-worker"

// TestS7Secrets is the life of secrets with a controller that misbehaves. The versions differ in their answers, and in how
// much a secret may hold.
func TestS7Secrets(t *testing.T) {
	t.Parallel()
	for _, juju := range []string{"3.6.1", "4.0.1"} {
		t.Run(juju, func(t *testing.T) {
			t.Parallel()
			s := secretLife{cluster.New(t, juju, 7)}
			s.Deploy(t, cluster.Masters, "master", 2, nil)
			s.Deploy(t, workers, "worker", 2, nil)
			s.Rest(t, 0)
			s.droppedGrants(t)
			s.deniedRead(t)
			s.removedRevision(t)
			s.comesAndGoes(t)
			s.laterRelation(t)
			s.lostLeadership(t)
			s.rotations(t)
			s.longChain(t)
			s.Oracle(t)
		})
	}
}

type secretLife struct{ *cluster.Cluster }

// settle comes to rest after what takes some update-status to heal: the leader looks again, then the workers.
func (s secretLife) settle(t *testing.T) {
	t.Helper()
	s.Rest(t, 0)
	for range 3 {
		s.UpdateStatus(t)
	}
}

// rotate gives one worker new tokens, and returns what ran because of it.
func (s secretLife) rotate(t *testing.T, unit string) []uniter.Trace {
	t.Helper()
	ran := len(s.Runs)
	s.Act(t, s.Leader(cluster.Masters), "rotate-credentials", map[string]any{"unit": unit})
	s.Note(t)
	s.Rest(t, 0)
	return s.Runs[ran:]
}

// droppedGrants: Juju loses the grants of a commit without a word, first that of the certificate, then that of a
// worker's tokens. The next look at them gives them again.
func (s secretLife) droppedGrants(t *testing.T) {
	t.Helper()
	leader := s.Leader(cluster.Masters)
	s.Agents[leader].DropGrant = true
	s.Relate(t, workers)
	s.Rest(t, 0)
	s.settle(t)
	s.Agents[leader].DropGrant = true
	s.Add(t, workers, 1)
	s.Rest(t, 0)
	if s.Agents[leader].DropGrant {
		t.Fatal("no grant was dropped")
	}
	s.settle(t)
	s.Oracle(t)
	for _, secret := range s.Model.Secrets { // and later all of them, when no hook of a worker is to come
		secret.Grants = nil
	}
	s.settle(t)
	s.Oracle(t)
	for _, secret := range s.Model.Secrets {
		if strings.HasSuffix(secret.Label, "-creds") && len(secret.Grants) != 1 {
			t.Errorf("the secret %q is granted to %v", secret.Label, secret.Grants)
		}
	}
}

// deniedRead: the secret with new tokens is refused to its worker once.
func (s secretLife) deniedRead(t *testing.T) {
	t.Helper()
	unit := workers + "/0"
	before := s.AtRest().Held(unit)["kubeconfig"]
	s.Agents[unit].DenySecret = true
	s.rotate(t, unit)
	if s.Agents[unit].DenySecret {
		t.Fatal("no read was denied")
	}
	s.settle(t)
	if s.AtRest().Held(unit)["kubeconfig"] == before {
		t.Error("a worker that was denied once keeps the tokens of before")
	}
	s.Oracle(t)
}

// removedRevision: the leader is told twice to remove a revision that somebody has removed already.
func (s secretLife) removedRevision(t *testing.T) {
	t.Helper()
	unit, leader := workers+"/1", s.Leader(cluster.Masters)
	s.Act(t, leader, "rotate-credentials", map[string]any{"unit": unit})
	s.Note(t)
	for s.Queued(leader) != model.SecretRemove {
		if !s.RunNext() {
			t.Fatal("no secret-remove comes")
		}
	}
	event, found := s.Model.NextSecretEvent(leader)
	if !found || event.Kind != model.SecretRemove {
		t.Fatalf("the leader is to hear %+v", event)
	}
	gone := agent.Changes{Secrets: agent.SecretChanges{Delete: []agent.SecretDelete{{ID: event.ID, Revision: event.Revision}}}}
	if err := s.Model.Commit(leader, gone); err != nil {
		t.Fatal(err)
	}
	s.Agents[leader].Pending = &uniter.Hook{Kind: event.Kind, Relation: -1, Secret: event.ID, SecretLabel: event.Label, Version: event.Revision}
	s.Agents[leader].RepeatHook = true
	ran := len(s.Runs)
	s.Rest(t, 0)
	heard := slices.DeleteFunc(slices.Clone(s.Runs[ran:]), func(run uniter.Trace) bool { return run.Name != model.SecretRemove })
	removals := 0
	for _, run := range heard {
		for _, call := range run.Calls {
			if call.Argv[0] == "secret-remove" {
				removals++
			}
		}
	}
	if len(heard) != 2 || removals > 1 {
		t.Errorf("secret-remove runs %d times, and removes %d revisions", len(heard), removals)
	}
	s.settle(t)
	s.Oracle(t)
}

// comesAndGoes: a worker asks and leaves while the leader is away, so that one hook might make its secret and remove it.
func (s secretLife) comesAndGoes(t *testing.T) {
	t.Helper()
	leader := s.Leader(cluster.Masters)
	if err := s.Stop(leader); err != nil {
		t.Fatal(err)
	}
	unit := s.Add(t, workers, 1)[0]
	s.Rest(t, 0)
	if err := s.Model.RemoveUnit(unit); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(leader); err != nil {
		t.Fatal(err)
	}
	s.settle(t)
	if s.Model.Units[unit] != nil {
		t.Errorf("%s is still there", unit)
	}
	s.Oracle(t)
}

// laterRelation: the certificate's secret is there before the relation that needs it.
func (s secretLife) laterRelation(t *testing.T) {
	t.Helper()
	s.Deploy(t, "later", "worker", 1, nil)
	s.Relate(t, "later")
	s.Rest(t, 0)
	s.wantCertificate(t, "later/0", cluster.Certificate)
	s.Oracle(t)
}

// lostLeadership: the leadership goes right ahead of secret-set. Nothing of the rotation may be left half done.
func (s secretLife) lostLeadership(t *testing.T) {
	t.Helper()
	unit, leader := workers+"/0", s.Leader(cluster.Masters)
	at := slices.IndexFunc(s.rotate(t, unit)[0].Calls, func(call agent.Call) bool { return call.Argv[0] == "secret-set" })
	if at < 0 {
		t.Fatal("a rotation sets no secret")
	}
	s.settle(t)
	before := s.AtRest().Held(unit)["kubeconfig"]
	s.Agents[leader].LoseLeadership = at + 1
	task, err := s.Action(leader, "rotate-credentials", map[string]any{"unit": unit}, 1000)
	if err != nil || task.Status != "failed" {
		t.Errorf("without the leadership the rotation ends with %+v, %v", task, err)
	}
	if s.Leader(cluster.Masters) == leader {
		t.Fatal("the leadership was not lost")
	}
	s.settle(t)
	if s.AtRest().Held(unit)["kubeconfig"] != before {
		t.Error("a rotation that failed has changed the tokens")
	}
	s.Runs = slices.DeleteFunc(s.Runs, func(run uniter.Trace) bool { return run.Name == "rotate-credentials" && run.Code > 0 })
	s.Oracle(t)
}

// rotations: fifty, one after the other. The worker has its tokens in the first hook that it runs, no revision stays, and no
// unit asks for a secret of others.
func (s secretLife) rotations(t *testing.T) {
	t.Helper()
	unit := workers + "/1"
	for range 50 {
		ran, before := len(s.Runs), s.AtRest().Held(unit)["kubeconfig"]
		s.Act(t, s.Leader(cluster.Masters), "rotate-credentials", map[string]any{"unit": unit})
		s.Note(t)
		for s.Runs[len(s.Runs)-1].Unit != unit {
			if !s.RunNext() {
				t.Fatalf("a rotation does not reach %s", unit)
			}
		}
		if s.AtRest().Held(unit)["kubeconfig"] == before {
			t.Fatalf("%s has the tokens of before after %s", unit, s.Runs[len(s.Runs)-1].Name)
		}
		s.Rest(t, 0)
		for _, run := range s.Runs[ran:] {
			if i := slices.IndexFunc(run.Calls, func(call agent.Call) bool { return call.Argv[0] == "secret-get" && foreign(s.Model, run.Unit, call) }); i >= 0 {
				t.Errorf("%s reads a secret of others: %q", run.Unit, run.Calls[i].Argv)
			}
		}
		if hooks := len(s.Runs) - ran; hooks > 10 {
			t.Errorf("a rotation takes %d hooks", hooks)
		}
		for _, secret := range s.Model.Secrets {
			if len(secret.Revisions) > 2 {
				t.Fatalf("the secret %q has %d revisions", secret.Label, len(secret.Revisions))
			}
		}
	}
	s.settle(t)
	s.Oracle(t)
}

// foreign tells whether a unit reads a secret that is neither its application's nor granted to it.
func foreign(m *model.Model, unit string, call agent.Call) bool {
	app := model.AppOf(unit)
	for id, secret := range m.Secrets {
		if !slices.ContainsFunc(call.Argv, func(word string) bool { return strings.HasSuffix(word, id) }) {
			continue
		}
		return secret.Owner != app && !slices.ContainsFunc(secret.Grants, func(g model.Grant) bool { return g.Subject == unit || g.Subject == app })
	}
	return false
}

// longChain: a chain of certificates that is longer than a value of a secret may be before Juju 3.6.9.
func (s secretLife) longChain(t *testing.T) {
	t.Helper()
	body := strings.Repeat(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("c", 48)))+"\n", 48)
	chain := strings.Repeat("-----BEGIN CERTIFICATE-----\n"+body+"-----END CERTIFICATE-----\n", 3)
	if len(chain) < 9<<10 {
		t.Fatalf("the chain has %d bytes", len(chain))
	}
	s.Set(t, cluster.Masters, map[string]string{"ca-certificate": chain})
	s.settle(t)
	leader := s.Leader(cluster.Masters)
	status := s.Model.UnitStatus(leader)
	if s.Model.Major() >= 4 {
		if status.Status != "active" {
			t.Errorf("with a long chain the leader is %+v", status)
		}
		s.wantCertificate(t, workers+"/0", chain)
		return
	}
	if status.Status != "blocked" || !strings.Contains(status.Message, "ca-certificate") || len(status.Message) >= 80 {
		t.Errorf("with a long chain the leader is %+v", status)
	}
	s.wantCertificate(t, workers+"/0", cluster.Certificate)
	s.Oracle(t)
	s.Set(t, cluster.Masters, map[string]string{"ca-certificate": cluster.Certificate})
	s.settle(t)
	if status := s.Model.UnitStatus(leader); status.Status != "active" {
		t.Errorf("with a short certificate again the leader is %+v", status)
	}
}

// wantCertificate wants a worker to have a certificate in its kubeconfig.
func (s secretLife) wantCertificate(t *testing.T, unit, pem string) {
	t.Helper()
	text, err := os.ReadFile(s.Path(unit, "cdk/kubeconfig"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), base64.StdEncoding.EncodeToString([]byte(pem))) {
		t.Errorf("%s has another certificate:\n%s", unit, text)
	}
}
