package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const (
	masterApp = "kube-control-master"
	workerApp = "kube-control-worker"

	tokenFile = "known_tokens.csv" // in the master's charm folder
)

// The kubeconfigs of a worker, by what they are for.
const (
	kubelet   = "kubeconfig"
	kubeProxy = "kubeproxyconfig"
	client    = "kubeclientconfig"
)

// model is a Juju model in the simulator: masters, each with an API server beside it, and workers.
type model struct {
	*cluster
	t       *testing.T
	masters []*apiServer // by unit number
}

// plan is what a model begins with.
type plan struct {
	masters, workers           int
	version                    string   // of Juju
	masterConfig, workerConfig []string // pairs
}

// newModel makes a model whose masters and workers are not related yet.
func newModel(t *testing.T, c *cluster, p plan) *model {
	t.Helper()
	m := &model{cluster: c, t: t}
	var urls []string
	for i := range p.masters {
		server := c.newServer(t, m.file(unit(masterApp, i), tokenFile))
		m.masters, urls = append(m.masters, server), append(urls, server.url)
	}
	ca, err := os.ReadFile(c.ca.file("ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	m.deploy(masterApp, p.masters, append(p.masterConfig, "token-auth-file="+tokenFile, "on-tokens-changed="+m.restarts(),
		"api-endpoints="+strings.Join(urls, " "), "ca-certificate="+string(ca)), "--seed=2", "--juju-version="+p.version)
	m.deploy(workerApp, p.workers, append(p.workerConfig, "kubeconfig-dir=kube"))
	m.juju("settle")
	return m
}

// deploy deploys units of a charm as it is staged.
func (m *model) deploy(app string, units int, config []string, flags ...string) {
	m.t.Helper()
	args := append([]string{"deploy", filepath.Join("..", "..", "dist", app), "-n", strconv.Itoa(units)}, flags...)
	for _, pair := range config {
		args = append(args, "--config", pair)
	}
	m.juju(args...)
}

func unit(app string, number int) string { return fmt.Sprintf("%s/%d", app, number) }

// file is the path of a file in a unit's charm folder.
func (m *model) file(unit, name string) string {
	return filepath.Join(m.dir, "sim", "agents", "unit-"+strings.ReplaceAll(unit, "/", "-"), "charm", name)
}

// kubeconfig is the path of a worker's kubeconfig.
func (m *model) kubeconfig(worker int, name string) string {
	return m.file(unit(workerApp, worker), filepath.Join("kube", name))
}

// node is the name of a worker's node: that of its machine, as the simulator numbers them.
func (m *model) node(worker int) string { return fmt.Sprintf("juju-local-%d", len(m.masters)+worker) }

// juju runs one command of the simulator and returns what it prints.
func (m *model) juju(args ...string) string {
	m.t.Helper()
	out, err := m.try(args...)
	if err != nil {
		m.t.Fatalf("jujusim %s: %v\n%s", args[0], err, m.log())
	}
	return out
}

func (m *model) try(args ...string) (string, error) {
	cmd := exec.Command(filepath.Join("..", "..", "bin", "jujusim"), args...)
	// The API servers run on this machine, so the units do as well.
	cmd.Env = append(os.Environ(), "JUJUSIM_DATA="+filepath.Join(m.dir, "sim"), "JUJUSIM_MACHINE=none")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%w: %s", err, stderr.String())
	}
	return stdout.String(), nil
}

// log is the end of the model's log and its status.
func (m *model) log() string {
	log, _ := m.try("debug-log", "--level", "WARNING")
	status, _ := m.try("status", "--relations")
	lines := strings.SplitAfter(log, "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "") + status
}

// settle runs the hooks that are queued, one by one, and calls a function after each.
func (m *model) settle(after func()) {
	m.t.Helper()
	for {
		_, err := m.try("settle", "--limit=-1")
		after()
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), "still queued") {
			m.t.Fatalf("%v\n%s", err, m.log())
		}
	}
}

// restarts serves the command that on-tokens-changed runs, which it returns: it starts the API server of the unit in
// whose charm folder it is run, and ends when the server is ready.
func (m *model) restarts() string {
	socket := filepath.Join(m.dir, "restart")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { listener.Close() })
	self, err := os.Executable()
	if err != nil {
		m.t.Fatal(err)
	}
	program := filepath.Join(m.dir, restartProgram)
	if err := os.Symlink(self, program); err != nil {
		m.t.Fatal(err)
	}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			fmt.Fprintln(c, m.restart(c))
			c.Close()
		}
	}()
	return program + " " + socket
}

func (m *model) restart(c net.Conn) string {
	dir, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return err.Error()
	}
	for i, server := range m.masters {
		if strings.TrimSpace(dir) == m.file(unit(masterApp, i), "") {
			if err := server.restart(m.t.Context()); err != nil {
				m.t.Error(err)
				return "see the test's output"
			}
			return "ready"
		}
	}
	return "no API server belongs to " + dir
}
