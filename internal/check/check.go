package check

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/kube-control/kube-control/internal/charmfile"
)

// Problem is one mistake in a charm.
type Problem struct {
	File    string   `json:"file"`              // in the charm's folder
	Line    int      `json:"line,omitempty"`    // from 1 on; 0 for a file that is missing or is not text
	Text    string   `json:"problem"`           // what is wrong
	Known   []string `json:"known,omitempty"`   // the names that can be used instead, sorted
	Nearest string   `json:"nearest,omitempty"` // the one that was probably meant
}

// String is the problem as compilers print one: FILE:LINE: TEXT.
func (p Problem) String() string {
	place := p.File
	if p.Line > 0 {
		place = fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return place + ": " + charmfile.Problem{Text: p.Text, Known: p.Known, Nearest: p.Nearest}.Error()
}

// Program is what the program can do.
type Program struct {
	Commands []string // the names of its commands
	Actions  []string // of those, the ones that can be actions
}

// Charm finds all problems of the charm in a folder, sorted by file and line.
func Charm(folder fs.FS, program Program) []Problem {
	c := &charm{folder: folder, program: program}
	meta, found := parse(c, metadataFile, charmfile.ParseMetadata)
	if !found {
		c.add(metadataFile, nil, charmfile.Problem{Text: "the file is missing: name the charm's folder, the one with metadata.yaml"})
		return c.problems
	}
	settings, _ := parse(c, settingsFile, charmfile.ParseSettings)
	actions, _ := parse(c, actionsFile, charmfile.ParseActions)
	c.endpoints(meta, settings)
	c.handlers(settings.Handlers)
	c.hookLinks()
	c.actionLinks(actions)
	c.dispatchLink()
	slices.SortStableFunc(c.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return c.problems
}

const (
	metadataFile = "metadata.yaml"
	settingsFile = "kube-control.yaml"
	actionsFile  = "actions.yaml"
)

// charm is one being checked.
type charm struct {
	folder   fs.FS
	program  Program
	speaks   []charmfile.Endpoint // its endpoints of the interface
	problems []Problem
}

// parse reads one of the charm's files and notes its problems. It is false if the file is missing.
func parse[T any](c *charm, name string, read func([]byte) (T, []charmfile.Problem)) (value T, found bool) {
	text, err := fs.ReadFile(c.folder, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return value, false
	case err != nil:
		c.add(name, nil, charmfile.Problem{Text: fmt.Sprintf("cannot read the file: %v", err)})
		return value, true
	}
	value, problems := read(text)
	for _, p := range problems {
		c.add(name, text, p)
	}
	return value, true
}

// add notes a problem of a file with this text.
func (c *charm) add(file string, text []byte, p charmfile.Problem) {
	c.problems = append(c.problems, Problem{File: file, Line: lineOf(text, p), Text: p.Text, Known: p.Known, Nearest: p.Nearest})
}

// addIn notes a problem of a file that has to be read for its lines.
func (c *charm) addIn(file string, p charmfile.Problem) {
	text, err := fs.ReadFile(c.folder, file)
	if err != nil {
		text = nil
	}
	c.add(file, text, p)
}

// endpoints checks that the charm has the endpoints that it needs.
func (c *charm) endpoints(meta charmfile.Metadata, settings charmfile.Settings) {
	for _, e := range meta.Endpoints {
		switch {
		case e.Interface != charmfile.Interface:
		case e.Peer:
			c.addIn(metadataFile, charmfile.Problem{
				Path: []any{"peers", e.Name},
				Text: fmt.Sprintf("endpoint %s under peers: the interface %s needs provides or requires", e.Name, charmfile.Interface),
			})
		default:
			c.speaks = append(c.speaks, e)
		}
	}
	if len(c.speaks) == 0 {
		c.wantInterface(meta, charmfile.Interface, "no endpoint has the interface "+charmfile.Interface)
	}
	if settings.Operator == charmfile.OperatorMaster && meta.PeerOf(charmfile.MastersInterface) == "" {
		c.wantInterface(meta, charmfile.MastersInterface,
			"operator master needs an endpoint under peers with the interface "+charmfile.MastersInterface)
	}
}

// wantInterface reports an interface without an endpoint, at the endpoint that probably means it.
func (c *charm) wantInterface(meta charmfile.Metadata, name, text string) {
	for _, e := range meta.Endpoints {
		if near := charmfile.Nearest(e.Interface, []string{name}); near != "" {
			c.addIn(metadataFile, charmfile.Problem{
				Path: []any{e.Section(), e.Name}, Nearest: near,
				Text: fmt.Sprintf("%s; endpoint %s has %q", text, e.Name, e.Interface),
			})
			return
		}
	}
	c.addIn(metadataFile, charmfile.Problem{Text: text})
}
