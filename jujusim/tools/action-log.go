package tools

import (
	"errors"
	"strings"

	"github.com/juju/gnuflag"
)

type actionLog struct {
	ctx     Context
	message string
}

func newActionLog(ctx Context) command { return &actionLog{ctx: ctx} }

func (a *actionLog) usage() usage {
	return usage{args: "<message>", purpose: "Report progress of the action at once."}
}

func (a *actionLog) setFlags(*gnuflag.FlagSet) {}

func (a *actionLog) setUp(args []string) error {
	if len(args) == 0 {
		return errors.New("no message specified")
	}
	a.message = strings.Join(args, " ")
	return nil
}

func (a *actionLog) run(*call) error {
	if _, ok := a.ctx.ActionParams(); !ok {
		return errNoAction
	}
	a.ctx.LogAction(a.message)
	return nil
}
