package cli_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// dumped is the file of a unit's dump.
func dumped(t *testing.T, w *world.World) string {
	t.Helper()
	run := w.Begin(world.Hook{})
	res := run.Command("dump")
	if res.Code != 0 || run.Changed() {
		t.Fatalf("dump: exit %d, changed %v: %s", res.Code, run.Changed(), res.Stderr)
	}
	file := filepath.Join(t.TempDir(), "dump.json")
	if err := os.WriteFile(file, []byte(res.Stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// elsewhere runs kube-control on a machine without Juju.
func elsewhere(t *testing.T, args ...string) world.Result {
	t.Helper()
	other := world.New("other/0", t.TempDir())
	run := other.Begin(world.Hook{})
	res := run.Command(args...)
	if calls := run.Calls(); len(calls) > 0 {
		t.Errorf("%v asks Juju: %v", args, calls)
	}
	return res
}

// A token file, and a file that an option names, may have the name of one that is not secret.
func TestDumpHidesFilesByPlace(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	w.Options["token-auth-file"] = w.CharmDir + "//.kube-control-grants"
	if err := os.WriteFile(filepath.Join(w.CharmDir, ".kube-control-grants"), []byte("Oth3rToken,jane,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "metadata.yaml")
	if err := os.WriteFile(elsewhere, []byte("password: Pl3ase\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	worker := world.New("kw/0", world.Charm(t, "worker", "operator: worker\n"))
	worker.Options = map[string]any{"node-name": "a", "gpu": "false", "kubeconfig-dir": "cdk", "ca-file": elsewhere}
	worker.Relate("kube-control:1", "kcp").Join("kcp/0", agent.Settings{"enable-kube-dns": "False", "cohort-keys": `{"kubelet": "C0hort"}`})
	other := world.New("kw/1", world.Charm(t, "worker", ""))
	other.Relate("kube-control:1", "kcp").Join("kcp/0", agent.Settings{"cohort-keys": "Br0kenCohort"})
	for _, unit := range []*world.World{w, worker, other} {
		text, err := os.ReadFile(dumped(t, unit))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"Oth3rToken", "Pl3ase", "C0hort", "Br0kenCohort"} {
			if strings.Contains(string(text), secret) {
				t.Errorf("the dump of %s has %s", unit.Unit, secret)
			}
		}
	}
}

// A dump of a unit with each documented problem is explained elsewhere in the same words as on the unit, and hooks would do the
// same there.
func TestDumpIsExplainedElsewhere(t *testing.T) {
	t.Parallel()
	for _, day := range slices.Concat(workerDays(), masterDays(), otherMasterDays()) {
		t.Run(day.name, func(t *testing.T) {
			t.Parallel()
			w := day.world(t)
			args := append([]string{"explain"}, strings.Fields(day.args)...)
			want := w.Begin(world.Hook{}).Command(args...)
			file := dumped(t, w)
			got := elsewhere(t, append(args, "--from", file)...)
			// The tokens differ from those of the unit, and so do their fingerprints.
			fingerprint := regexp.MustCompile("sha256:[0-9a-f]{12}")
			words := func(s string) string { return fingerprint.ReplaceAllString(s, "sha256:...") }
			for _, hook := range []string{"update-status", "config-changed", "upgrade-charm"} {
				here, there := w.Begin(world.Hook{}).Command("hook", hook, "--dry-run"), elsewhere(t, "hook", hook, "--dry-run", "--from", file)
				if words(there.Stdout) != words(here.Stdout) || there.Code != here.Code {
					t.Errorf("%s elsewhere (exit %d, %s):\n%s\non the unit (exit %d):\n%s", hook, there.Code, there.Stderr, there.Stdout, here.Code, here.Stdout)
				}
			}
			if words(got.Stdout) != words(want.Stdout) || got.Code != want.Code {
				t.Errorf("elsewhere (exit %d, %s):\n%s\non the unit (exit %d):\n%s", got.Code, got.Stderr, got.Stdout, want.Code, want.Stdout)
			}
		})
	}
}

// No token, no secret's content and no command of an option is in a dump, in whatever form.
func TestDumpHasNoSecret(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2.9.51", "3.6.1"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := world.ReadyMaster(t, "kcp/0")
			w.Version = version
			w.Options["on-tokens-changed"], w.Options["cohort-keys"] = "true Sup3rSecret", `{"kubelet": "C0hortKey"}`
			if err := os.WriteFile(filepath.Join(w.CharmDir, "known_tokens.csv"), []byte("Oth3rToken,jane,1\n\"Quot3d,\"\"x\",joe,2\nBr0kenLine\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			r := w.Relate("kube-control:1", "kw")
			w.Joined(t, r, "kw/0", world.Asking("system:node:a", "system:nodes", version != "2.9.51"))
			asks := world.Asking("system:node:a", "system:nodes", false)
			asks["password"], asks["creds"] = "Wr0ngKey", `{"x": {"scope": "kw/1", "kubelet_token": "For3ign", "extra": {"a": "N3sted"}}, "y": "Pla1n"}`
			w.Joined(t, r, "kw/1", asks)
			w.State["library"] = "Libr4ry"
			secrets := []string{"Sup3rSecret", "C0hortKey", "Oth3rToken", "Quot3d", "Br0kenLine", "Wr0ngKey", "For3ign", "N3sted", "Pla1n", "Libr4ry"}
			for line := range strings.Lines(w.TokenFile(t)) {
				token, _, _ := strings.Cut(line, ",")
				secrets = append(secrets, token)
			}
			for _, s := range w.Vault.Secrets {
				for _, value := range s.Content() {
					secrets = append(secrets, value)
				}
			}
			for key, value := range w.Relation("masters:0").App {
				if key == "seed" {
					secrets = append(secrets, value)
				}
			}
			if len(secrets) < 16 {
				t.Fatalf("there are %d secrets", len(secrets))
			}
			text, err := os.ReadFile(dumped(t, w))
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range secrets {
				if len(secret) < 5 || secret == "kube-control" {
					continue
				}
				for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret))} {
					if strings.Contains(string(text), form) {
						t.Errorf("the dump has %q", form)
					}
				}
			}
		})
	}
}

// Equal tokens have equal fingerprints in one dump: a supporter sees that the token file has what is published. Another dump
// has others.
func TestDumpTellsEqualFromDifferent(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	w.Version = "2.9.51"
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", world.Asking("system:node:a", "system:nodes", false))
	dump := func() (text, row string) {
		content, err := os.ReadFile(dumped(t, w))
		if err != nil {
			t.Fatal(err)
		}
		var d struct {
			Files []struct{ Content string } `json:"files"`
		}
		if err := json.Unmarshal(content, &d); err != nil {
			t.Fatal(err)
		}
		for _, f := range d.Files {
			if token, _, found := strings.Cut(f.Content, ",system:node:a,"); found {
				row = token
			}
		}
		return string(content), row
	}
	text, token := dump()
	if token == "" || strings.Count(text, token) < 2 {
		t.Errorf("the token file's %s is %d times in the dump", token, strings.Count(text, token))
	}
	if _, other := dump(); other == token {
		t.Errorf("two dumps have the fingerprint %s", token)
	}
}

// A dump has the token file under any name, and elsewhere no file of that machine is read in its place, neither by an absolute
// path nor by one that climbs out of the charm's folder.
func TestDumpBringsItsFiles(t *testing.T) {
	t.Parallel()
	for _, option := range []string{"tokens", "../tokens", "/tokens"} {
		t.Run(option, func(t *testing.T) {
			t.Parallel()
			w := world.ReadyMaster(t, "kcp/0")
			w.CharmDir = inner(t, w.CharmDir)
			file := filepath.Join(w.CharmDir, option)
			if filepath.IsAbs(option) {
				file = filepath.Join(w.CharmDir, "..", option)
				option = file
			}
			if err := os.WriteFile(file, []byte("Oth3rToken,jane,1\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			w.Options["token-auth-file"], w.Options["allowed-users"] = option, "*"
			r := w.Relate("kube-control:1", "kw")
			w.Joined(t, r, "kw/0", world.Asking("jane", "system:nodes", false))
			want := w.Must(t, "", "explain", "--unit", "kw/0")
			dump := dumped(t, w)
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			if got := elsewhere(t, "explain", "--unit", "kw/0", "--from", dump); got.Stdout != want || !strings.Contains(want, "jane") {
				t.Errorf("elsewhere (%s):\n%s\non the unit:\n%s", got.Stderr, got.Stdout, want)
			}
		})
	}
}

// inner moves a charm into a folder of its own below a new one.
func inner(t *testing.T, charm string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "charm")
	if err := os.CopyFS(dir, os.DirFS(charm)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What is not a dump is an error that says so.
func TestExplainFromInvalidDump(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		file:          "is not the output of kube-control dump",
		file + "none": "cannot read the dump: open ",
	} {
		if res := elsewhere(t, "explain", "--from", name); res.Code != 1 || !strings.Contains(res.Stderr, want) {
			t.Errorf("exit %d: %s", res.Code, res.Stderr)
		}
	}
}

// A dry run of a hook for a dump needs --dry-run, because there is no Juju.
func TestHookFromDumpNeedsDryRun(t *testing.T) {
	t.Parallel()
	file := dumped(t, world.ReadyMaster(t, "kcp/0"))
	if res := elsewhere(t, "hook", "update-status", "--from", file); res.Code != 2 || !strings.Contains(res.Stderr, "--from needs --dry-run") {
		t.Errorf("exit %d: %s", res.Code, res.Stderr)
	}
}

// A unit at rest has nothing to do elsewhere either: the token file, which has rows of others and a rotation, and the kubeconfigs
// are as the redacted tokens want them.
func TestHookFromDumpAtRest(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2.9.51", "3.6.1"} {
		master := world.ReadyMaster(t, "kcp/0")
		master.Version = version
		master.Options["ca-certificate"] = valid
		if err := os.WriteFile(filepath.Join(master.CharmDir, "known_tokens.csv"), []byte("Oth3rToken,jane,1\n\"Quot3d,\"\"x\",joe,2\n# note\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		r := master.Relate("kube-control:1", "kw")
		master.Joined(t, r, "kw/0", world.Asking("system:node:a", "system:nodes", version != "2.9.51"))
		master.Joined(t, r, "kw/1", world.Asking("system:node:b", "system:nodes", false))
		master.Must(t, "", "rotate-credentials", "--unit", "kw/0")
		atRest(t, master)
	}
	worker := world.New("kw/0", world.Charm(t, "worker", "operator: worker\nstatus: true\n"))
	if err := os.WriteFile(filepath.Join(worker.CharmDir, "ca.crt"), []byte(valid), 0o600); err != nil {
		t.Fatal(err)
	}
	worker.Options = map[string]any{
		"node-name": "", "gpu": "auto", "kubeconfig-dir": "cdk", "ca-file": "ca.crt", "schemas": "0", "on-credentials-changed": "true",
	}
	r := worker.Relate("kube-control:1", "kcp")
	worker.MustHook(t, world.Hook{Name: "config-changed"})
	user := r.Local["kubelet_user"]
	worker.Joined(t, r, "kcp/0", agent.Settings{
		"enable-kube-dns": "False", "api-endpoints": `["https://10.0.0.1:6443"]`,
		"creds": fmt.Sprintf(`{%q: {"scope": "kw/0", "kubelet_token": "K-token-1", "proxy_token": "P-token-1", "client_token": "C-token-1"}}`, user),
	})
	if _, err := os.Stat(filepath.Join(worker.CharmDir, "cdk", "kubeconfig")); err != nil {
		t.Fatal(err)
	}
	atRest(t, worker)
}

// valid is a certificate by its form.
const valid = "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n"

// atRest fails unless an update-status has nothing to do, on the unit and elsewhere.
func atRest(t *testing.T, w *world.World) {
	t.Helper()
	w.MustHook(t, world.Hook{Name: "update-status"})
	w.MustHook(t, world.Hook{Name: "update-status"})
	here := w.Begin(world.Hook{}).Command("hook", "update-status", "--dry-run").Stdout
	there := elsewhere(t, "hook", "update-status", "--dry-run", "--from", dumped(t, w))
	if here != "nothing to do\n" || there.Stdout != here {
		t.Errorf("on the unit: %s\nelsewhere (exit %d, %s): %s", here, there.Code, there.Stderr, there.Stdout)
	}
}
