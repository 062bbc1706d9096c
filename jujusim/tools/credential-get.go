package tools

import (
	"fmt"

	"github.com/juju/gnuflag"
)

type credentialGet struct {
	ctx    Context
	output output
}

func newCredentialGet(ctx Context) command { return &credentialGet{ctx: ctx, output: smartOutput()} }

func (g *credentialGet) usage() usage {
	return usage{purpose: "Print the cloud that the model is in, with its credential."}
}

func (g *credentialGet) setFlags(f *gnuflag.FlagSet) { g.output.setFlags(f) }

func (g *credentialGet) setUp(args []string) error { return noMore(args) }

func (g *credentialGet) run(c *call) error {
	cloud, err := g.ctx.CloudSpec()
	if err != nil {
		return fmt.Errorf("cannot access cloud credentials: %w", err)
	}
	return g.output.write(c, cloud)
}
