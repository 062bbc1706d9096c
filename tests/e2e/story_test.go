package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"
)

// TestStory takes two masters and three workers through the life of a cluster: they join, work, get another leader, get
// new tokens, and one leaves.
func TestStory(t *testing.T) {
	t.Parallel()
	m := newModel(t, newCluster(t), plan{masters: 2, workers: 3, version: "3.6.1"})

	t.Log("they join, and the leader changes when the first worker has its kubeconfigs and others wait for theirs")
	m.juju("integrate", masterApp, workerApp)
	var first map[string]string
	m.settle(func() {
		if ready := m.ready(3); first == nil && len(ready) > 0 {
			first = m.kubeconfigs(ready...)
			m.juju("leader", masterApp, unit(masterApp, 1))
		}
	})
	all := m.kubeconfigs(0, 1, 2)
	if len(first) == 0 || len(first) == len(all) {
		t.Fatal("the leader has not changed in the middle")
	}
	for file, text := range first {
		if all[file] != text {
			t.Errorf("%s has changed with the leader", file)
		}
	}

	t.Log("every worker is who it is, at the API servers of both masters")
	m.wantEverybody(0, 1, 2)
	for _, server := range m.masters {
		if _, err := whoami(t.Context(), server.withToken("unknown-token")); code(err) != 401 {
			t.Errorf("an unknown token: %v", err)
		}
		if _, err := whoami(t.Context(), server.anonymous()); code(err) != 403 {
			t.Errorf("no token: %v", err)
		}
	}

	t.Log("each may do what is its own, and no more")
	for worker := range 3 {
		m.wantRights(worker, (worker+2)%3)
	}

	t.Log("another leader changes nobody's tokens")
	m.juju("leader", masterApp, unit(masterApp, 0))
	m.settle(func() { m.wantValid(0, 1, 2) })
	if !maps.Equal(all, m.kubeconfigs(0, 1, 2)) {
		t.Error("kubeconfigs have changed with the leader")
	}
	m.wantEverybody(0, 1, 2)

	t.Log("tokens are renewed: the old ones and the new ones hold until it is finished")
	old := m.tokens(0, 1, 2)
	m.juju("run", unit(masterApp, 0), "rotate-credentials", "all=true")
	m.settle(func() { m.wantValid(0, 1, 2) })
	m.wantEverybody(0, 1, 2)
	m.wantTokens(200, old)
	m.juju("run", unit(masterApp, 0), "rotate-credentials", "finish=true")
	m.settle(func() { m.wantValid(0, 1, 2) })
	m.wantEverybody(0, 1, 2)
	m.wantTokens(401, old)

	t.Log("a worker leaves: its tokens hold no longer when the hook ends in which the leader hears of it")
	gone := m.tokens(1)
	departed := []string{"trace", unit(masterApp, 0), "--hook", "kube-control-relation-departed"}
	heard := m.juju(departed...)
	m.juju("remove-unit", unit(workerApp, 1))
	m.settle(func() {
		m.wantValid(0, 2)
		if now := m.juju(departed...); now != heard {
			heard = now
			for _, token := range gone {
				if _, err := whoami(t.Context(), m.masters[0].withToken(token)); code(err) != 401 {
					t.Errorf("a token of a worker that has left: %v", err)
				}
			}
		}
	})
	if heard == "" {
		t.Error("the leader has not heard of it")
	}
	m.wantTokens(401, gone)
	m.wantEverybody(0, 2)
}

// wantEverybody wants the kubeconfigs of workers to make them who they are, at the server that the file names and, with
// the same token, at the servers of all masters.
func (m *model) wantEverybody(workers ...int) {
	m.t.Helper()
	relation := strings.TrimSpace(m.juju("exec", "--unit", unit(masterApp, 0), "--", "relation-ids kube-control"))
	for _, worker := range workers {
		name := unit(workerApp, worker)
		uid := "kube-control:" + relation + "/" + name
		for file, want := range map[string]identity{
			kubelet:   {"system:node:" + m.node(worker), uid + "/kubelet", []string{"system:nodes"}},
			kubeProxy: {"system:kube-proxy", uid + "/proxy", []string{}},
			client:    {"kube-control:client:" + name, uid + "/client", []string{"system:nodes"}},
		} {
			config := kubeconfig(m.t, m.kubeconfig(worker, file))
			for _, c := range append([]*rest.Config{config}, m.everywhere(config.BearerToken)...) {
				id, err := whoami(m.t.Context(), c)
				if err != nil {
					m.t.Errorf("%s of %s at %s: %v", file, name, c.Host, err)
				} else if diff := cmp.Diff(want, id); diff != "" {
					m.t.Errorf("%s of %s at %s (-want +got):\n%s", file, name, c.Host, diff)
				}
			}
		}
	}
}

