package agent

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/kube-control/kube-control/jujusim/tools"
)

// Server answers the hook tools of one hook at a unix socket.
type Server struct {
	hook     *HookContext
	path     string
	listener net.Listener
	wg       sync.WaitGroup
	tool     sync.Mutex // held while a tool runs

	mu     sync.Mutex
	conns  map[net.Conn]bool
	closed bool
}

// Listen serves the hook's tools at the path until Close. The socket appears complete: it is made
// with mode 0700 in a directory beside the path and moved over whatever stood there. Linux allows a
// socket's path 107 bytes, and the directory needs some of them.
func Listen(path string, hook *HookContext) (*Server, error) {
	listener, err := listenAt(path)
	if err != nil {
		return nil, fmt.Errorf("cannot serve hook tools at %s: %w", path, err)
	}
	s := &Server{hook: hook, path: path, listener: listener, conns: map[net.Conn]bool{}}
	s.wg.Add(1)
	go s.accept()
	return s, nil
}

func listenAt(path string) (net.Listener, error) {
	dir, err := os.MkdirTemp(filepath.Dir(path), "s")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	made := filepath.Join(dir, "s")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: made, Net: "unix"})
	if err != nil {
		return nil, err
	}
	listener.SetUnlinkOnClose(false) // its path will be another
	err = os.Chmod(made, 0o700)
	if err == nil {
		err = os.Rename(made, path)
	}
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

// Close removes the socket, lets a running tool end, and hangs up on the others. A second Close does
// nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	err := errors.Join(os.Remove(s.path), s.listener.Close())
	s.tool.Lock()
	s.mu.Lock()
	for conn := range s.conns {
		delete(s.conns, conn)
		_ = conn.Close() // no tool runs for it
	}
	s.mu.Unlock()
	s.tool.Unlock()
	s.wg.Wait()
	return err
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Server) accept() {
	defer s.wg.Done()
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			_ = conn.Close() // nothing was said on it
			continue
		}
		s.conns[conn] = true
		s.wg.Add(1)
		s.mu.Unlock()
		go s.serve(conn)
	}
}

// serve answers the requests on one connection until the client hangs up.
func (s *Server) serve(conn net.Conn) {
	defer s.wg.Done()
	w := newWire(conn)
	for {
		var header rpcRequest
		if w.Decode(&header) != nil {
			break
		}
		var request mainRequest
		if w.Decode(&request) != nil {
			break
		}
		reply := rpcResponse{ServiceMethod: header.ServiceMethod, Seq: header.Seq}
		var result any = noResult{}
		response, err := s.main(header.ServiceMethod, request)
		if err != nil {
			reply.Error = err.Error()
		} else {
			result = response
		}
		if w.send(reply, result) != nil {
			break
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns[conn] {
		delete(s.conns, conn)
		_ = conn.Close() // the client has gone
	}
}

// main runs one command, or gives the error that the client reports.
func (s *Server) main(method string, r mainRequest) (mainResponse, error) {
	if method != mainMethod {
		return mainResponse{}, fmt.Errorf("rpc: can't find service %s", method)
	}
	if err := s.check(r); err != nil {
		return mainResponse{}, err
	}
	s.tool.Lock()
	defer s.tool.Unlock()
	if s.isClosed() {
		return mainResponse{}, errors.New("the hook has ended")
	}
	unknown := s.hook.Known(r.CommandName)
	response := s.hook.Call(tools.Request{
		Name: r.CommandName, Args: r.Args, Dir: r.Dir, Stdin: r.Stdin, StdinSet: r.StdinSet,
	})
	if unknown != nil {
		return mainResponse{}, unknown
	}
	if response.NeedsStdin {
		return mainResponse{}, errors.New(stdinWanted)
	}
	return mainResponse{Code: response.Code, Stdout: response.Stdout, Stderr: response.Stderr}, nil
}

func (s *Server) check(r mainRequest) error {
	switch {
	case r.Token != "":
		return errors.New("bad request: token does not match")
	case r.CommandName == "":
		return errors.New("bad request: command not specified")
	case !filepath.IsAbs(r.Dir):
		return errors.New("bad request: Dir is not absolute")
	case r.ContextId != s.hook.info.ContextID:
		return fmt.Errorf("bad request: wrong context ID; got %q", r.ContextId)
	}
	return nil
}
