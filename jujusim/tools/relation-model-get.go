package tools

import "github.com/juju/gnuflag"

type relationModelGet struct {
	ctx      Context
	output   output
	relation relationFlag
}

func newRelationModelGet(ctx Context) command {
	return &relationModelGet{ctx: ctx, output: smartOutput(), relation: newRelationFlag(ctx)}
}

func (r *relationModelGet) usage() usage {
	return usage{purpose: "Print the model of the relation's remote application."}
}

func (r *relationModelGet) setFlags(f *gnuflag.FlagSet) {
	r.output.setFlags(f)
	r.relation.setFlags(f)
}

func (r *relationModelGet) setUp(args []string) error {
	if err := r.relation.need(); err != nil {
		return err
	}
	return noMore(args)
}

func (r *relationModelGet) run(c *call) error {
	return r.output.write(c, map[string]string{"uuid": r.ctx.RelationModel(r.relation.id)})
}
