package check

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/kube-control/kube-control/internal/charmfile"
	"github.com/kube-control/kube-control/internal/hookenv"
)

// linkTarget is where the links in hooks and actions lead.
const linkTarget = "../" + programFile

// link is what a file in hooks or actions is.
type link int

const (
	missing  link = iota
	ours          // a link to the program
	theirs        // a file of the charm's own
	dangling      // a link to nothing in the charm
)

func (c *charm) look(name string) link {
	info, err := fs.Lstat(c.folder, name)
	if err != nil {
		return missing
	}
	if info.Mode().Type() != fs.ModeSymlink {
		return theirs
	}
	if target, err := fs.ReadLink(c.folder, name); err == nil && target == linkTarget {
		return ours
	}
	if _, err := fs.Stat(c.folder, name); err != nil {
		return dangling
	}
	return theirs
}

// hasDispatch says whether one program gets all hooks and actions.
func (c *charm) hasDispatch() bool {
	_, err := fs.Lstat(c.folder, "dispatch")
	return err == nil
}

// hookLinks checks that each hook of the endpoints has its link, and that each link to the program is a hook of this charm.
func (c *charm) hookLinks() {
	var relation []string
	for _, e := range c.speaks {
		for _, kind := range hookenv.RelationKinds() {
			relation = append(relation, e.Name+"-"+string(kind))
		}
	}
	for _, hook := range relation {
		switch name := "hooks/" + hook; {
		case c.look(name) == dangling:
			c.add(name, nil, charmfile.Problem{Text: "the link leads to nothing: remove it and run kube-control link"})
		case c.look(name) == missing && !c.hasDispatch():
			c.add(name, nil, charmfile.Problem{Text: "the link is missing: run kube-control link"})
		}
	}
	endpoints := c.allEndpoints()
	for _, hook := range c.linksIn("hooks") {
		kind, endpoint := hookenv.KindOf(hook)
		if kind == hookenv.Unknown || kind.IsRelation() && !slices.Contains(endpoints, endpoint) {
			c.add("hooks/"+hook, nil, charmfile.Problem{
				Text: "the charm has no such hook", Nearest: charmfile.Nearest(hook, append(relation, unitHooks()...)),
			})
		}
	}
}

// unitHooks are the hooks of the unit that the program can be linked as.
func unitHooks() []string {
	var names []string
	for _, kind := range slices.Concat(hookenv.LifecycleKinds(), hookenv.LeaderKinds(), hookenv.SecretKinds()) {
		names = append(names, string(kind))
	}
	return names
}

// allEndpoints are the names of all endpoints, of other interfaces too: the program may be linked as any hook.
func (c *charm) allEndpoints() []string {
	text, err := fs.ReadFile(c.folder, metadataFile)
	if err != nil {
		return nil
	}
	meta, _ := charmfile.ParseMetadata(text)
	var names []string
	for _, e := range meta.Endpoints {
		names = append(names, e.Name)
	}
	return names
}

// linksIn are the names of the links to the program in a folder.
func (c *charm) linksIn(folder string) []string {
	entries, err := fs.ReadDir(c.folder, folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.add(folder, nil, charmfile.Problem{Text: fmt.Sprintf("cannot read the folder: %v", err)})
	}
	var names []string
	for _, entry := range entries {
		if c.look(folder+"/"+entry.Name()) == ours {
			names = append(names, entry.Name())
		}
	}
	return names
}

// actionLinks checks that each action has a program, and that each link to ours is an action of both.
func (c *charm) actionLinks(actions []string) {
	for _, action := range actions {
		switch name := "actions/" + action; {
		case c.look(name) == dangling:
			c.add(name, nil, charmfile.Problem{Text: "the link leads to nothing: remove it and run kube-control link"})
		case c.look(name) != missing || c.hasDispatch():
		case slices.Contains(c.program.Actions, action):
			c.add(name, nil, charmfile.Problem{Text: "the link is missing: run kube-control link"})
		default:
			p := charmfile.Unknown([]any{action}, fmt.Sprintf("action %s has no program: kube-control has no such action, and %s is missing", action, name), action, c.program.Actions)
			c.addIn(actionsFile, p)
		}
	}
	for _, action := range c.linksIn("actions") {
		switch name := "actions/" + action; {
		case !slices.Contains(actions, action):
			c.add(name, nil, charmfile.Problem{Text: "actions.yaml has no such action", Nearest: charmfile.Nearest(action, actions)})
		case !slices.Contains(c.program.Actions, action):
			c.add(name, nil, charmfile.Unknown(nil, "kube-control has no such action", action, c.program.Actions))
		}
	}
}

// dispatchLink checks a link that gets all hooks and actions.
func (c *charm) dispatchLink() {
	target, err := fs.ReadLink(c.folder, "dispatch")
	if err != nil || target == programFile {
		return
	}
	if _, err := fs.Stat(c.folder, "dispatch"); err != nil {
		c.add("dispatch", nil, charmfile.Problem{Text: "the link does not lead to " + programFile + ": remove it and run kube-control link --dispatch"})
	}
}
