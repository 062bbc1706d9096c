package session_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// with is a master's bag with some keys changed.
func with(bag agent.Settings, changes agent.Settings) agent.Settings {
	for key, value := range changes {
		bag[key] = value
	}
	return bag
}

// told is what was logged since it was last asked for.
func told(w *world.World) string {
	text := strings.Join(w.Logs, "\n")
	w.Logs = nil
	return text
}

// wantOnce wants the log to say something now, and no warning in the next hook.
func wantOnce(t *testing.T, w *world.World, texts ...string) {
	t.Helper()
	got := told(w)
	for _, text := range texts {
		if !strings.Contains(got, text) {
			t.Errorf("the log lacks %s:\n%s", text, got)
		}
	}
	update(t, w)
	if got := told(w); strings.Contains(got, "WARNING") {
		t.Errorf("it is said again:\n%s", got)
	}
}

func TestT21OnlyServersThatTokensMayBeSentTo(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"http://10.0.0.1:6443", "https://10.0.0.1:6443@evil.example", "https://u:p@10.0.0.1", "https://10.0.0.1#evil", "https://10.0.0.1?x=y",
		"https://10.0.0.1?", "https://[fe80::1%25eth0]:6443", "https://evil_host", "https://", "//10.0.0.1", "https://10.0.0.1:6443\nx: y", "file:///etc/passwd",
	} {
		t.Run(url, func(t *testing.T) {
			t.Parallel()
			w, rel := workerWithCA(t)
			w.Joined(t, rel, "kcp/0", with(masterBag("first"), agent.Settings{"api-endpoints": fmt.Sprintf("[%q]", url)}))
			wantTokens(t, w, "")
			if w.Status.Status != "waiting" || !strings.HasPrefix(w.Status.Message, "Waiting for API endpoints") {
				t.Errorf("status %v", w.Status)
			}
			w.Changed(t, rel, "kcp/0", with(masterBag("first"), agent.Settings{"api-endpoints": fmt.Sprintf("[%q, %q]", url, "https://10.0.0.1:6443")}))
			wantTokens(t, w, "first")
		})
	}
}

func TestT21OtherServersAndAnotherAuthorityAreTold(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	w.Joined(t, rel, "kcp/0", masterBag("first"))
	told(w)
	w.Changed(t, rel, "kcp/0", with(masterBag("first"), agent.Settings{"api-endpoints": `["https://10.9.9.9"]`}))
	wantOnce(t, w, `INFO kube-control:1: the API endpoints were "https://10.0.0.1:6443", "https://10.0.0.2:6443" and are "https://10.9.9.9"`)
	put(t, filepath.Join(w.CharmDir, "ca.crt"), other)
	w.MustHook(t, world.Hook{Name: "config-changed"})
	wantOnce(t, w, "WARNING the cluster's CA certificate has changed: SHA-256 ")
}

func TestT22MastersThatDisagreeAreNamed(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	w.Joined(t, rel, "kcp/0", with(masterBag("first"), agent.Settings{"creds": strings.Replace(creds(user, "first"), "{\"scope\"", "{\"generation\": 2, \"scope\"", 1)}))
	told(w)
	w.Joined(t, rel, "kcp/1", agent.Settings{"creds": creds(user, "rogue")})
	wantOnce(t, w, `masters give different credentials for "`+user+`": "kcp/0", "kcp/1"`)
	wantTokens(t, w, "first") // the higher generation
	w.Changed(t, rel, "kcp/1", agent.Settings{"creds": strings.ReplaceAll(creds(user, "rogue"), "kw/0", "kw/7")})
	wantTokens(t, w, "first")
}

func TestT23BadCredentialsOfOneMasterHideNoOthers(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		`"x"`, `[]`, `null`, `{`, `7`, `{"u": null}`, `{"u": []}`, fmt.Sprintf(`{%q: {}}`, user), fmt.Sprintf(`{%q: {"scope": "kw/0", "kubelet_token": 7}}`, user),
		`{"u":` + strings.Repeat("[", 100000), "\x00\xff",
	} {
		for _, first := range []string{"kcp/0", "kcp/2"} {
			t.Run(fmt.Sprintf("%.20q of %s", bad, first), func(t *testing.T) {
				t.Parallel()
				w, rel := workerWithCA(t)
				w.Joined(t, rel, first, agent.Settings{"creds": bad})
				w.Joined(t, rel, "kcp/1", masterBag("good"))
				wantTokens(t, w, "good")
				w.Changed(t, rel, "kcp/1", agent.Settings{})
				wantTokens(t, w, "good")
			})
		}
	}
}

