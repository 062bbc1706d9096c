package pack_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A release is made of a tagged, committed state that CHANGELOG.md describes. Anything else is refused with the next step.
func TestReleaseIsChecked(t *testing.T) {
	t.Parallel()
	script, err := filepath.Abs("release.sh")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		command := exec.Command("git", append([]string{"-c", "user.name=n", "-c", "user.email=e@example.com"}, args...)...)
		command.Dir = dir
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "CHANGELOG.md"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := func(version, want string) {
		t.Helper()
		command := exec.Command(script, version, "dist")
		command.Dir = dir
		out, err := command.CombinedOutput()
		if (err == nil) != (want == "") || !strings.Contains(string(out), want) {
			t.Errorf("release %s: %v %q, want %q", version, err, out, want)
		}
	}
	git("init", "-q")
	write("# Changelog\n\n## [Unreleased]\n")
	git("add", ".")
	git("commit", "-qm", "first")
	check("1.2.3", `VERSION is "1.2.3", not like v1.2.3`)
	check("v1.2.3", "the tag v1.2.3 is not this commit: git tag -s v1.2.3")
	git("tag", "v1.2.3")
	check("v1.2.3", `CHANGELOG.md has no section "## [1.2.3]"`)
	write("# Changelog\n\n## [1.2.3] - 2026-01-02\n\n- A change.\n")
	check("v1.2.3", "files are not committed")
	git("commit", "-qam", "release")
	git("tag", "-f", "v1.2.3")
	check("v1.2.3", "")
}
