package ready_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/kube-control/kube-control/tests/world"
)

// Row 120: spaces and commas separate the entries of every list; another separator is an error.
func TestRow120ListsOfOptions(t *testing.T) {
	t.Parallel()
	for option, tt := range map[string]struct{ values, key, want string }{
		"api-endpoints":        {"https://b:1,https://a:2\nhttps://c", "api-endpoints", `["https://a:2", "https://b:1", "https://c"]`},
		"register-with-taints": {"b:NoSchedule, a=x:NoExecute", "taints", `["a=x:NoExecute", "b:NoSchedule"]`},
		"labels":               {"b=,a=x\tc=y", "labels", `["a=x", "b=", "c=y"]`},
		"allowed-groups":       {"foo,system:nodes", "creds", ""},
		"allowed-users":        {"foo,system:node:*", "creds", ""},
	} {
		t.Run(option, func(t *testing.T) {
			t.Parallel()
			w, r := signed(t)
			w.Options[option] = tt.values
			w.MustHook(t, world.Hook{Name: "config-changed"})
			w.Joined(t, r, "kw/9", map[string]string{"kubelet_user": "system:node:nine"})
			if got := r.Local[tt.key]; tt.want != "" && got != tt.want {
				t.Errorf("%s is %s, want %s", tt.key, got, tt.want)
			}
			if !strings.Contains(r.Local["creds"], "system:node:nine") {
				t.Errorf("the worker is not signed: %s %s", w.Status.Status, w.Status.Message)
			}
			w.Options[option] = strings.NewReplacer(",", ";", "\n", ";", "\t", ";").Replace(tt.values)
			w.MustHook(t, world.Hook{Name: "config-changed"})
			if want := "Option " + option + " has "; !strings.HasPrefix(w.Status.Message, want) {
				t.Errorf("the status is %q, want %s...", w.Status.Message, want)
			}
		})
	}
}

// Row 121: an address of this unit that is not valid in a URL fails no hook, and what was published last stays.
func TestRow121OwnAddressThatIsNotValid(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"node_1", "fe80::1%eth0", "a b", "10.0.0.1:80"} {
		w, r := signed(t)
		before := maps.Clone(r.Local)
		w.Address = address
		w.MustHook(t, world.Hook{Name: "config-changed"})
		if !maps.Equal(before, r.Local) {
			t.Errorf("%s: published is %v, was %v", address, r.Local, before)
		}
		if !slices.ContainsFunc(w.Logs, func(line string) bool { return strings.Contains(line, "not published: api-endpoints has ") }) {
			t.Errorf("%s: nothing is logged: %q", address, w.Logs)
		}
	}
}

// A bad option blocks with its name and the reason, and what was published last stays.
func TestBadOption(t *testing.T) {
	t.Parallel()
	for option, tt := range map[string]struct {
		value  any
		reason string
	}{
		"dns-provider":         {"kube-dns", `is "kube-dns", not one of auto, none`},
		"dns-ip":               {"10.0.0.300", "is not an IP address"},
		"dns-port":             {jsonNumber("70000"), "is not a port from 1 to 65535"},
		"dns-domain":           {"a_b", "is not a DNS domain"},
		"cluster-tag":          {"a b", "is not a name of letters, digits, dots and dashes"},
		"image-registry":       {"--x", "is not a host[:port][/path]"},
		"api-endpoints":        {"http://1.2.3.4", `has "http://1.2.3.4", which is not https`},
		"register-with-taints": {"a:Never", `has "a:Never", which has an effect that Kubernetes does not know`},
		"labels":               {"a", `has "a", which has no =`},
		"cohort-keys":          {"[]", "is not a JSON object of texts"},
		"ca-certificate":       {"x y", "is neither PEM nor base64 of it"},
		"token-auth-file":      {"/root/", "is not the path of a file"},
		"default-cni":          {"a b", "is not a name of letters, digits, dots and dashes"},
		"allowed-users":        {"=x", `has "=x", which is not [APP=]NAME`},
		"client-group":         {"a,b", "has characters that are not allowed in a name"},
		"client-token":         {"both", `is "both", not one of per-unit, admin, none`},
		"allowed-groups":       {`a"b`, `has "a\"b", which is not [APP=]NAME`},
	} {
		t.Run(option, func(t *testing.T) {
			t.Parallel()
			w, r := signed(t)
			before, file := maps.Clone(r.Local), w.TokenFile(t)
			w.Options[option] = tt.value
			w.MustHook(t, world.Hook{Name: "config-changed"})
			if want := "Option " + option + " " + tt.reason; w.Status.Status != "blocked" || w.Status.Message != want {
				t.Errorf("the status is %s %q, want %q", w.Status.Status, w.Status.Message, want)
			}
			if !maps.Equal(before, r.Local) || w.TokenFile(t) != file {
				t.Errorf("published is %v, was %v", r.Local, before)
			}
			if len(w.Status.Message) > 99 {
				t.Errorf("%d characters: %s", len(w.Status.Message), w.Status.Message)
			}
		})
	}
}

