package session_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

const (
	certificate = "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n"
	other       = "-----BEGIN CERTIFICATE-----\nZGVm\n-----END CERTIFICATE-----\n"
	user        = "system:node:node-a"
)

// masterBag is what a master publishes: DNS, an API server, and credentials for the unit kw/0.
func masterBag(tokens string) agent.Settings {
	return agent.Settings{
		"enable-kube-dns": "False", "api-endpoints": `["https://10.0.0.1:6443", "https://10.0.0.2:6443"]`, "creds": creds(user, tokens),
	}
}

// creds are the credentials of kw/0, with tokens that begin with a text.
func creds(user, tokens string) string {
	return fmt.Sprintf(`{%q: {"scope": "kw/0", "kubelet_token": "%[2]s-kubelet", "proxy_token": "%[2]s-proxy", "client_token": "%[2]s-client"}}`, user, tokens)
}

// workerWithCA is a worker with the ready policy, whose kubeconfigs are in the charm's folder and whose CA certificate is in a
// file.
func workerWithCA(t *testing.T) (*world.World, *world.Relation) {
	t.Helper()
	w := world.New("kw/0", world.Charm(t, "worker", "operator: worker\nstatus: true\n"))
	put(t, filepath.Join(w.CharmDir, "ca.crt"), certificate)
	w.Options = map[string]any{
		"node-name": "node-a", "gpu": "false", "kubeconfig-dir": "cdk", "ca-file": "ca.crt", "schemas": "0",
	}
	return w, w.Relate("kube-control:1", "kcp")
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// config is what a kubeconfig of a ready worker says.
type config struct{ Server, CA, User, Token string }

// kubeconfigs reads those that are there, by name.
func kubeconfigs(t *testing.T, w *world.World) map[string]config {
	t.Helper()
	found := map[string]config{}
	entries, err := os.ReadDir(filepath.Join(w.CharmDir, "cdk"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		path := filepath.Join(w.CharmDir, "cdk", e.Name())
		info, err := os.Stat(path)
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: mode %v, error %v", e.Name(), info.Mode(), err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var k struct {
			Clusters []struct {
				Cluster struct {
					CA     []byte `json:"certificate-authority-data"`
					Server string `json:"server"`
				} `json:"cluster"`
			} `json:"clusters"`
			Users []struct {
				Name string `json:"name"`
				User struct {
					Token string `json:"token"`
				} `json:"user"`
			} `json:"users"`
		}
		if err := yaml.Unmarshal(text, &k); err != nil || len(k.Clusters) != 1 || len(k.Users) != 1 {
			t.Fatalf("%s: %v:\n%s", e.Name(), err, text)
		}
		found[e.Name()] = config{k.Clusters[0].Cluster.Server, string(k.Clusters[0].Cluster.CA), k.Users[0].Name, k.Users[0].User.Token}
	}
	return found
}

// wantTokens wants the three kubeconfigs to hold the tokens that begin with a text; "" wants no file.
func wantTokens(t *testing.T, w *world.World, tokens string) {
	t.Helper()
	const server = "https://10.0.0.1:6443"
	want := map[string]config{}
	if tokens != "" {
		want = map[string]config{
			"kubeconfig":       {server, certificate, "kubelet", tokens + "-kubelet"},
			"kubeproxyconfig":  {server, certificate, "kube-proxy", tokens + "-proxy"},
			"kubeclientconfig": {server, certificate, "client", tokens + "-client"},
		}
	}
	if diff := cmp.Diff(want, kubeconfigs(t, w)); diff != "" {
		t.Errorf("kubeconfigs differ (-want +got):\n%s", diff)
	}
}

func wantStatus(t *testing.T, w *world.World, status, message string) {
	t.Helper()
	if got := (agent.Status{Status: w.Status.Status, Message: w.Status.Message}); got.Status != status || got.Message != message {
		t.Errorf("status %s %q, want %s %q", got.Status, got.Message, status, message)
	}
	if len(w.Status.Message) >= 100 {
		t.Errorf("%d characters of status", len(w.Status.Message))
	}
}

func update(t *testing.T, w *world.World) *world.Run {
	t.Helper()
	return w.MustHook(t, world.Hook{Name: "update-status"})
}

// TestMain gives the tests' process a variable of Juju's, as the program has in a hook: what an operator's command sees is
// taken from it.
func TestMain(m *testing.M) {
	if err := os.Setenv("JUJU_CONTEXT_ID", "kw/0-of-these-tests"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func TestReadyWorkerHasItsFilesUntilTheRelationBreaks(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	update(t, w)
	want := agent.Settings{"kubelet_user": user, "auth_group": "system:nodes", "gpu": "False"}
	if diff := cmp.Diff(want, rel.Local); diff != "" {
		t.Errorf("bag differs (-want +got):\n%s", diff)
	}
	wantStatus(t, w, "waiting", "Waiting for kube-control relation")

	w.Joined(t, rel, "kcp/0", agent.Settings{"enable-kube-dns": "False"})
	wantStatus(t, w, "waiting", "Waiting for cluster credentials")
	w.Changed(t, rel, "kcp/0", masterBag("first"))
	wantTokens(t, w, "first")
	wantStatus(t, w, "active", "")
	if info, err := os.Stat(filepath.Join(w.CharmDir, "cdk")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", info.Mode(), err)
	}

	// Level: nothing is written again, by us or to Juju.
	before, err := os.Stat(filepath.Join(w.CharmDir, "cdk", "kubeconfig"))
	if err != nil {
		t.Fatal(err)
	}
	if run := update(t, w); run.Changed() {
		t.Error("an idle hook writes")
	}
	if after, err := os.Stat(filepath.Join(w.CharmDir, "cdk", "kubeconfig")); err != nil || !os.SameFile(before, after) {
		t.Errorf("the file was replaced, %v", err)
	}

	// INV-7: whatever is gone or bad, they stay.
	for name, gone := range map[string]agent.Settings{
		"credentials": {"creds": ""}, "others' credentials": {"creds": strings.ReplaceAll(creds(user, "evil"), "kw/0", "kw/1")},
		"broken credentials": {"creds": "{"}, "endpoints": {"api-endpoints": ""}, "endpoints in clear": {"api-endpoints": `["http://10.0.0.1:6443"]`},
		"tokens that are none": {"creds": creds(user, "a b")},
	} {
		changed := masterBag("second")
		for key, value := range gone {
			changed[key] = value
		}
		w.Changed(t, rel, "kcp/0", changed)
		wantTokens(t, w, "first")
		if w.Status.Status != "waiting" {
			t.Errorf("%s gone: %v", name, w.Status)
		}
	}
	w.Departed(t, rel, "kcp/0", "kcp/0")
	wantTokens(t, w, "first")
	wantStatus(t, w, "waiting", "Waiting for kube-control relation")

	w.Joined(t, rel, "kcp/1", masterBag("third"))
	wantTokens(t, w, "third")
	put(t, filepath.Join(w.CharmDir, "cdk", "mine"), "stays")
	rel.Broken, rel.Members = true, nil
	w.On(t, "broken", rel, "", "")
	if entries, err := os.ReadDir(filepath.Join(w.CharmDir, "cdk")); err != nil || len(entries) != 1 || entries[0].Name() != "mine" {
		t.Errorf("after broken there are %v, %v", entries, err)
	}
	wantStatus(t, w, "blocked", "Missing required kube-control relation")
}

func TestReadyWorkerNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name            string
		options         map[string]any
		bag             agent.Settings
		status, message string
	}{
		{"endpoints", nil, agent.Settings{"api-endpoints": ""}, "waiting", "Waiting for API endpoints"},
		{"usable endpoints", nil, agent.Settings{"api-endpoints": `["https://a@b:1"]`}, "waiting", "Waiting for API endpoints: none of the given ones is valid"},
		{"certificate", map[string]any{"ca-file": ""}, nil, "waiting", `Waiting for the CA certificate: juju config kcp ca-certificate="$(cat ca.crt)"`},
		{"certificate's file", map[string]any{"ca-file": "/none"}, nil, "waiting", "Waiting for the CA certificate: there is no file /none"},
		{"certificate in the file", map[string]any{"ca-file": "metadata.yaml"}, nil, "blocked", "Option ca-file names a file that is neither PEM nor base64 of it"},
		{"a token", nil, agent.Settings{"creds": strings.ReplaceAll(creds(user, "good"), "good-proxy", "b\\nd")}, "waiting", "Waiting for cluster credentials: the proxy token can't be used"},
		{"DNS", nil, agent.Settings{"enable-kube-dns": ""}, "waiting", "Waiting for cluster DNS"},
		{"node name", map[string]any{"node-name": "a_b"}, nil, "blocked", "Option node-name is not a node name: use letters, digits, dashes and dots"},
		{"group", map[string]any{"auth-group": "a,b"}, nil, "blocked", "Option auth-group has characters that are not allowed in a name"},
		{"gpu", map[string]any{"gpu": "yes"}, nil, "blocked", `Option gpu is "yes", not one of auto, true, false`},
		{"schemas", map[string]any{"schemas": "2"}, nil, "blocked", `Option schemas is "2", not one of auto, 0, 1, 0,1`},
		{"folder", map[string]any{"kubeconfig-dir": "/"}, nil, "blocked", "Option kubeconfig-dir is not the path of a folder"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, rel := workerWithCA(t)
			if strings.HasPrefix(tt.message, "Option ") && tt.name != "certificate in the file" {
				w.Joined(t, rel, "kcp/0", masterBag("before")) // what was good before stays, and the files follow the master
			}
			local := fmt.Sprint(rel.Local)
			for key, value := range tt.options {
				w.Options[key] = value
			}
			b := masterBag("token")
			for key, value := range tt.bag {
				b[key] = value
			}
			if rel.Members == nil {
				w.Joined(t, rel, "kcp/0", b)
			} else {
				w.Changed(t, rel, "kcp/0", b)
				wantTokens(t, w, "token")
				if fmt.Sprint(rel.Local) != local {
					t.Errorf("bag %v, before %v", rel.Local, local)
				}
			}
			wantStatus(t, w, tt.status, tt.message)
		})
	}
}

