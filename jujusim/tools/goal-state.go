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

func (g *goalState) run(c *call) error {
	goal := g.ctx.GoalState()
	shown := GoalState{Units: withoutMessages(goal.Units), Relations: map[string]map[string]Status{}}
	for endpoint, statuses := range goal.Relations {
		shown.Relations[endpoint] = withoutMessages(statuses)
	}
	return g.output.write(c, shown)
}

func withoutMessages(statuses map[string]Status) map[string]Status {
	shown := map[string]Status{}
	for name, s := range statuses {
		shown[name] = Status{Status: s.Status, Since: s.Since}
	}
	return shown
}
