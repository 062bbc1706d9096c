package check

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/charmfile"
	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// programFile is where the program is in each charm. A build puts it there, so it may be missing.
const programFile = "bin/kube-control"

// handlers checks the flags, the programs and the commands of the handlers.
func (c *charm) handlers(all []charmfile.Handler) {
	for i, h := range all {
		place := []any{"handlers", i}
		for key, names := range map[string][]string{"when": h.When, "when-not": h.WhenNot} {
			for j, flag := range names {
				c.flag(slices.Concat(place, []any{key, j}), h.Name, flag)
			}
		}
		if len(h.Run) == 0 {
			continue
		}
		c.programOf(slices.Concat(place, []any{"run", 0}), h)
		c.command(slices.Concat(place, []any{"run"}), h)
	}
}

// flag checks the name of a flag. Names of the charm's own are free, but not under the name of an endpoint, and they may not
// look like a misspelt one.
func (c *charm) flag(place []any, handler, flag string) {
	known := []string{flags.IsLeader}
	for _, e := range c.speaks {
		known = append(known, flagsOf(e)...)
	}
	if slices.Contains(known, flag) {
		return
	}
	i := slices.IndexFunc(c.speaks, func(e charmfile.Endpoint) bool { return strings.HasPrefix(flag, e.Name+".") })
	switch {
	case i >= 0:
		text := fmt.Sprintf("handler %s: endpoint %s has no flag %q", handler, c.speaks[i].Name, flag)
		c.addIn(settingsFile, charmfile.Unknown(place, text, flag, flagsOf(c.speaks[i])))
	case charmfile.Nearest(flag, known) != "":
		c.addIn(settingsFile, charmfile.Unknown(place, fmt.Sprintf("handler %s: unknown flag %q", handler, flag), flag, known))
	}
}

func flagsOf(e charmfile.Endpoint) []string {
	if e.Role == kubecontrol.Worker {
		return flags.OfWorker(e.Name)
	}
	return flags.OfMaster(e.Name)
}

// programOf checks that a handler's program is in the charm and can be executed. One without a slash is on PATH, which is
// the unit's.
func (c *charm) programOf(place []any, h charmfile.Handler) {
	name := path.Clean(h.Run[0])
	if !strings.Contains(h.Run[0], "/") || path.IsAbs(name) {
		return
	}
	report := func(text string) {
		c.addIn(settingsFile, charmfile.Problem{Path: place, Text: fmt.Sprintf("handler %s: program %s %s", h.Name, h.Run[0], text)})
	}
	if !fs.ValidPath(name) {
		report("is outside the charm")
		return
	}
	info, err := fs.Stat(c.folder, name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && name == programFile:
	case errors.Is(err, fs.ErrNotExist):
		c.addIn(settingsFile, charmfile.Problem{
			Path: place, Text: fmt.Sprintf("handler %s: program %s is missing", h.Name, h.Run[0]),
			Nearest: charmfile.Nearest(name, c.programs(path.Dir(name))),
		})
	case err != nil:
		report("cannot be read")
	case !info.Mode().IsRegular():
		report("is not a file")
	case info.Mode().Perm()&0o111 == 0:
		report("is not executable: chmod +x " + name)
	}
}

// programs are the files of a folder that can be executed.
func (c *charm) programs(folder string) []string {
	entries, err := fs.ReadDir(c.folder, folder)
	if err != nil {
		return nil
	}
	var names []string
	for _, entry := range entries {
		if info, err := fs.Stat(c.folder, path.Join(folder, entry.Name())); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0 {
			names = append(names, path.Join(folder, entry.Name()))
		}
	}
	return names
}

// command checks the name of a command that a handler calls directly.
func (c *charm) command(place []any, h charmfile.Handler) {
	if path.Base(h.Run[0]) != path.Base(programFile) {
		return
	}
	i := slices.IndexFunc(h.Run[1:], func(word string) bool { return !strings.HasPrefix(word, "-") })
	if i < 0 {
		return
	}
	if name := h.Run[i+1]; !slices.Contains(c.program.Commands, name) {
		c.addIn(settingsFile, charmfile.Unknown(append(place, i+1),
			fmt.Sprintf("handler %s: kube-control has no command %q", h.Name, name), name, c.program.Commands))
	}
}