// DNS that is switched off says so and takes its address back. Charms on the ops library read nothing without port and
// domain, so these stay, and an invalid domain still blocks.
func TestRow91NoDNS(t *testing.T) {
	t.Parallel()
	w, r := signed(t)
	w.Options["dns-provider"] = "none"
	w.MustHook(t, world.Hook{Name: "config-changed"})
	if r.Local["enable-kube-dns"] != "False" || r.Local["port"] != "53" || r.Local["domain"] != "cluster.local" || r.Local["sdn-ip"] != "" {
		t.Errorf("published is %v", r.Local)
	}
	w.Options["dns-domain"] = "No Domain"
	w.MustHook(t, world.Hook{Name: "config-changed"})
	if w.Status.Status != "blocked" || !strings.Contains(w.Status.Message, "dns-domain") || r.Local["domain"] != "cluster.local" {
		t.Errorf("status %+v, published %v", w.Status, r.Local)
	}
}

// An option that is emptied takes its value off the wire, so that later workers get nothing of it either.
func TestRow104EmptiedOptionsAreWithdrawn(t *testing.T) {
	t.Parallel()
	for option, tt := range map[string]struct {
		value string
		keys  []string
	}{
		"ca-certificate": {certificate, []string{"ca-certificate-secret-id"}},
		"image-registry": {"example.com", []string{"registry-location"}},
		"dns-ip":         {"10.0.0.53", []string{"sdn-ip"}},
		"cohort-keys":    {`{"kubelet": "k"}`, []string{"cohort-keys"}},
	} {
		t.Run(option, func(t *testing.T) {
			t.Parallel()
			w, r := signed(t)
			other := w.Beside(t, "kcp/1")
			ro := other.Relate("kube-control:1", "kw")
			other.Joined(t, ro, "kw/0", node("a"))
			w.Options[option] = ""
			w.MustHook(t, world.Hook{Name: "config-changed"})
			without := maps.Clone(r.Local)
			w.Options[option] = tt.value
			w.MustHook(t, world.Hook{Name: "config-changed"})
			for _, key := range tt.keys {
				if r.Local[key] == "" {
					t.Fatalf("%s is not published: %v", key, r.Local)
				}
			}
			w.Options[option] = ""
			w.MustHook(t, world.Hook{Name: "config-changed"})
			if !maps.Equal(r.Local, without) {
				t.Errorf("published is %v, was %v", r.Local, without)
			}
			later := w.Relate("kube-control:7", "later")
			w.Joined(t, later, "later/0", node("c"))
			for _, key := range tt.keys {
				if later.Local[key] != "" {
					t.Errorf("a later worker gets %s %q", key, later.Local[key])
				}
			}
			if w.Labelled("kcp", "ca-certificate") != nil {
				t.Error("the secret stays")
			}
			if run := w.MustHook(t, world.Hook{Name: "update-status"}); run.Changed() {
				t.Errorf("an idle hook writes: %v", run.Calls())
			}
		})
	}
}

