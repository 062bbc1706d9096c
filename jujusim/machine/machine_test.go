package machine_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kube-control/kube-control/jujusim/machine"
)

// trial is the name by which this test program runs a command on a machine: "trial DIR COMMAND".
const trial = "trial"

func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case machine.Program:
		os.Exit(machine.Main(os.Args, os.Environ(), os.Stderr))
	case trial:
		os.Exit(run(os.Args[1], os.Args[2]))
	}
	os.Exit(m.Run())
}

// run runs a shell command on a machine.
func run(dir, command string) int {
	self, err := os.Executable()
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err == nil {
		err = machine.Machine{Dir: filepath.Join(dir, "0"), Host: "juju-local-0", Shared: []string{dir}}.Wrap(cmd, self)
	}
	if err == nil {
		err = cmd.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// TestMachine runs programs as this user, and as an ordinary one where this user is root.
func TestMachine(t *testing.T) {
	t.Parallel()
	users := []int{os.Geteuid()}
	if os.Geteuid() == 0 {
		users = append(users, 65534)
	} else {
		t.Log("NOTE: this user is not root, so that machines of root are not tested")
	}
	for _, uid := range users {
		t.Run(fmt.Sprintf("user %d", uid), func(t *testing.T) {
			t.Parallel()
			m := newTrial(t, uid)
			if got := m.on("id -u; cat /proc/sys/kernel/hostname /etc/hostname; pwd"); got != "0\njuju-local-0\njuju-local-0\n/\n" {
				t.Errorf("user, host name and directory are %q", got)
			}
			m.on("mkdir -p /root/cdk /var/lib/it /etc/it.d && echo kept | tee /root/cdk/it /var/lib/it/it /etc/it.d/it > /dev/null")
			if got := m.on("cat /root/cdk/it /var/lib/it/it /etc/it.d/it; rm -r /etc/it.d; test -e /etc/it.d || echo gone"); got != "kept\nkept\nkept\ngone\n" {
				t.Errorf("it kept %q", got)
			}
			for _, path := range []string{"/root/cdk/it", "/var/lib/it", "/etc/it.d"} {
				if _, err := os.Lstat(path); err == nil {
					t.Errorf("%s is on the real machine", path)
				}
			}
			m.on("echo shared > " + m.dir + "/shared")
			if text, err := os.ReadFile(filepath.Join(m.dir, "shared")); string(text) != "shared\n" {
				t.Errorf("the shared directory has %q: %v", text, err)
			}
		})
	}
}

// trialMachine runs commands on one machine as a user.
type trialMachine struct {
	t       *testing.T
	dir     string // the user's, shared with the machine
	program string // this test program, where the user may execute it
	uid     int
}

func newTrial(t *testing.T, uid int) trialMachine {
	t.Helper()
	top, err := os.MkdirTemp("/tmp", "machine")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(top) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	m := trialMachine{t, filepath.Join(top, "data"), filepath.Join(top, "program"), uid}
	for _, step := range []func() error{
		func() error { return os.Chmod(top, 0o755) },
		func() error { return exec.Command("cp", self, m.program).Run() },
		func() error { return os.Mkdir(m.dir, 0o700) },
		func() error { return os.Chown(m.dir, uid, os.Getegid()) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (m trialMachine) on(command string) string {
	m.t.Helper()
	cmd := exec.Command(m.program)
	cmd.Args = []string{trial, m.dir, command}
	cmd.Dir = "/"
	if m.uid != os.Geteuid() {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(m.uid), Gid: uint32(os.Getegid()), NoSetGroups: true}}
	}
	out, err := cmd.CombinedOutput()
	if err != nil && strings.Contains(string(out), "operation not permitted") && os.Getenv("CI") != "true" {
		m.t.Skipf("SKIPPED, no machine is tested: the kernel permits no namespaces: %s", out)
	}
	if err != nil {
		m.t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}
