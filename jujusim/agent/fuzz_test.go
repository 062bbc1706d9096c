package agent_test

import (
	"bytes"
	"encoding/gob"
	"errors"
	"io"
	"net"
	"net/rpc"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// fuzzServer serves one hook, whose context no seed knows.
func fuzzServer(f *testing.F) (*agent.HookContext, map[string]string) {
	f.Helper()
	info := hook()
	info.ContextID = "kcp/0-hook-7f3a9c52e1b84d06"
	h := agent.NewHookContext(newFake(), info)
	return h, serve(f, h)
}

// untouched fails if a tool has run in the hook.
func untouched(t *testing.T, h *agent.HookContext) {
	t.Helper()
	if calls := h.Calls(); len(calls) > 0 {
		t.Errorf("a tool has run: %+v", calls)
	}
	if diff := cmp.Diff(agent.Changes{}, h.Changes()); diff != "" {
		t.Errorf("the hook was written to: %s", diff)
	}
}

// rpcHeader is net/rpc's own, whose type it does not export.
type rpcHeader struct {
	ServiceMethod string
	Seq           uint64
}

// gobBytes is a request as a client sends it.
func gobBytes(f *testing.F, r Request) []byte {
	f.Helper()
	var buffer bytes.Buffer
	encoder := gob.NewEncoder(&buffer)
	if err := errors.Join(encoder.Encode(rpcHeader{"Jujuc.Main", 1}), encoder.Encode(r)); err != nil {
		f.Fatal(err)
	}
	return buffer.Bytes()
}

// FuzzSocket sends arbitrary bytes to the agent's socket. None of them knows the hook's context, so nothing may run;
// the server has to survive and to hang up.
func FuzzSocket(f *testing.F) {
	h, env := fuzzServer(f)
	request := Request{ContextId: "kcp/0-hook-1", Dir: "/", CommandName: "state-set", Args: []string{"a=b"}}
	f.Add([]byte(nil))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add(gobBytes(f, request))
	f.Add(gobBytes(f, request)[:60])
	f.Add(append(gobBytes(f, request), gobBytes(f, request)...))
	f.Add([]byte{0xfc, 0x7f, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		conn, err := net.Dial("unix", env["JUJU_AGENT_SOCKET_ADDRESS"])
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write(data) // the server may have hung up already
		_ = conn.(*net.UnixConn).CloseWrite()
		var timeout net.Error
		if _, err := io.Copy(io.Discard, conn); errors.As(err, &timeout) && timeout.Timeout() {
			t.Errorf("the server does not hang up")
		}
		untouched(t, h)
	})
}

// FuzzRequest sends well-formed requests with arbitrary fields. One without the hook's context is refused and changes
// nothing, also when it asks for a tool that would; with the context it is answered.
func FuzzRequest(f *testing.F) {
	_, env := fuzzServer(f)
	none := filepath.Join(f.TempDir(), "none")
	f.Add(false, "kcp/0-hook-1", "/", "state-set", "a=b", "", "")
	f.Add(true, "", "/", "state-set", "a=b", "", "")
	f.Add(true, "", "/", "relation-set", "--file\n-", "a: b", "")
	f.Add(true, "", "", "secret-add", "token=x", "", "")
	f.Add(true, "", "/", "is-leader", "", "", "token")
	f.Add(true, "", "/", "secret-get", "--label\nx\n--refresh", "", "")
	f.Add(false, "", "/", "leader-set", "a=b", "", "")
	f.Fuzz(func(t *testing.T, known bool, contextID, dir, command, args, stdin, token string) {
		if strings.Contains(args, "/") {
			t.Skip("could name a file outside, to read or to write")
		}
		h := agent.NewHookContext(newFake(), agent.HookInfo{Unit: "kcp/0", RelationID: -1, ContextID: env["JUJU_CONTEXT_ID"]})
		address := serve(t, h)["JUJU_AGENT_SOCKET_ADDRESS"]
		if filepath.IsAbs(dir) {
			dir = none
		}
		if known {
			contextID = env["JUJU_CONTEXT_ID"]
		}
		client, err := rpc.Dial("unix", address)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		err = client.Call("Jujuc.Main", Request{
			ContextId: contextID, Dir: dir, CommandName: command, Args: strings.Split(args, "\n"),
			StdinSet: true, Stdin: []byte(stdin), Token: token,
		}, &Response{})
		valid := contextID == env["JUJU_CONTEXT_ID"] && dir == none && token == "" && command != ""
		var refused rpc.ServerError
		switch {
		case err != nil && !errors.As(err, &refused):
			t.Errorf("no answer: %v", err)
		case !valid && err == nil:
			t.Error("the request was not refused")
		case !valid:
			untouched(t, h)
		}
	})
}
