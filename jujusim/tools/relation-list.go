package tools

import "github.com/juju/gnuflag"

type relationList struct {
	output   output
	relation relationFlag
	app      bool
}

func newRelationList(ctx Context) command {
	return &relationList{output: smartOutput(), relation: newRelationFlag(ctx)}
}

func (r *relationList) usage() usage {
	return usage{purpose: "List the remote units of a relation."}
}

func (r *relationList) setFlags(f *gnuflag.FlagSet) {
	r.output.setFlags(f)
	r.relation.setFlags(f)
	f.BoolVar(&r.app, "app", false, "print the remote application's name")
}

func (r *relationList) setUp(args []string) error {
	if err := r.relation.need(); err != nil {
		return err
	}
	return noMore(args)
}

func (r *relationList) run(c *call) error {
	relation := r.relation.relation()
	if r.app {
		return r.output.write(c, relation.RemoteApp)
	}
	// Never nil: JSON prints an empty list.
	return r.output.write(c, append([]string{}, relation.Members...))
}
