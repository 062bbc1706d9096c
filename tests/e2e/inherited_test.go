package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestStoryOfAnInheritedFile gives a master a token file that others have written, good rows and bad, and a worker with
// hostile wishes, on a Juju without secrets. Whatever the master makes of it, the server starts.
func TestStoryOfAnInheritedFile(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	m := newModel(t, c, plan{masters: 1, workers: 2, version: "2.9.51", workerConfig: []string{"ca-file=" + c.ca.file("ca.crt")}})
	file := m.file(unit(masterApp, 0), tokenFile)
	bad := []string{"# tokens of the cluster", "short,row", `open,"quote,1`, "token-of-nobody,,1", `bare,qu"ote,1`}
	write(t, file, strings.Join(slices.Concat(bad[:2], []string{
		`token-of-admin,admin,admin,"system:masters"`,
		`token-of-others,"o'hara, ""s""",7,"g1,g2"`,
	}, bad[2:], []string{
		`token-at-the-end,last,9`,
	}), "\n"))
	foreign := map[string]identity{
		"token-of-admin":   {"admin", "admin", []string{"system:masters"}},
		"token-of-others":  {`o'hara, "s"`, "7", []string{"g1", "g2"}},
		"token-at-the-end": {"last", "9", []string{}},
	}

	t.Log("valid rows of others stay, the rest is put aside")
	m.juju("integrate", masterApp, workerApp)
	m.juju("settle")
	m.wantForeign(foreign)
	m.wantEverybody(0, 1)
	rejected, err := os.ReadFile(file + ".rejected")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Join(bad, "\n")+"\n", string(rejected)); diff != "" {
		t.Errorf("rejected rows (-want +got):\n%s", diff)
	}

	t.Log("what a hostile worker asks for is refused, and breaks nothing")
	for _, ask := range []struct{ user, group string }{
		{"system:node:a,b", "system:nodes"},
		{"system:node:a\nb,c,1", "system:nodes"},
		{"system:node:a", `system:nodes","system:masters`},
		{"system:node:a", "system:masters"},
		{"system:kube-controller-manager", "system:nodes"},
		{"admin", "system:nodes"},
	} {
		m.juju("exec", "--unit", unit(workerApp, 1), "--",
			fmt.Sprintf("relation-set -r $(relation-ids kube-control) 'kubelet_user=%s' 'auth_group=%s'", ask.user, ask.group))
		m.juju("settle")
		if refused := m.juju("exec", "--unit", unit(masterApp, 0), "--", "bin/kube-control auth-user --refused"); !strings.Contains(refused, unit(workerApp, 1)) {
			t.Errorf("%+v is not refused: %s", ask, refused)
		}
	}
	if err := m.masters[0].restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.wantForeign(foreign)
	m.wantEverybody(0)

	t.Log("a node whose name has capitals is a node of Kubernetes, where names have none")
	m.juju("deploy", filepath.Join("..", "..", "dist", workerApp), "capitals", "--config=node-name=Rack-B.Example", "--config=kubeconfig-dir=kube",
		"--config=ca-file="+c.ca.file("ca.crt"))
	m.juju("integrate", masterApp, "capitals")
	m.juju("settle")
	wantAnswers(t, "the kubelet", kubeconfig(t, m.file("capitals/0", filepath.Join("kube", kubelet))), []attempt{
		{"creates its node", 200, createNode("rack-b.example")},
		{"reads its node", 200, readNode("rack-b.example")},
	})

	t.Log("a client token reads no secrets, until the operator chooses otherwise")
	secrets := func(code int) {
		t.Helper()
		wantAnswers(t, "the client", kubeconfig(t, m.kubeconfig(0, client)), []attempt{{"lists secrets", code, listSecrets}})
	}
	secrets(403)
	m.juju("config", masterApp, "client-token=admin")
	m.juju("settle")
	m.juju("run", unit(masterApp, 0), "rotate-credentials", "unit="+unit(workerApp, 0))
	m.juju("settle")
	secrets(200)
}

// wantForeign wants tokens of others to make their holders who they are.
func (m *model) wantForeign(users map[string]identity) {
	m.t.Helper()
	for token, want := range users {
		id, err := whoami(m.t.Context(), m.masters[0].withToken(token))
		if err != nil {
			m.t.Errorf("%s: %v", token, err)
		} else if diff := cmp.Diff(want, id); diff != "" {
			m.t.Errorf("%s (-want +got):\n%s", token, diff)
		}
	}
}
