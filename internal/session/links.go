package session

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/charmfile"
	"github.com/kube-control/kube-control/internal/hookenv"
)

// LinkTarget is where all links of a charm point: the program, as seen from hooks/ and actions/. It is relative and
// stays in the charm, because Juju refuses charms with other links.
const LinkTarget = "../" + dispatchTarget

// dispatch is the link at the top of a charm to which Juju gives all hooks and actions, and dispatchTarget where it points.
const (
	dispatch       = "dispatch"
	dispatchTarget = "bin/kube-control"
)

// targetOf is where the link of a path points.
func targetOf(path string) string {
	if path == dispatch {
		return dispatchTarget
	}
	return LinkTarget
}

// LinkOptions selects links besides those of the relation hooks.
type LinkOptions struct {
	Lifecycle bool     // install, start, config-changed, upgrade-charm, update-status, stop, remove
	Leader    bool     // leader-elected, leader-settings-changed
	Secrets   bool     // secret-changed, secret-rotate, secret-expired, secret-remove
	Dispatch  bool     // only the link dispatch, by which Juju starts the program for every hook and action
	Actions   []string // the actions that the program has; others of actions.yaml are the charm's own
	Check     bool     // write nothing
}

// LinkState is how a link is found or left.
type LinkState string

// The states of a link.
const (
	LinkRight   LinkState = "right"   // there already
	LinkMade    LinkState = "made"    // was missing
	LinkMissing LinkState = "missing" // and has not been made
	LinkForeign LinkState = "foreign" // a file, a folder or a link elsewhere has its name; it is left alone
)

// Link is one link that a charm should have.
type Link struct {
	Path  string // in the charm's folder: hooks/NAME, actions/NAME or dispatch
	State LinkState
}

// Links makes the links that a charm's metadata.yaml and actions.yaml ask for, or only looks at them: the five hooks
// of each endpoint of the interface kube-control, the hooks and the actions that options name.
//
// Everything is checked before anything is written. If the program that the links need is missing or cannot be executed,
// or if another file has the name of a link, Links fails and writes nothing; with options.Check foreign and
// missing ones are not errors, but the states say so. Right links stay. The list is
// complete if metadata.yaml and actions.yaml could be read, even with an error.
func Links(dir string, options LinkOptions) ([]Link, error) {
	paths, err := linkPaths(dir, options)
	if err != nil {
		return nil, err
	}
	var links []Link
	var foreign []string
	for _, path := range paths {
		state, err := linkState(dir, path)
		if err != nil {
			return nil, fmt.Errorf("cannot look at link %s: %w", path, err)
		}
		if state == LinkForeign {
			foreign = append(foreign, path)
		}
		links = append(links, Link{path, state})
	}
	if err := checkProgram(dir); err != nil {
		return links, err
	}
	if options.Check {
		return links, nil
	}
	if len(foreign) > 0 {
		return links, fmt.Errorf("cannot link %s: something else is there", strings.Join(foreign, ", "))
	}
	return links, makeLinks(dir, links)
}

// linkPaths are the links that the charm should have, in the order of metadata.yaml and then of actions.yaml.
func linkPaths(dir string, options LinkOptions) ([]string, error) {
	meta, err := ReadMetadata(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot link hooks: there is no metadata.yaml in %s: name the charm's folder with --charm", dir)
	}
	if err != nil {
		return nil, err
	}
	endpoints, err := meta.KubeControl()
	if err != nil {
		return nil, err
	}
	if len(endpoints) == 0 {
		return nil, fmt.Errorf("cannot link hooks: charm %s has no endpoint of the interface %s", meta.Name, charmfile.Interface)
	}
	if options.Dispatch {
		return []string{dispatch}, nil
	}
	actions, err := ReadActions(dir)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, e := range endpoints {
		for _, kind := range hookenv.RelationKinds() {
			paths = append(paths, "hooks/"+e.Name+"-"+string(kind))
		}
	}
	for _, kind := range unitHooks(options) {
		paths = append(paths, "hooks/"+string(kind))
	}
	for _, name := range actions {
		if slices.Contains(options.Actions, name) {
			paths = append(paths, "actions/"+name)
		}
	}
	return paths, nil
}

func unitHooks(options LinkOptions) []hookenv.Kind {
	var kinds []hookenv.Kind
	if options.Lifecycle {
		kinds = append(kinds, hookenv.LifecycleKinds()...)
	}
	if options.Leader {
		kinds = append(kinds, hookenv.LeaderKinds()...)
	}
	if options.Secrets {
		kinds = append(kinds, hookenv.SecretKinds()...)
	}
	return kinds
}

// linkState looks at a link and at the folder that it is in, which must be a real folder, because the link is relative to
// it.
func linkState(dir, path string) (LinkState, error) {
	switch folder, err := os.Lstat(filepath.Join(dir, filepath.Dir(path))); {
	case errors.Is(err, fs.ErrNotExist):
		return LinkMissing, nil
	case err != nil:
		return "", err
	case !folder.IsDir():
		return "", fmt.Errorf("%s is not a folder", filepath.Dir(path))
	}
	switch info, err := os.Lstat(filepath.Join(dir, path)); {
	case errors.Is(err, fs.ErrNotExist):
		return LinkMissing, nil
	case err != nil:
		return "", err
	case info.Mode().Type() != fs.ModeSymlink:
		return LinkForeign, nil
	}
	target, err := os.Readlink(filepath.Join(dir, path))
	if err != nil {
		return "", err
	}
	if target != targetOf(path) {
		return LinkForeign, nil
	}
	return LinkRight, nil
}

// checkProgram checks the program, because without it Juju silently skips every hook, or fails it.
func checkProgram(dir string) error {
	const program = dispatchTarget
	info, err := os.Stat(filepath.Join(dir, program))
	var reason *fs.PathError
	switch {
	case errors.As(err, &reason):
		return fmt.Errorf("cannot link to %s: %w", program, reason.Err)
	case err != nil:
		return fmt.Errorf("cannot link to %s: %w", program, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("cannot link to %s: not a file", program)
	case info.Mode().Perm()&0o111 == 0:
		return fmt.Errorf("cannot link to %s: not executable", program)
	}
	return nil
}

// makeLinks makes the missing ones and marks them. Symlink never replaces an existing file.
func makeLinks(dir string, links []Link) error {
	for i, link := range links {
		if link.State != LinkMissing {
			continue
		}
		path := filepath.Join(dir, link.Path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("cannot make link %s: %w", link.Path, err)
		}
		if err := os.Symlink(targetOf(link.Path), path); err != nil {
			return fmt.Errorf("cannot make link %s: %w", link.Path, err)
		}
		links[i].State = LinkMade
	}
	return nil
}
