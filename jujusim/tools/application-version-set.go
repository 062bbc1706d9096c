package tools

import (
	"errors"

	"github.com/juju/gnuflag"
)

type applicationVersionSet struct {
	ctx     Context
	version string
}

func newApplicationVersionSet(ctx Context) command { return &applicationVersionSet{ctx: ctx} }

func (a *applicationVersionSet) usage() usage {
	return usage{args: "<new-version>", purpose: "Say which version of the workload the unit runs, at once."}
}

func (a *applicationVersionSet) setFlags(*gnuflag.FlagSet) {}

func (a *applicationVersionSet) setUp(args []string) error {
	if len(args) == 0 {
		return errors.New("no version specified")
	}
	a.version = args[0]
	return noMore(args[1:])
}

func (a *applicationVersionSet) run(*call) error {
	a.ctx.SetWorkloadVersion(a.version)
	return nil
}
