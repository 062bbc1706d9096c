package tools

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/juju/gnuflag"
)

// Request is one command as the agent's socket delivers it.
type Request struct {
	Name     string   // the tool's name
	Args     []string // without the name
	Dir      string   // the caller's absolute working directory
	Stdin    []byte
	StdinSet bool // Stdin holds all that the caller has
}

// Response is what the tool's process prints and its exit code.
type Response struct {
	Code   int
	Stdout []byte
	Stderr []byte
	// NeedsStdin asks for the same request with StdinSet; the command has had no effect yet.
	NeedsStdin bool
}

var (
	errNeedsStdin = errors.New("standard input is needed")
	errHelp       = errors.New("help requested")
)

// command is one tool during one call: its options, its arguments, its work. An error of setUp
// gives exit code 2, one of run exit code 1.
type command interface {
	usage() usage
	setFlags(f *gnuflag.FlagSet)
	setUp(args []string) error
	run(c *call) error
}

// usage is the text of --help.
type usage struct {
	args    string // behind the name and the options
	purpose string
}

// call is the process side of one command.
type call struct {
	request Request
	root    string // see Context.Root
	stdout  bytes.Buffer
	stderr  bytes.Buffer
}

// path resolves a path that the caller gave against the caller's working directory.
func (c *call) path(p string) string {
	if !filepath.IsAbs(p) {
		p = filepath.Join(c.request.Dir, p)
	}
	return filepath.Join(c.root, p)
}

// named names the path in an error as the caller knows it.
func (c *call) named(err error) error {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		failed.Path = strings.TrimPrefix(failed.Path, c.root)
	}
	return err
}

// Run runs one tool in the hook ctx. An unknown name is answered as the tool's process reports the
// server's refusal, and a tool that is not imitated does nothing.
func Run(ctx Context, r Request) Response {
	if err := Check(ctx.JujuVersion(), r.Name); err != nil {
		return Response{Code: 1, Stderr: errorText(err)}
	}
	construct := table()[r.Name].make
	if construct == nil {
		return Response{Code: 1, Stderr: errorText(fmt.Errorf("jujusim does not imitate %s", r.Name))}
	}
	cmd := construct(ctx)
	flags := gnuflag.NewFlagSetWithFlagKnownAs(r.Name, gnuflag.ContinueOnError, "option")
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	cmd.setFlags(flags)
	help := &helpFlag{}
	flags.Var(help, "h", "")
	flags.Var(help, "help", "")
	// A slice of its own: the parser keeps and cuts the one it is given.
	err := flags.Parse(true, append([]string(nil), r.Args...))
	if help.asked {
		return Response{Stdout: []byte(helpText(r.Name, cmd.usage(), flags))}
	}
	if err == nil {
		err = cmd.setUp(flags.Args())
	}
	if err != nil {
		return Response{Code: 2, Stderr: errorText(err)}
	}
	c := &call{request: r, root: ctx.Root()}
	err = cmd.run(c)
	if errors.Is(err, errNeedsStdin) {
		return Response{NeedsStdin: true}
	}
	if err != nil {
		return Response{Code: 1, Stderr: append(c.stderr.Bytes(), errorText(err)...)}
	}
	return Response{Stdout: c.stdout.Bytes(), Stderr: c.stderr.Bytes()}
}

func errorText(err error) []byte {
	return []byte("ERROR " + err.Error() + "\n")
}

// helpFlag stands for -h and --help. It stops the parser where it is met, as Juju's parser stops
// there; the parser's own handling of -h writes a package variable.
type helpFlag struct{ asked bool }

func (h *helpFlag) Set(string) error {
	h.asked = true
	return errHelp
}

func (h *helpFlag) String() string   { return "" }
func (h *helpFlag) IsBoolFlag() bool { return true }

func helpText(name string, u usage, f *gnuflag.FlagSet) string {
	var options []string
	f.VisitAll(func(o *gnuflag.Flag) {
		if o.Name == "h" || o.Name == "help" {
			return
		}
		dashes := "--"
		if len(o.Name) == 1 {
			dashes = "-"
		}
		options = append(options, strings.TrimRight(fmt.Sprintf("    %s%s  %s", dashes, o.Name, o.Usage), " "))
	})
	words := []string{"Usage:", name}
	if len(options) > 0 {
		words = append(words, "[options]")
	}
	if u.args != "" {
		words = append(words, u.args)
	}
	text := strings.Join(words, " ") + "\n\nSummary:\n" + u.purpose + "\n"
	if len(options) > 0 {
		text += "\nOptions:\n" + strings.Join(options, "\n") + "\n"
	}
	return text
}

// noMore refuses positional arguments that a tool does not take.
func noMore(args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("unrecognized args: %q", args)
}
