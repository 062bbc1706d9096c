package stories

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadmePathsToACharm types README's lines from a clone to a packed charm, for each kind of charm, and then those that try
// it, with that charm. The clone is this repository's last commit.
func TestReadmePathsToACharm(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ heading, charm, peer, status string }{
		// The program in Go signs nothing, so its workers' requests wait.
		{"With handlers in shell", "my-shell", "kube-control-master", "active"},
		{"With handlers in Go", "my-go", "kube-control-worker", "waiting"},
		{"In a charm on ops", "my-ops", "kube-control-master", "active"},
	} {
		t.Run(tt.charm, func(t *testing.T) {
			t.Parallel()
			try := strings.NewReplacer("my-shell", tt.charm, "kube-control-master", tt.peer).Replace(commandsBelow(t, string(text), "Try it"))
			script := strings.Join([]string{"set -ex", commandsBelow(t, string(text), "In your charm"), commandsBelow(t, string(text), tt.heading), try}, "\n")
			cmd := exec.Command("bash", "-c", script)
			cmd.Dir = t.TempDir()
			cmd.Env = append(os.Environ(), "JUJUSIM_DATA="+filepath.Join(cmd.Dir, "sim"), "GOFLAGS=-buildvcs=false",
				"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url."+top+".insteadOf", "GIT_CONFIG_VALUE_0=https://github.com/kube-control/kube-control")
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if got := workloadOf(string(out), tt.charm+"/0*"); got != tt.status {
				t.Errorf("%s is %q, want %q:\n%s", tt.charm, got, tt.status, out)
			}
		})
	}
}

// commandsBelow are the first indented lines below a heading.
func commandsBelow(t *testing.T, text, heading string) string {
	t.Helper()
	_, section, found := strings.Cut(text, "# "+heading+"\n")
	if !found {
		t.Fatalf("there is no heading %q", heading)
	}
	var b strings.Builder
	for line := range strings.Lines(section) {
		command, indented := strings.CutPrefix(line, "    ")
		switch {
		case indented:
			b.WriteString(command)
		case strings.TrimSpace(line) == "" && b.Len() > 0:
			b.WriteString("\n") // inside a file that is written
		case b.Len() > 0:
			return b.String()
		}
	}
	return b.String()
}

// workloadOf is the workload status in a unit's row of status.
func workloadOf(status, unit string) string {
	for line := range strings.Lines(status) {
		if fields := strings.Fields(line); len(fields) > 2 && fields[0] == unit {
			return fields[1]
		}
	}
	return ""
}
