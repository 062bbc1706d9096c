package tools

import (
	"errors"
	"fmt"

	"github.com/juju/gnuflag"
)

type unitGet struct {
	ctx     Context
	output  output
	setting string
}

func newUnitGet(ctx Context) command { return &unitGet{ctx: ctx, output: smartOutput()} }

func (u *unitGet) usage() usage {
	return usage{args: "<setting>", purpose: "Print public-address or private-address."}
}

func (u *unitGet) setFlags(f *gnuflag.FlagSet) { u.output.setFlags(f) }

func (u *unitGet) setUp(args []string) error {
	if len(args) == 0 {
		return errors.New("no setting specified")
	}
	if args[0] != "private-address" && args[0] != "public-address" {
		return fmt.Errorf("unknown setting %q", args[0])
	}
	u.setting = args[0]
	return noMore(args[1:])
}

func (u *unitGet) run(c *call) error {
	if u.setting == "public-address" {
		return u.output.write(c, u.ctx.PublicAddress())
	}
	return u.output.write(c, u.ctx.PrivateAddress())
}
