package dump

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"syscall"

	"github.com/kube-control/kube-control/pkg/hooktool"
)

// Source is the machine that a recorder asks.
type Source interface {
	ReadFile(path string) ([]byte, error)
	HostName(ctx context.Context, full bool) (string, error)
	HasNVIDIA() bool
	IsHere() bool
}

// Recorder runs hook tools and reads files, and keeps what they say. What it returns is as it was given.
type Recorder struct {
	tools   hooktool.Runner
	source  Source
	answers []answer
	files   []file
	machine Machine
}

// answer is what a tool said, with its secrets.
type answer struct {
	call  hooktool.Call
	out   hooktool.Output
	bytes int // of a large databag
}

// largeBag is how many bytes the answer of relation-get may have before its size is kept.
const largeBag = 32 << 10

// bagSize is how many bytes a databag has.
func bagSize(stdout []byte) int {
	var bag map[string]string
	if json.Unmarshal(stdout, &bag) != nil {
		return len(stdout)
	}
	size := 0
	for key, value := range bag {
		size += len(key) + len(value)
	}
	return size
}

// file is a file as it was read, with its secrets.
type file struct {
	File
	text []byte
}

// NewRecorder makes a recorder of what the tools and the machine say.
func NewRecorder(tools hooktool.Runner, source Source) *Recorder {
	return &Recorder{tools: tools, source: source}
}

// Run implements hooktool.Runner. Of equal calls the first answer is kept.
func (r *Recorder) Run(ctx context.Context, call hooktool.Call) (hooktool.Output, error) {
	out, err := r.tools.Run(ctx, call)
	a := answer{call: call, out: out}
	if errors.Is(err, hooktool.ErrTooLarge) {
		a.bytes = int(call.MaxOutput)
	} else if call.Tool == "relation-get" && len(out.Stdout) > largeBag {
		a.bytes = bagSize(out.Stdout)
	}
	if err != nil && a.bytes == 0 || call.Stdin != nil || call.Tool == "juju-log" {
		return out, err
	}
	if !slices.ContainsFunc(r.answers, func(a answer) bool { return sameCall(a.call.Tool, a.call.Args, call) }) {
		r.answers = append(r.answers, a)
	}
	return out, err
}

func sameCall(tool string, args []string, call hooktool.Call) bool {
	return tool == call.Tool && slices.Equal(args, call.Args)
}

// HostName implements Source.
func (r *Recorder) HostName(ctx context.Context, full bool) (string, error) {
	name, err := r.source.HostName(ctx, full)
	if full {
		r.machine.FullName = name
	} else {
		r.machine.HostName = name
	}
	return name, err
}

// HasNVIDIA implements Source.
func (r *Recorder) HasNVIDIA() bool {
	r.machine.NVIDIA = r.source.HasNVIDIA()
	return r.machine.NVIDIA
}

// IsHere implements Source.
func (r *Recorder) IsHere() bool { return r.source.IsHere() }

// ReadFile implements Source, and keeps the state of the file.
func (r *Recorder) ReadFile(path string) ([]byte, error) {
	text, err := r.source.ReadFile(path)
	if slices.ContainsFunc(r.files, func(f file) bool { return f.Path == path }) {
		return text, err
	}
	f := file{File: File{Path: path}, text: text}
	if err != nil {
		f.Problem = withoutPath(err)
	} else if info, err := os.Stat(path); err == nil {
		f.Mode, f.Size = info.Mode().String(), info.Size()
		if status, ok := info.Sys().(*syscall.Stat_t); ok {
			f.Owner = int(status.Uid)
		}
	}
	r.files = append(r.files, f)
	return text, err
}

func withoutPath(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// Fill writes what was recorded into a dump, redacted.
func (r *Recorder) Fill(d *Dump, redaction *Redaction) {
	d.Machine, d.Files = r.machine, []File{}
	for _, f := range r.files {
		d.Files = append(d.Files, redaction.file(f))
	}
	for _, a := range r.answers { // after the files, whose digests are in the state
		kept := Answer{Tool: a.call.Tool, Args: append([]string{}, a.call.Args...), Exit: a.out.ExitCode}
		if kept.Bytes = a.bytes; kept.Exit == 0 {
			kept.Output = redaction.output(a.call, a.out.Stdout)
		} else {
			kept.Error = string(a.out.Stderr)
		}
		d.Answers = append(d.Answers, kept)
	}
}
