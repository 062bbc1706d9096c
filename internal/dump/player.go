package dump

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"github.com/kube-control/kube-control/pkg/hooktool"
)

// Player answers hook tools, and for the unit's machine, from a dump.
type Player struct{ dump Dump }

// NewPlayer makes a player of a dump.
func NewPlayer(d Dump) Player { return Player{d} }

// Run implements hooktool.Runner. A call that the dump has no answer to is an error.
func (p Player) Run(_ context.Context, call hooktool.Call) (hooktool.Output, error) {
	if call.Tool == "juju-log" {
		return hooktool.Output{}, nil
	}
	i := slices.IndexFunc(p.dump.Answers, func(a Answer) bool { return sameCall(a.Tool, a.Args, call) })
	if i < 0 {
		return hooktool.Output{}, fmt.Errorf("the dump has no answer of %s %s (dump --unit UNIT adds a unit)", call.Tool, strings.Join(call.Args, " "))
	}
	a := p.dump.Answers[i]
	if a.Bytes > 0 {
		a.Output = padded(a.Output, a.Bytes)
	}
	return hooktool.Output{Stdout: []byte(a.Output), Stderr: []byte(a.Error), ExitCode: a.Exit}, nil
}

// largestBag is above the size of all databags that are read.
const largestBag = 64 << 20

// padded is a databag of the size that it had before it was redacted.
func padded(output string, size int) string {
	bag := map[string]string{}
	if json.Unmarshal([]byte(output), &bag) != nil {
		clear(bag)
	}
	const key = "redacted"
	if missing := min(size, largestBag) - bagSize([]byte(output)) - len(key); missing > 0 {
		bag[key] = strings.Repeat("x", missing)
	}
	return encode(bag)
}

// ReadFile gives the content in the dump, or the fingerprint of a file of unknown form. No file of this machine is read.
func (p Player) ReadFile(path string) ([]byte, error) {
	i := slices.IndexFunc(p.dump.Files, func(f File) bool { return f.Path == path })
	if i < 0 {
		return nil, &fs.PathError{Op: "open", Path: path, Err: syscall.ENOENT}
	}
	switch f := p.dump.Files[i]; {
	case f.Problem == syscall.ENOENT.Error():
		return nil, &fs.PathError{Op: "open", Path: path, Err: syscall.ENOENT}
	case f.Problem != "":
		return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New(f.Problem)}
	case f.Content == "":
		return []byte(f.Fingerprint), nil
	default:
		return []byte(f.Content), nil
	}
}

// HostName gives the name in the dump.
func (p Player) HostName(_ context.Context, full bool) (string, error) {
	name := p.dump.Machine.HostName
	if full {
		name = p.dump.Machine.FullName
	}
	if name == "" {
		return "", errors.New("the dump does not have the machine's name")
	}
	return name, nil
}

// HasNVIDIA says what the dump does.
func (p Player) HasNVIDIA() bool { return p.dump.Machine.NVIDIA }

// IsHere is false.
func (Player) IsHere() bool { return false }
