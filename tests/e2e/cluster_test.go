package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
)

// limit is what a server may take to start, on a busy machine.
const limit = 2 * time.Minute

// cluster is an etcd with the API servers that keep their objects in it.
type cluster struct {
	bin   string
	dir   string
	ca    *authority
	store string // etcd's URL
}

// newCluster starts an etcd for the test. Without $KC_E2E_BIN the test is skipped, but fails where CI is true.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	bin := os.Getenv("KC_E2E_BIN")
	switch {
	case bin == "" && os.Getenv("CI") == "true":
		t.Fatal("there is no $KC_E2E_BIN: run make e2e")
	case bin == "":
		t.Skip("*** SKIPPED, nothing was checked with a real kube-apiserver: there is no $KC_E2E_BIN; run make e2e ***")
	}
	// The path of a socket has 107 bytes at most, which t.TempDir with a test's name in it can pass.
	dir, err := os.MkdirTemp("", "kc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	c := &cluster{bin: bin, dir: dir, ca: newAuthority(t, dir), store: "unix://" + filepath.Join(dir, "c:0")}
	peer := "unix://" + filepath.Join(dir, "p:0")
	etcd := &process{path: filepath.Join(bin, "etcd"), log: filepath.Join(dir, "etcd.log"), args: []string{
		"--data-dir=" + filepath.Join(dir, "etcd"), "--unsafe-no-fsync",
		"--listen-client-urls=" + c.store, "--advertise-client-urls=" + c.store,
		"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer, "--initial-cluster=default=" + peer,
	}}
	if err := etcd.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(etcd.stop)
	return c
}

// apiServer is a kube-apiserver. It can be started again with the same address and the same objects.
type apiServer struct {
	process
	url string
	ca  string
}

// newServer prepares an API server whose token file is at the given path. It is stopped at the test's end.
func (c *cluster) newServer(t *testing.T, tokenFile string) *apiServer {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(free.Addr().(*net.TCPAddr).Port)
	free.Close()
	s := &apiServer{url: "https://127.0.0.1:" + port, ca: c.ca.file("ca.crt"), process: process{
		path: filepath.Join(c.bin, "kube-apiserver"), log: filepath.Join(c.dir, "apiserver-"+port+".log"),
		args: []string{
			"--etcd-servers=" + c.store, "--bind-address=127.0.0.1", "--secure-port=" + port,
			"--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none", "--cert-dir=" + c.dir,
			"--tls-cert-file=" + c.ca.file("server.crt"), "--tls-private-key-file=" + c.ca.file("server.key"),
			"--client-ca-file=" + c.ca.file("ca.crt"), "--service-cluster-ip-range=10.152.183.0/24",
			"--service-account-issuer=https://kubernetes.default.svc",
			"--service-account-signing-key-file=" + c.ca.file("server.key"),
			"--service-account-key-file=" + c.ca.file("server.key"),
			"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
			"--token-auth-file=" + tokenFile,
		},
	}}
	t.Cleanup(s.stop)
	return s
}

// anonymous is the configuration of a client without credentials.
func (s *apiServer) anonymous() *rest.Config {
	return &rest.Config{Host: s.url, TLSClientConfig: rest.TLSClientConfig{CAFile: s.ca}}
}

// withToken is the configuration of a client with a token.
func (s *apiServer) withToken(token string) *rest.Config {
	config := s.anonymous()
	config.BearerToken = token
	return config
}

// restart stops the server if it runs, starts it, and returns once it is ready. An error has the end of its log.
func (s *apiServer) restart(ctx context.Context) error {
	s.stop()
	if err := s.start(); err != nil {
		return err
	}
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, limit, true, func(ctx context.Context) (bool, error) {
		select {
		case <-s.ended:
			return false, errors.New("it has ended")
		default:
			return ready(ctx, s.anonymous()), nil
		}
	})
	if err != nil {
		s.stop()
		return fmt.Errorf("cannot start kube-apiserver: %w\n%s", err, s.tail())
	}
	return nil
}

// process is a program that runs beside the test.
type process struct {
	path  string
	args  []string
	log   string // the file that gets its output
	cmd   *exec.Cmd
	ended chan struct{}
}

func (p *process) start() error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	p.cmd = exec.Command(p.path, p.args...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	p.ended = make(chan struct{})
	go func() {
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	return nil
}

// stop kills the program: no server here has anything to lose.
func (p *process) stop() {
	if p.cmd != nil {
		_ = p.cmd.Process.Kill()
		<-p.ended
		p.cmd = nil
	}
}

// tail is the end of the program's output.
func (p *process) tail() []byte {
	text, _ := os.ReadFile(p.log)
	lines := bytes.SplitAfter(text, []byte("\n"))
	return bytes.Join(lines[max(0, len(lines)-8):], nil)
}
