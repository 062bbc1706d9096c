package stories

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kube-control/kube-control/internal/pack"
)

// TestFirstSessions types the first session of the simulator's documentation, and that of docs/getting-started.md, as this user
// and, where this user is root, as an ordinary one. Nothing below the real /root changes.
func TestFirstSessions(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("/tmp", "session")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	bin, dist := filepath.Join(dir, "bin"), filepath.Join(dir, "dist")
	err = os.MkdirAll(bin, 0o755)
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{"jujusim", "kube-control"} {
		path, err := exec.LookPath(program)
		if err == nil {
			err = exec.Command("cp", path, bin).Run()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"master", "worker"} {
		entries, err := collect(name, "")
		if err == nil {
			err = pack.WriteDir(filepath.Join(dist, "kube-control-"+name), entries)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	before, _ := os.ReadDir("/root/cdk") // usually it is not there
	sessions := map[string]string{
		"simulator":       session(t, "../../jujusim/docs/simulator.md", "A first session", "    "),
		"getting-started": session(t, "../../docs/getting-started.md", "In the simulator", "       "),
	}
	for name, script := range sessions {
		for _, user := range users(t) {
			t.Run(name+" of "+user.name, func(t *testing.T) {
				t.Parallel()
				data := filepath.Join(dir, name+"-"+user.name)
				if err := os.Mkdir(data, 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.Chown(data, user.id, os.Getegid()); err != nil {
					t.Fatal(err)
				}
				cmd := exec.Command("bash", "-c", "set -e\n"+strings.ReplaceAll(script, "/tmp/sim", data+"/sim"))
				cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+data, "TMPDIR=/tmp")
				if user.id != os.Geteuid() {
					cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(user.id), Gid: uint32(os.Getegid()), NoSetGroups: true}}
				}
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				for _, unit := range []string{"kube-control-master/1", "kube-control-worker/2"} {
					if workloadOf(string(out), unit) != "active" {
						t.Errorf("%s is not active:\n%s", unit, out)
					}
				}
			})
		}
	}
	t.Cleanup(func() {
		if after, _ := os.ReadDir("/root/cdk"); len(after) != len(before) {
			t.Errorf("/root/cdk had %d files, and has %d", len(before), len(after))
		}
	})
}

// session are the commands below a heading, without those that build, because the test brings the programs.
func session(t *testing.T, file, heading, indent string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var commands []string
	for line := range strings.Lines(section) {
		if command, ok := strings.CutPrefix(line, indent); ok && !strings.HasPrefix(command, "make ") && !strings.HasPrefix(command, " ") {
			commands = append(commands, strings.TrimSpace(command))
		}
	}
	if len(commands) < 5 {
		t.Fatalf("%s has the commands %q", file, commands)
	}
	return strings.Join(commands, "\n")
}

// account is a user who types.
type account struct {
	name string
	id   int
}

func users(t *testing.T) []account {
	t.Helper()
	all := []account{{"this-user", os.Geteuid()}}
	if os.Geteuid() == 0 {
		return append(all, account{"an-ordinary-user", 65534})
	}
	t.Log("NOTE: this user is not root, so that the sessions of root are not tested")
	return all
}
