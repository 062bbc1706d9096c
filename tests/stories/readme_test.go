package stories

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRow101ReadmeEndsActive types README's lines for the ready charms as they stand there, with jujusim for juju. All
// units end active.
func TestRow101ReadmeEndsActive(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## The ready charms\n")
	var lines []string
	for line := range strings.Lines(section) {
		command, indented := strings.CutPrefix(line, "    ")
		if !indented && len(lines) > 0 {
			break
		}
		if indented {
			lines = append(lines, command)
		}
	}
	if len(lines) < 4 {
		t.Fatalf("README has the lines %q", lines)
	}

	dir := t.TempDir()
	for _, name := range []string{"master", "worker"} {
		if err := charm(name, filepath.Join(dir, "kube-control-"+name+"_amd64.charm"), ""); err != nil {
			t.Fatal(err)
		}
	}
	const certificate = "-----BEGIN CERTIFICATE-----\nMQ==\n-----END CERTIFICATE-----\n"
	if err := os.WriteFile(filepath.Join(dir, "ca.crt"), []byte(certificate), 0o600); err != nil {
		t.Fatal(err)
	}
	script := "set -e\njuju() { jujusim \"$@\"; }\n" + strings.Join(lines, "") + "juju settle\njuju status\n"
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "JUJUSIM_DATA="+filepath.Join(dir, "juju"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, unit := range []string{"kube-control-master/0", "kube-control-master/1", "kube-control-worker/0", "kube-control-worker/1", "kube-control-worker/2"} {
		found := false
		for line := range strings.Lines(string(out)) {
			fields := strings.Fields(line)
			found = found || len(fields) > 2 && strings.TrimSuffix(fields[0], "*") == unit && fields[1] == "active" && fields[2] == "idle"
		}
		if !found {
			t.Errorf("%s is not active:\n%s", unit, out)
		}
	}
}
