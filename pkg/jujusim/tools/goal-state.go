package tools

import "github.com/juju/gnuflag"

type goalState struct {
	ctx    Context
	output output
}

func newGoalState(ctx Context) command { return &goalState{ctx: ctx, output: plainOutput()} }

func (g *goalState) usage() usage {
	return usage{purpose: "Print the statuses of the units of this application and of its relations."}
}

func (g *goalState) setFlags(f *gnuflag.FlagSet) { g.output.setFlags(f) }

func (g *goalState) setUp(args []string) error { return noMore(args) }

func (g *goalState) run(c *call) error { return g.output.write(c, g.ctx.GoalState()) }
