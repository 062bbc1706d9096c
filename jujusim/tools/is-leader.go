package tools

import "github.com/juju/gnuflag"

type isLeader struct {
	ctx    Context
	output output
}

func newIsLeader(ctx Context) command { return &isLeader{ctx: ctx, output: smartOutput()} }

func (i *isLeader) usage() usage { return usage{purpose: "Print whether this unit is the leader."} }

func (i *isLeader) setFlags(f *gnuflag.FlagSet) { i.output.setFlags(f) }

func (i *isLeader) setUp(args []string) error { return noMore(args) }

func (i *isLeader) run(c *call) error { return i.output.write(c, i.ctx.IsLeader()) }
