package agent

import (
	"bufio"
	"encoding/gob"
	"io"
)

// The messages of net/rpc with its default codec, as far as Jujuc.Main needs them. Gob matches fields
// by name, so these talk to net/rpc on either side.
type (
	rpcRequest struct {
		ServiceMethod string
		Seq           uint64
	}
	rpcResponse struct {
		ServiceMethod string
		Seq           uint64
		Error         string
	}
	// mainRequest is the argument of Jujuc.Main. Juju's own also has a Token, which is empty for a
	// unix socket and gone in Juju 4.
	mainRequest struct {
		ContextId   string
		Dir         string
		CommandName string
		Args        []string
		StdinSet    bool
		Stdin       []byte
		Token       string
	}
	// mainResponse is the result of Jujuc.Main.
	mainResponse struct {
		Code   int
		Stdout []byte
		Stderr []byte
	}
	// noResult is sent in place of a result beside an error.
	noResult struct{}
)

const (
	mainMethod = "Jujuc.Main"
	// stdinWanted is the error that asks the client for its standard input.
	stdinWanted = "hook tool requires stdin, none supplied"
)

// wire is one end of a connection.
type wire struct {
	*gob.Decoder
	encoder *gob.Encoder
	buffer  *bufio.Writer
}

func newWire(conn io.ReadWriter) *wire {
	buffer := bufio.NewWriter(conn)
	return &wire{Decoder: gob.NewDecoder(conn), encoder: gob.NewEncoder(buffer), buffer: buffer}
}

// send writes a header and its body.
func (w *wire) send(header, body any) error {
	if err := w.encoder.Encode(header); err != nil {
		return err
	}
	if err := w.encoder.Encode(body); err != nil {
		return err
	}
	return w.buffer.Flush()
}
