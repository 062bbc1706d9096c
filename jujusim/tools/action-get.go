package tools

import (
	"errors"
	"strings"

	"github.com/juju/gnuflag"
)

var errNoAction = errors.New("not running an action")

type actionGet struct {
	ctx    Context
	output output
	path   []string // empty: all parameters
}

func newActionGet(ctx Context) command { return &actionGet{ctx: ctx, output: smartOutput()} }

func (a *actionGet) usage() usage {
	return usage{args: "[<key>[.<key>.<key>...]]", purpose: "Print the action's parameters."}
}

func (a *actionGet) setFlags(f *gnuflag.FlagSet) { a.output.setFlags(f) }

func (a *actionGet) setUp(args []string) error {
	if len(args) == 0 {
		return nil
	}
	a.path = strings.Split(args[0], ".")
	return noMore(args[1:])
}

func (a *actionGet) run(c *call) error {
	params, ok := a.ctx.ActionParams()
	if !ok {
		return errNoAction
	}
	if params == nil {
		params = map[string]any{}
	}
	var value any = params
	for _, key := range a.path {
		inner, _ := value.(map[string]any)
		value = inner[key]
	}
	return a.output.write(c, value)
}
