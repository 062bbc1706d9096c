package cli_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

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

// A dump of a unit with each documented problem is explained elsewhere in the same words as on the unit.
func TestDumpIsExplainedElsewhere(t *testing.T) {
	t.Parallel()
	for _, day := range slices.Concat(workerDays(), masterDays(), otherMasterDays()) {
		t.Run(day.name, func(t *testing.T) {
			t.Parallel()
			w := day.world(t)
			args := append([]string{"explain"}, strings.Fields(day.args)...)
			want := w.Begin(world.Hook{}).Command(args...)
			got := elsewhere(t, append(args, "--from", dumped(t, w))...)
			// The tokens differ from those of the unit, and so do their fingerprints.
			fingerprint := regexp.MustCompile("sha256:[0-9a-f]{12}")
			words := func(s string) string { return fingerprint.ReplaceAllString(s, "sha256:...") }
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
		if err := json.Unmarshal(content, &d); err != nil || len(d.Files) != 1 {
			t.Fatalf("%v: %s", err, content)
		}
		row, _, _ = strings.Cut(d.Files[0].Content, ",")
		return string(content), row
	}
	text, token := dump()
	if !strings.HasPrefix(token, "redacted-") || strings.Count(text, token) < 2 {
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
