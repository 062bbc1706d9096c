package tools

import "github.com/juju/gnuflag"

type actionFail struct {
	ctx     Context
	message string
}

func newActionFail(ctx Context) command {
	return &actionFail{ctx: ctx, message: "action failed without reason given, check action for errors"}
}

func (a *actionFail) usage() usage {
	return usage{args: `["<failure message>"]`, purpose: "Mark the action as failed; the program goes on."}
}

func (a *actionFail) setFlags(*gnuflag.FlagSet) {}

func (a *actionFail) setUp(args []string) error {
	if len(args) == 0 {
		return nil
	}
	a.message = args[0]
	return noMore(args[1:])
}

func (a *actionFail) run(*call) error {
	if _, ok := a.ctx.ActionParams(); !ok {
		return errNoAction
	}
	a.ctx.FailAction(a.message)
	return nil
}