func TestReadyWorkerRenamed(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	w.Joined(t, rel, "kcp/0", masterBag("old"))
	w.Options["node-name"] = "Node-B"
	w.MustHook(t, world.Hook{Name: "config-changed"})
	if got := rel.Local["kubelet_user"]; got != "system:node:node-b" {
		t.Errorf("asks for %s", got)
	}
	wantTokens(t, w, "old")
	wantStatus(t, w, "waiting", "Waiting for cluster credentials: signed for another user only")
	b := masterBag("")
	b["creds"] = creds("system:node:node-b", "new")
	w.Changed(t, rel, "kcp/0", b)
	wantTokens(t, w, "new")
	wantStatus(t, w, "active", "")
}

// A worker whose credentials are taken back says so; it does not say that they are still to come.
func TestRow98WithdrawnCredentialsAreTold(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	w.Joined(t, rel, "kcp/0", masterBag("old"))
	wantStatus(t, w, "active", "")
	b := masterBag("")
	delete(b, "creds")
	w.Changed(t, rel, "kcp/0", b)
	wantStatus(t, w, "waiting", "Waiting for cluster credentials: the master has taken back those of "+user)
	if out := w.Must(t, "", "explain"); !strings.Contains(out, "the master has taken back those of "+user) {
		t.Errorf("explained is\n%s", out)
	}
}

