package cli

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/session"
)

// link is how the command link prints one link.
type link struct {
	Path  string            `json:"path"`
	State session.LinkState `json:"state"`
}

func (a *app) link() *cobra.Command {
	var options session.LinkOptions
	var dir string
	c := a.withFormat(&cobra.Command{
		Use:     "link",
		GroupID: bothGroup,
		Short:   "Make a charm's hook and action links, or check them",
		Long: `Make the links to ` + session.LinkTarget + ` that a charm's metadata.yaml and actions.yaml ask for: the five hooks
of each kube-control endpoint, other hooks on request, and the actions that are commands of this program.

A link that is right stays. If anything else has a link's name, or the program is missing, nothing is written.
With --dispatch, one link for all hooks and actions takes the place of the others. A charm on ops has a dispatch of its own
and needs the others.

With --check nothing is written either way, and a link that is missing or wrong gives exit code 3.`,
		Args: cobra.NoArgs,
	})
	c.Flags().StringVar(&dir, "charm", "", "the charm's folder (default: the one that the program stands in)")
	c.Flags().BoolVar(&options.Check, "check", false, "only look")
	c.Flags().BoolVar(&options.Lifecycle, "lifecycle", false, "also install, start, config-changed, upgrade-charm, update-status, stop and remove")
	c.Flags().BoolVar(&options.Leader, "leader", false, "also the leadership hooks")
	c.Flags().BoolVar(&options.Secrets, "secrets", false, "also the secret hooks")
	c.Flags().BoolVar(&options.Dispatch, "dispatch", false, "one link for all hooks and actions in place of the others")
	c.RunE = func(*cobra.Command, []string) error {
		if options.Dispatch && (options.Lifecycle || options.Leader || options.Secrets) {
			return engine.Usagef("link --dispatch already has all hooks: leave out --lifecycle, --leader and --secrets")
		}
		if dir == "" {
			dir = a.env.CharmDir
		}
		if dir == "" {
			return engine.Usagef("cannot tell which charm to link: name its folder with --charm")
		}
		for _, action := range actions() {
			options.Actions = append(options.Actions, action.name)
		}
		links, err := session.Links(dir, options)
		if printed := a.printLinks(links, options.Check); err == nil {
			err = printed
		}
		return err
	}
	return c
}

func (a *app) printLinks(links []session.Link, check bool) error {
	list := make([]link, 0, len(links))
	for _, l := range links {
		list = append(list, link(l))
	}
	err := a.print(list, func(w io.Writer) {
		for _, l := range list {
			fmt.Fprintf(w, "%-8s %s\n", l.State, l.Path)
		}
	})
	wrong := slices.ContainsFunc(links, func(l session.Link) bool { return l.State == session.LinkMissing || l.State == session.LinkForeign })
	if err == nil && check && wrong {
		return errNo
	}
	return err
}
