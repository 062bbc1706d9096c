package tools

import (
	"errors"
	"fmt"
	"sort"

	"github.com/juju/gnuflag"
)

type relationIDs struct {
	ctx      Context
	output   output
	endpoint string
}

func newRelationIDs(ctx Context) command {
	return &relationIDs{ctx: ctx, output: smartOutput()}
}

func (r *relationIDs) usage() usage {
	args := "<name>"
	if r.hookEndpoint() != "" {
		args = "[<name>]"
	}
	return usage{args: args, purpose: "List the relation ids of an endpoint."}
}

func (r *relationIDs) setFlags(f *gnuflag.FlagSet) { r.output.setFlags(f) }

func (r *relationIDs) setUp(args []string) error {
	if len(args) > 0 {
		r.endpoint = args[0]
		return noMore(args[1:])
	}
	r.endpoint = r.hookEndpoint()
	switch {
	case r.endpoint != "":
		return nil
	case isJuju2(r.ctx):
		return errors.New("no relation name specified")
	}
	return errors.New("no endpoint name specified")
}

// hookEndpoint is the endpoint of the hook's relation, "" outside of one.
func (r *relationIDs) hookEndpoint() string {
	for _, relation := range r.ctx.Relations() {
		if relation.ID == r.ctx.HookRelation() {
			return relation.Endpoint
		}
	}
	return ""
}

func (r *relationIDs) run(c *call) error {
	ids := []string{}
	for _, relation := range r.ctx.Relations() {
		if relation.Endpoint == r.endpoint && (!relation.Broken || isJuju2(r.ctx)) {
			ids = append(ids, fmt.Sprintf("%s:%d", relation.Endpoint, relation.ID))
		}
	}
	sort.Strings(ids) // as text: x:10 before x:3
	return r.output.write(c, ids)
}
