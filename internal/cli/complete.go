package cli

import (
	"context"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/explain"
	"github.com/kube-control/kube-control/internal/hookenv"
	"github.com/kube-control/kube-control/internal/session"
)

// candidates finds what a word of the command line can be in what explain says of all endpoints.
type candidates func(explain.Report) []string

// addCompletion completes the words of a tree of commands: formats, and where Juju is at hand endpoints, relations, units,
// users and flags.
func (a *app) addCompletion(root *cobra.Command) {
	units := fromUnits(func(u explain.UnitReport) string { return string(u.Unit) })
	users := fromUnits(func(u explain.UnitReport) string { return u.User })
	relations := fromUnits(func(u explain.UnitReport) string { return string(u.Relation) })
	arguments := map[string][]candidates{
		"revoke":               {units},
		"sign-auth-request":    {units, users},
		"set-auth-request":     {users},
		"get-auth-credentials": {users},
		"create-kubeconfig":    {nil, users},
		"flags is-set":         {flagNames},
		"flags set":            {flagNames},
		"flags clear":          {flagNames},
		"hook":                 {hooks},
	}
	flags := map[string]candidates{"unit": units, "relation": relations, "endpoint": endpoints}
	fixed := map[string][]string{"format": {"text", "json", "yaml"}, "token": {"client", "kubelet", "proxy"}}
	for _, c := range allCommands(root) {
		if words := arguments[nameOf(c)]; words != nil {
			c.ValidArgsFunction = a.completeArguments(words)
		} else if c.ValidArgsFunction == nil && c.Args != nil && c.Args(c, []string{"word"}) != nil {
			c.ValidArgsFunction = cobra.NoFileCompletions
		}
		for name, find := range flags {
			if c.LocalNonPersistentFlags().Lookup(name) != nil {
				must(c.RegisterFlagCompletionFunc(name, func(c *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
					return a.find(c.Context(), find, typed), cobra.ShellCompDirectiveNoFileComp
				}))
			}
		}
		for name, words := range fixed {
			if c.LocalNonPersistentFlags().Lookup(name) != nil {
				must(c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)))
			}
		}
	}
}

// allCommands are a command and all below it.
func allCommands(root *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{root}
	for _, c := range root.Commands() {
		all = append(all, allCommands(c)...)
	}
	return all
}

// must is for what only a mistake of this package can cause.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// completeArguments completes the arguments of a command by their position. Where a position has no candidates, it is a
// file's.
func (a *app) completeArguments(words []candidates) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		switch {
		case len(args) >= len(words):
			return nil, cobra.ShellCompDirectiveNoFileComp
		case words[len(args)] == nil:
			return nil, cobra.ShellCompDirectiveDefault
		}
		return a.find(c.Context(), words[len(args)], typed), cobra.ShellCompDirectiveNoFileComp
	}
}

// find asks Juju for the candidates that begin with what was typed. Where that fails there are none, because a shell has no
// place for an error.
func (a *app) find(ctx context.Context, find candidates, typed string) (found []string) {
	quiet := *a
	quiet.Stderr = io.Discard
	_ = quiet.session(ctx, func(s *session.Session) error {
		report, err := s.Explain(ctx, "", "")
		if err == nil {
			found = find(report)
		}
		return err
	})
	slices.Sort(found)
	return slices.DeleteFunc(slices.Compact(found), func(word string) bool {
		return unsafe(word) || !strings.HasPrefix(word, typed)
	})
}

// unsafe reports whether a shell could take a word, such as a user that a worker names, for more than a word.
func unsafe(word string) bool {
	return word == "" || strings.ContainsFunc(word, func(r rune) bool {
		return r >= 0x7F || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.:/@", r)
	})
}

// fromUnits makes candidates of one field of all remote units.
func fromUnits(field func(explain.UnitReport) string) candidates {
	return func(r explain.Report) (all []string) {
		for _, e := range r.Endpoints {
			for _, u := range e.Units {
				all = append(all, field(u))
			}
		}
		return all
	}
}

func endpoints(r explain.Report) (all []string) {
	for _, e := range r.Endpoints {
		all = append(all, e.Endpoint)
	}
	return all
}

func flagNames(r explain.Report) (all []string) {
	for _, e := range r.Endpoints {
		for _, f := range e.Flags {
			all = append(all, f.Name)
		}
	}
	return all
}

// hooks are all hooks that the program knows.
func hooks(r explain.Report) (all []string) {
	for _, e := range r.Endpoints {
		for _, kind := range hookenv.RelationKinds() {
			all = append(all, e.Endpoint+"-"+string(kind))
		}
	}
	for _, kind := range slices.Concat(hookenv.LifecycleKinds(), hookenv.LeaderKinds(), hookenv.SecretKinds()) {
		all = append(all, string(kind))
	}
	return all
}