// everywhere are clients of all masters' API servers with a token.
func (m *model) everywhere(token string) []*rest.Config {
	var all []*rest.Config
	for _, server := range m.masters {
		all = append(all, server.withToken(token))
	}
	return all
}

// wantValid wants each kubeconfig of workers to be accepted, as it is now, by the server that it names.
func (m *model) wantValid(workers ...int) {
	m.t.Helper()
	for _, worker := range workers {
		for _, file := range []string{kubelet, kubeProxy, client} {
			if _, err := whoami(m.t.Context(), kubeconfig(m.t, m.kubeconfig(worker, file))); err != nil {
				m.t.Errorf("%s of worker %d: %v", file, worker, err)
			}
		}
	}
}

// wantTokens wants all masters' API servers to give the same answer to tokens.
func (m *model) wantTokens(want int, tokens []string) {
	m.t.Helper()
	for i, token := range tokens {
		for _, c := range m.everywhere(token) {
			if _, err := whoami(m.t.Context(), c); code(err) != want {
				m.t.Errorf("old token %d of %d: %v, want %d", i, len(tokens), err, want)
			}
		}
	}
}

// tokens are those of workers, as their kubeconfigs have them now.
func (m *model) tokens(workers ...int) []string {
	m.t.Helper()
	var tokens []string
	for _, worker := range workers {
		for _, file := range []string{kubelet, kubeProxy, client} {
			tokens = append(tokens, kubeconfig(m.t, m.kubeconfig(worker, file)).BearerToken)
		}
	}
	return tokens
}

// ready lists those of the first workers that have all their kubeconfigs.
func (m *model) ready(workers int) []int {
	var ready []int
	for worker := range workers {
		if _, err := os.Stat(m.kubeconfig(worker, client)); err == nil {
			ready = append(ready, worker)
		}
	}
	return ready
}

// kubeconfigs are the workers' files.
func (m *model) kubeconfigs(workers ...int) map[string]string {
	m.t.Helper()
	files := map[string]string{}
	for _, worker := range workers {
		for _, file := range []string{kubelet, kubeProxy, client} {
			path := m.kubeconfig(worker, file)
			text, err := os.ReadFile(path)
			if err != nil {
				m.t.Fatal(err)
			}
			files[filepath.Base(path)+" of "+unit(workerApp, worker)] = string(text)
		}
	}
	return files
}

// wantRights wants the kubeconfigs of a worker to let it be a node, with node authorisation and NodeRestriction. Another
// worker's node may be there, or not yet.
func (m *model) wantRights(worker, another int) {
	m.t.Helper()
	own, other := m.node(worker), m.node(another)
	wantAnswers(m.t, "the kubelet", kubeconfig(m.t, m.kubeconfig(worker, kubelet)), []attempt{
		{"creates another node", 403, createNode(other)},
		{"creates its node", 200, createNode(own)},
		{"labels its node", 200, labelNode(own, "example.com/zone")},
		{"gives its node a restricted label", 403, labelNode(own, "node-restriction.kubernetes.io/x")},
		{"reads another node", 403, readNode(other)},
		{"lists services", 200, listServices},
		{"lists secrets", 403, listSecrets},
	})
	if worker > another {
		wantAnswers(m.t, "the kubelet", kubeconfig(m.t, m.kubeconfig(worker, kubelet)), []attempt{
			{"labels another node", 403, labelNode(other, "example.com/zone")},
		})
	}
	wantAnswers(m.t, "kube-proxy", kubeconfig(m.t, m.kubeconfig(worker, kubeProxy)), []attempt{
		{"lists services", 200, listServices},
		{"lists secrets", 403, listSecrets},
		{"creates a node", 403, createNode(other)},
	})
	wantAnswers(m.t, "the client", kubeconfig(m.t, m.kubeconfig(worker, client)), []attempt{
		{"lists secrets", 403, listSecrets},
		{"creates a node", 403, createNode(other)},
	})
}