// A bundle of certificates is published where Juju takes it. Elsewhere the unit is blocked with the option and the reason,
// what was good last stays, and all other options take effect. The same holds for what Juju keeps of a charm.
func TestRow105ValuesOverJujusLimits(t *testing.T) {
	t.Parallel()
	bundle := strings.Repeat(certificate, 200)
	for version, fits := range map[string]bool{"3.1.10": false, "3.6.8": false, "3.6-rc1": false, "3.6.9": true, "4.0.1": true} {
		w := world.ReadyMaster(t, "kcp/0")
		w.Version = version
		w.Options["ca-certificate"] = certificate
		r := w.Relate("kube-control:1", "kw")
		w.Joined(t, r, "kw/0", node("a"))
		w.Options["ca-certificate"], w.Options["dns-ip"] = bundle, "10.0.0.99"
		w.MustHook(t, world.Hook{Name: "config-changed"})
		want := certificate
		if fits {
			want = bundle
		}
		if got := w.Labelled("kcp", "ca-certificate").Content()["ca-certificate"]; got != want {
			t.Errorf("%s: %d bytes are published", version, len(got))
		}
		if blocked := w.Status.Status == "blocked" && strings.HasPrefix(w.Status.Message, "Option ca-certificate has "); blocked == fits || r.Local["sdn-ip"] != "10.0.0.99" {
			t.Errorf("%s: status %+v, published %v", version, w.Status, r.Local)
		}
		w.Options["ca-certificate"] = certificate
		w.MustHook(t, world.Hook{Name: "config-changed"})
		if w.Status.Status != "active" {
			t.Errorf("%s: corrected, the status is %+v", version, w.Status)
		}
	}
	// Each list is bounded on the wire, so that all together stay below what Juju keeps of a charm.
	w, r := signed(t)
	for option, word := range map[string]string{"labels": "example.com/%d=x", "register-with-taints": "example.com/%d=:NoExecute", "api-endpoints": "https://%d.example"} {
		var words []string
		for i := range 5000 {
			words = append(words, fmt.Sprintf(word, i))
		}
		w.Options[option] = strings.Join(words, " ")
		w.Options["dns-ip"] = "10.0.0.98"
		w.MustHook(t, world.Hook{Name: "config-changed"})
		if w.Status.Status != "blocked" || w.Status.Message != "Option "+option+" is too long" || r.Local["sdn-ip"] != "10.0.0.98" {
			t.Errorf("%s: status %+v, published %s", option, w.Status, r.Local["sdn-ip"])
		}
		w.Options[option] = strings.Join(words[:250], " ")
	}
	w.Options["cohort-keys"] = `{"kubelet": "` + strings.Repeat("k", 8000) + `"}`
	w.MustHook(t, world.Hook{Name: "config-changed"})
	if w.Status.Status != "active" {
		t.Errorf("the longest options together: status %+v", w.Status)
	}
}

// Paths that begin with ~ block with the reason, and make no folder of that name; what is not a regular file blocks too.
func TestRow110PathsOfAHomeAreRefused(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"~/known_tokens.csv", "~root/known_tokens.csv", "~"} {
		w, _ := signed(t)
		w.Options["token-auth-file"] = path
		w.MustHook(t, world.Hook{Name: "config-changed"})
		if want := "Option token-auth-file begins with ~, which is not expanded here"; w.Status.Status != "blocked" || w.Status.Message != want {
			t.Errorf("%s: status %+v", path, w.Status)
		}
		if _, err := os.Stat(filepath.Join(w.CharmDir, "~")); err == nil {
			t.Errorf("%s made a folder", path)
		}
	}
	w, _ := signed(t)
	if err := os.Remove(filepath.Join(w.CharmDir, "known_tokens.csv")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(w.CharmDir, "known_tokens.csv"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.MustHook(t, world.Hook{Name: "update-status"})
	if w.Status.Status != "blocked" || w.Status.Message != "Cannot write the token file: is not a regular file" {
		t.Errorf("a FIFO: status %+v", w.Status)
	}
}
