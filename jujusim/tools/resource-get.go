package tools

import (
	"errors"
	"fmt"

	"github.com/juju/gnuflag"
)

type resourceGet struct {
	ctx  Context
	name string
}

func newResourceGet(ctx Context) command { return &resourceGet{ctx: ctx} }

func (r *resourceGet) usage() usage {
	return usage{args: "<resource name>", purpose: "Print the path of a resource's file."}
}

func (*resourceGet) setFlags(*gnuflag.FlagSet) {}

func (r *resourceGet) setUp(args []string) error {
	if len(args) == 0 {
		return errors.New("missing required resource name")
	}
	r.name = args[0]
	return noMore(args[1:])
}

func (r *resourceGet) run(c *call) error {
	path, err := r.ctx.Resource(r.name)
	if err != nil {
		return fmt.Errorf("could not download resource: %w", err)
	}
	c.stdout.WriteString(path) // Juju ends it with no newline
	return nil
}