func TestT24WhatHasNoFormIsUsedNowhere(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	w.Options["on-credentials-changed"] = "env > env"
	w.Joined(t, rel, "kcp/0", masterBag("first"))
	told(w)
	w.Changed(t, rel, "kcp/0", with(masterBag("second"), agent.Settings{
		"registry-location": "evil --privileged", "default-cni": `"--config=/evil"`, "taints": `["evil=b:--x"]`, "labels": `["a=b", "-=evil"]`,
	}))
	wantOnce(t, w,
		`registry "evil --privileged" of the master is not used`, `default CNI "--config=/evil" of the master is not used`,
		`taint "evil=b:--x" of the master is not used`, `label "-=evil" of the master is not used`,
	)
	wantTokens(t, w, "second")
	for _, file := range []string{"env", "cdk/kubeconfig", "cdk/kubeproxyconfig", "cdk/kubeclientconfig"} {
		text, err := os.ReadFile(filepath.Join(w.CharmDir, file))
		if err != nil || strings.Contains(string(text), "evil") {
			t.Errorf("%s has\n%s\n%v", file, text, err)
		}
	}
}

func TestT25MegabytesOfAMasterAreBounded(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	w.Joined(t, rel, "kcp/0", masterBag("first"))
	told(w)
	w.Joined(t, rel, "kcp/1", agent.Settings{
		"labels": "[" + strings.Repeat(`"-=evil",`, 20000) + `"a=b"]`, "cohort-keys": `{"a":"` + strings.Repeat("x", 4<<20) + `"}`,
		"api-endpoints": "[" + strings.Repeat(`"http://evil",`, 20000) + `"https://evil"]`,
	})
	if got := told(w); len(got) > 8192 {
		t.Errorf("%d bytes of log", len(got))
	}
	w.Changed(t, rel, "kcp/1", agent.Settings{"labels": strings.Repeat("x", 17<<20)}) // more than is read of a bag
	wantTokens(t, w, "first")
	for key, value := range w.State {
		if len(value) > 32<<10 {
			t.Errorf("%s keeps %d bytes", key, len(value))
		}
	}
}

func TestT26TokensThatAreNoneReachNoFile(t *testing.T) {
	t.Parallel()
	for _, token := range []string{`long-enough\nevil: true`, `with space`, `\u0000\u0001evil..`, `short`, strings.Repeat("x", 4097), `"quoted"`, `#comment-in-yaml`, `{{.}}-template`, `éééééééé`} {
		t.Run(fmt.Sprintf("%.20s", token), func(t *testing.T) {
			t.Parallel()
			w, rel := workerWithCA(t)
			w.Joined(t, rel, "kcp/0", masterBag("first"))
			evil := strings.Replace(creds(user, "second"), "second-proxy", strings.ReplaceAll(token, `"`, `\"`), 1)
			w.Changed(t, rel, "kcp/0", with(masterBag(""), agent.Settings{"creds": evil}))
			wantTokens(t, w, "first")
			wantStatus(t, w, "waiting", "Waiting for cluster credentials: the proxy token can't be used")
		})
	}
}

func TestT27KubeconfigsAreForTheirOwnerAlone(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	w.Joined(t, rel, "kcp/0", masterBag("first"))
	wantTokens(t, w, "first") // looks at the modes
	file := filepath.Join(w.CharmDir, "cdk", "kubeconfig")
	for _, tokens := range []string{"first", "second"} { // it is right, and not
		if err := os.Chmod(file, 0o606); err != nil {
			t.Fatal(err)
		}
		w.Changed(t, rel, "kcp/0", masterBag(tokens))
		wantTokens(t, w, tokens)
	}
}

func TestT28WhatWasReplacedAndComesBackIsTold(t *testing.T) {
	t.Parallel()
	w, rel := workerWithCA(t)
	replayed := `WARNING kube-control:1: the master gives credentials for "` + user + `" that it had replaced already`
	w.Joined(t, rel, "kcp/0", masterBag("first"))
	w.Changed(t, rel, "kcp/0", masterBag("second"))
	if got := told(w); strings.Contains(got, "replaced already") {
		t.Errorf("the log says %s", got)
	}
	w.Changed(t, rel, "kcp/0", masterBag("first"))
	wantOnce(t, w, replayed)
	wantTokens(t, w, "first") // it might be right
	third := func(generation int, tokens string) agent.Settings {
		return with(masterBag(""), agent.Settings{"creds": strings.Replace(creds(user, tokens), `{"scope"`, fmt.Sprintf(`{"generation": %d, "scope"`, generation), 1)})
	}
	w.Changed(t, rel, "kcp/0", third(3, "third"))
	told(w)
	w.Changed(t, rel, "kcp/0", third(2, "unknown"))
	wantOnce(t, w, replayed)
}
