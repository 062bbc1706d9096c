package agent

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"reflect"

	"github.com/kube-control/kube-control/jujusim/tools"
)

// ToolMain is the program behind every link of a tools directory. The tool's name is argv[0]'s base
// name; the hook is found by JUJU_CONTEXT_ID, JUJU_AGENT_SOCKET_ADDRESS and JUJU_AGENT_SOCKET_NETWORK.
// Standard input is read only when the tool wants it. It returns the exit code: the tool's own, 1 if
// the agent cannot be asked or refuses, 2 if the working directory is not known.
func ToolMain(argv []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	dir, err := os.Getwd()
	if err != nil {
		fmt.Fprintf(stderr, "ERROR %v\n", err)
		return 2
	}
	return ToolIn(dir, argv, env, stdin, stdout, stderr)
}

// ToolIn is ToolMain with a working directory that need not be the process's own.
func ToolIn(dir string, argv []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	response, err := ask(mainRequest{
		Dir:         dir,
		CommandName: filepath.Base(argv[0]),
		Args:        argv[1:],
	}, env, stdin)
	if err != nil {
		fmt.Fprintf(stderr, "ERROR %v\n", err)
		return 1
	}
	if _, err := stdout.Write(response.Stdout); err != nil {
		return 1
	}
	if _, err := stderr.Write(response.Stderr); err != nil {
		return 1
	}
	return response.Code
}

// ask makes the request at the hook's socket, a second time with standard input if it is wanted.
func ask(request mainRequest, env func(string) string, stdin io.Reader) (mainResponse, error) {
	var values [3]string
	for i, name := range []string{"JUJU_CONTEXT_ID", "JUJU_AGENT_SOCKET_ADDRESS", "JUJU_AGENT_SOCKET_NETWORK"} {
		values[i] = env(name)
		if values[i] == "" {
			return mainResponse{}, fmt.Errorf("%s not set", name)
		}
	}
	request.ContextId = values[0]
	request.Token = env("JUJU_AGENT_TOKEN")
	conn, err := net.Dial(values[2], values[1])
	if err != nil {
		return mainResponse{}, err
	}
	defer conn.Close()
	w := newWire(conn)
	response, err := w.ask(1, request)
	if err == nil || err.Error() != stdinWanted {
		return response, err
	}
	if request.Stdin, err = io.ReadAll(stdin); err != nil {
		return mainResponse{}, fmt.Errorf("cannot read stdin: %w", err)
	}
	request.StdinSet = true
	return w.ask(2, request)
}

// ask makes one request. A refusal by the server is an error with its text alone.
func (w *wire) ask(seq uint64, request mainRequest) (mainResponse, error) {
	var response mainResponse
	if err := w.send(rpcRequest{ServiceMethod: mainMethod, Seq: seq}, request); err != nil {
		return response, err
	}
	var header rpcResponse
	if err := w.Decode(&header); err != nil {
		return response, err
	}
	if header.Error != "" {
		// An empty result stands behind the error.
		if err := w.DecodeValue(reflect.Value{}); err != nil {
			return response, err
		}
		return response, errors.New(header.Error)
	}
	return response, w.Decode(&response)
}

// LinkTools fills the directory with one link for each hook tool that Juju of the version has, and one for hostname, all to
// the target program, which must call ToolMain or Hostname when it is started by one of those names. A link that leads
// elsewhere is replaced.
func LinkTools(dir, target, jujuVersion string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make tools directory: %w", err)
	}
	for _, name := range append(tools.NamesIn(jujuVersion), HostnameProgram) {
		link := filepath.Join(dir, name)
		if to, err := os.Readlink(link); err == nil && to == target {
			continue // each process of the simulator comes here
		}
		err := os.Remove(link)
		if err == nil || errors.Is(err, os.ErrNotExist) {
			err = os.Symlink(target, link)
		}
		if err != nil {
			return fmt.Errorf("cannot link hook tool %s: %w", name, err)
		}
	}
	return nil
}
