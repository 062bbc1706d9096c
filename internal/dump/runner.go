package dump

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/pkg/hooktool"
)

// Recorder runs hook tools and keeps what they answer, redacted.
type Recorder struct {
	next      hooktool.Runner
	redaction *Redaction
	Answers   []Answer
}

// NewRecorder makes a recorder of what next answers.
func NewRecorder(next hooktool.Runner, r *Redaction) *Recorder {
	return &Recorder{next: next, redaction: r}
}

// Run runs a tool and keeps its answer. The answer that it returns is as the tool gave it.
func (r *Recorder) Run(ctx context.Context, call hooktool.Call) (hooktool.Output, error) {
	out, err := r.next.Run(ctx, call)
	if err != nil || call.Stdin != nil || call.Tool == "juju-log" {
		return out, err
	}
	a := Answer{Tool: call.Tool, Args: append([]string{}, call.Args...), Exit: out.ExitCode, Error: string(out.Stderr)}
	if out.ExitCode == 0 {
		a.Output, a.Error = r.redaction.output(call, out.Stdout), ""
	}
	if !slices.ContainsFunc(r.Answers, func(b Answer) bool { return b.asks(call) }) {
		r.Answers = append(r.Answers, a)
	}
	return out, nil
}

// asks reports whether a call is the one that this answers.
func (a Answer) asks(call hooktool.Call) bool {
	return a.Tool == call.Tool && slices.Equal(a.Args, call.Args)
}

// player answers hook tools from a dump that was unpacked.
type player struct {
	Dump
	dir string
}

// Runner answers hook tools from the dump, which was unpacked into dir. A call that the dump has no answer to is an error.
func (d Dump) Runner(dir string) hooktool.Runner { return player{d, dir} }

// Run finds a tool's answer.
func (p player) Run(_ context.Context, call hooktool.Call) (hooktool.Output, error) {
	i := slices.IndexFunc(p.Answers, func(a Answer) bool { return a.asks(call) })
	if i < 0 {
		return hooktool.Output{}, fmt.Errorf("the dump has no answer of %s %s (dump --unit UNIT adds a unit)", call.Tool, strings.Join(call.Args, " "))
	}
	a := p.Answers[i]
	output := []byte(a.Output)
	if a.Tool == "config-get" {
		output = p.moveFiles(output)
	}
	return hooktool.Output{Stdout: output, Stderr: []byte(a.Error), ExitCode: a.Exit}, nil
}

// moveFiles lets the options that name files name those of the dump, so that none of this machine is read. A relative path is one
// in the charm's folder.
func (p player) moveFiles(config []byte) []byte {
	var options map[string]any
	if json.Unmarshal(config, &options) != nil {
		return config
	}
	for _, name := range []string{"token-auth-file", "kubeconfig-dir", "ca-file"} {
		path, ok := options[name].(string)
		if !ok || path == "" {
			continue
		}
		if !filepath.IsAbs(path) {
			path = filepath.Join(p.CharmDir, path)
		}
		options[name] = moved(p.dir, path)
	}
	return []byte(encode(options))
}
