package tools

import (
	"fmt"
	"slices"
	"strings"

	"github.com/juju/gnuflag"
)

type actionSet struct {
	ctx     Context
	results []actionResult
}

type actionResult struct {
	path  []string
	value string
}

func newActionSet(ctx Context) command { return &actionSet{ctx: ctx} }

func (a *actionSet) usage() usage {
	return usage{args: "<key>=<value> [<key>=<value> ...]", purpose: "Set results of the action."}
}

func (a *actionSet) setFlags(*gnuflag.FlagSet) {}

func (a *actionSet) setUp(args []string) error {
	for _, arg := range args {
		key, value, found := strings.Cut(arg, "=")
		if !found {
			return fmt.Errorf("argument %q must be of the form key...=value", arg)
		}
		path := strings.Split(key, ".")
		for _, part := range path {
			if err := checkResultKey(part); err != nil {
				return err
			}
		}
		a.results = append(a.results, actionResult{path: path, value: value})
	}
	return nil
}

func checkResultKey(key string) error {
	if slices.Contains([]string{"stdout", "stdout-encoding", "stderr", "stderr-encoding"}, key) {
		return fmt.Errorf("cannot set reserved action key %q", key)
	}
	if !matches(`[a-z0-9](?:[a-z0-9-]*[a-z0-9])?`, key) {
		return fmt.Errorf("key %q must start and end with lowercase alphanumeric, "+
			"and contain only lowercase alphanumeric, hyphens and periods", key)
	}
	return nil
}

func (a *actionSet) run(*call) error {
	if _, ok := a.ctx.ActionParams(); !ok && len(a.results) > 0 {
		return errNoAction
	}
	for _, result := range a.results {
		a.ctx.SetActionResult(result.path, result.value)
	}
	return nil
}