// What to do on a master is told for a charm that does not run kube-control too.
func TestRow99OtherMastersAreExplained(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	b := masterBag("")
	delete(b, "creds")
	w.Joined(t, rel, "kcp/0", b)
	out := w.Must(t, "", "explain")
	if !strings.Contains(out, "a master that does not run kube-control says it in its log: juju debug-log --replay --include kcp") {
		t.Errorf("explained is\n%s", out)
	}
}

// A second cluster's masters get nothing of the first one's, and give nothing while the first is there.
func TestReadyWorkerServesOneCluster(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	w.Joined(t, rel, "kcp/0", masterBag("first"))
	second := w.Relate("kube-control:0", "another")
	w.Joined(t, second, "another/0", masterBag("second"))
	w.Changed(t, rel, "kcp/0", agent.Settings{})
	wantTokens(t, w, "first")
	if second.Local["kubelet_user"] != user {
		t.Errorf("asks %v", second.Local)
	}
	rel.Broken, rel.Members = true, nil
	w.On(t, "broken", rel, "", "")
	wantTokens(t, w, "second")
}

// The number of tools does not depend on how many masters or relations' members there are beyond one read each, and an
// idle hook of the policy adds one: config-get.
func TestReadyWorkerCost(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	w.Joined(t, rel, "kcp/0", masterBag("first"))
	var tools []string
	for _, c := range w.Changed(t, rel, "kcp/0", masterBag("first")).Calls() {
		tools = append(tools, c.Argv[0])
	}
	want := []string{"relation-ids", "relation-list", "state-get", "config-get", "relation-get", "relation-get", "status-get"}
	if diff := cmp.Diff(want, tools); diff != "" {
		t.Errorf("tools differ (-want +got):\n%s", diff)
	}
}
