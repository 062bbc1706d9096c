package agent_test

import (
	"bytes"
	"net"
	"net/rpc"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/tools"
)

// serve starts a server for the hook and returns the environment of its tools.
func serve(t testing.TB, h *agent.HookContext) map[string]string {
	t.Helper()
	// Not t.TempDir: a socket's path is short.
	dir, err := os.MkdirTemp("", "sim")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "agent.socket")
	server, err := agent.Listen(path, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return map[string]string{
		"JUJU_CONTEXT_ID":           h.Info().ContextID,
		"JUJU_AGENT_SOCKET_ADDRESS": path,
		"JUJU_AGENT_SOCKET_NETWORK": "unix",
	}
}

// tool runs the client in this process.
func tool(env map[string]string, stdin string, argv ...string) (int, string, string) {
	var stdout, stderr bytes.Buffer
	getenv := func(name string) string { return env[name] }
	code := agent.ToolMain(argv, getenv, strings.NewReader(stdin), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestToolMainTalksToTheServer(t *testing.T) {
	t.Parallel()
	env := serve(t, agent.NewHookContext(newFake(), hook()))
	for _, test := range []struct {
		name           string
		argv           []string
		stdin          string
		code           int
		stdout, stderr string
	}{
		{"name is the base name", []string{"/tools/relation-get", "kubelet_user"}, "", 0, "node-0\n", ""},
		{"standard input on demand", []string{"relation-set", "--file", "-"}, "a: b\n", 0, "", ""},
		{"the write is seen", []string{"relation-get", "a", "kcp/0"}, "", 0, "b\n", ""},
		{"exit code 2", []string{"relation-get", "--bogus"}, "", 2, "", "ERROR option provided but not defined: --bogus\n"},
		{"unknown tool", []string{"no-such-tool"}, "", 1, "", "ERROR bad request: unknown command: no-such-tool\n"},
	} {
		code, stdout, stderr := tool(env, test.stdin, test.argv...)
		if code != test.code || stdout != test.stdout || stderr != test.stderr {
			t.Errorf("%s: got %d %q %q", test.name, code, stdout, stderr)
		}
	}
}

func TestToolMainWithoutAHook(t *testing.T) {
	t.Parallel()
	env := map[string]string{}
	for _, test := range []struct{ set, value, stderr string }{
		{"", "", "ERROR JUJU_CONTEXT_ID not set\n"},
		{"JUJU_CONTEXT_ID", "x", "ERROR JUJU_AGENT_SOCKET_ADDRESS not set\n"},
		{"JUJU_AGENT_SOCKET_ADDRESS", "/no/such", "ERROR JUJU_AGENT_SOCKET_NETWORK not set\n"},
		{"JUJU_AGENT_SOCKET_NETWORK", "unix", "ERROR dial unix /no/such: connect: no such file or directory\n"},
	} {
		env[test.set] = test.value
		if code, stdout, stderr := tool(env, "", "is-leader"); code != 1 || stdout != "" || stderr != test.stderr {
			t.Errorf("after %s: got %d %q %q", test.set, code, stdout, stderr)
		}
	}
}

// Request has the shape of Juju's own type.
type Request struct {
	ContextId   string
	Dir         string
	CommandName string
	Args        []string
	StdinSet    bool
	Stdin       []byte
	Token       string
}

// Response has the shape of Juju's own type.
type Response struct {
	Code   int
	Stdout []byte
	Stderr []byte
}

func TestServerAnswersNetRPC(t *testing.T) {
	t.Parallel()
	h := agent.NewHookContext(newFake(), hook())
	env := serve(t, h)
	client, err := rpc.Dial("unix", env["JUJU_AGENT_SOCKET_ADDRESS"])
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	good := Request{ContextId: h.Info().ContextID, Dir: "/", CommandName: "is-leader"}
	for _, test := range []struct {
		name   string
		change func(*Request)
		want   string
	}{
		{"token", func(r *Request) { r.Token = "x" }, "bad request: token does not match"},
		{"no command", func(r *Request) { r.CommandName = "" }, "bad request: command not specified"},
		{"relative directory", func(r *Request) { r.Dir = "x" }, "bad request: Dir is not absolute"},
		{"context", func(r *Request) { r.ContextId = "bad" }, `bad request: wrong context ID; got "bad"`},
		{"command", func(r *Request) { r.CommandName = "x" }, "bad request: unknown command: x"},
		{
			"stdin", func(r *Request) { r.CommandName, r.Args = "state-set", []string{"--file=-"} },
			"hook tool requires stdin, none supplied",
		},
		{"fine", func(*Request) {}, ""},
	} {
		r := good
		test.change(&r)
		var got string
		var answer Response
		if err := client.Call("Jujuc.Main", r, &answer); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
		if test.want == "" && string(answer.Stdout) != "True\n" {
			t.Errorf("%s: got %+v", test.name, answer)
		}
	}
	if err := client.Call("Other.Main", good, &Response{}); err == nil {
		t.Error("another service answers")
	}
}

// Jujuc is a server made with net/rpc, as Juju's.
type Jujuc struct{}

// Main asks for standard input and gives it back.
func (Jujuc) Main(r Request, answer *Response) error {
	if !r.StdinSet {
		return rpc.ServerError("hook tool requires stdin, none supplied")
	}
	answer.Code, answer.Stdout, answer.Stderr = 5, r.Stdin, []byte(r.CommandName+" "+r.Args[0])
	return nil
}

func TestToolMainTalksToNetRPC(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	server := rpc.NewServer()
	if err := server.RegisterName("Jujuc", Jujuc{}); err != nil {
		t.Fatal(err)
	}
	go server.Accept(listener)
	code, stdout, stderr := tool(map[string]string{
		"JUJU_CONTEXT_ID": "x", "JUJU_AGENT_SOCKET_ADDRESS": path, "JUJU_AGENT_SOCKET_NETWORK": "unix",
	}, "data", "relation-set", "--file=-")
	if code != 5 || stdout != "data" || stderr != "relation-set --file=-" {
		t.Errorf("got %d %q %q", code, stdout, stderr)
	}
}

func TestLinkToolsAsProcesses(t *testing.T) {
	t.Parallel()
	env := serve(t, agent.NewHookContext(newFake(), hook()))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "tools")
	for _, target := range []string{"/elsewhere", self, self} { // each time over the links that are there
		if err := agent.LinkTools(dir, target, "3.6.1"); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(tools.NamesIn("3.6.1")) + 1; len(entries) != want {
		t.Errorf("%d links, want %d: the tools and hostname", len(entries), want)
	}
	cmd := exec.Command(filepath.Join(dir, "state-set"), "--file", "-", "b=2")
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stdin = strings.NewReader("c: 3\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	code, stdout, _ := tool(env, "", "state-get", "--format=json")
	if diff := cmp.Diff(`{"a":"1","b":"2","c":"3"}`+"\n", stdout); code != 0 || diff != "" {
		t.Errorf("%d %s", code, diff)
	}
}

func TestServerSocket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "s")
	if err := os.WriteFile(path, nil, 0o600); err != nil { // what an earlier agent left
		t.Fatal(err)
	}
	server, err := agent.Listen(path, agent.NewHookContext(newFake(), hook()))
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != os.ModeSocket|0o700 {
		t.Errorf("socket is %v, %v", info.Mode(), err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left beside the socket: %v", entries)
	}
	open, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	for range 2 {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := open.Read(make([]byte, 1)); err == nil {
		t.Error("the connection outlives the server")
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("socket is still there: %v", err)
	}
	if _, err := agent.Listen(filepath.Join(dir, "no", "s"), nil); err == nil {
		t.Error("a socket in a missing directory")
	}
}

func TestToolsRunOneAtATime(t *testing.T) {
	t.Parallel()
	h := agent.NewHookContext(newFake(), hook())
	env := serve(t, h)
	running := 0
	h.InjectFaults(agent.Faults{Before: func(int, []string) agent.Fault {
		running++ // the race detector sees two at once
		running--
		return agent.NoFault
	}})
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if code, _, stderr := tool(env, "", "relation-set", "a=b"); code != 0 {
				t.Error(stderr)
			}
		}()
	}
	wg.Wait()
	if n := len(h.Calls()); n != 8 {
		t.Errorf("%d calls", n)
	}
}
