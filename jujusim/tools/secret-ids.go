package tools

import "github.com/juju/gnuflag"

type secretIDs struct {
	ctx    Context
	output output
}

func newSecretIDs(ctx Context) command { return &secretIDs{ctx: ctx, output: smartOutput()} }

func (s *secretIDs) usage() usage {
	return usage{purpose: "List the ids of the secrets that the unit may manage."}
}

func (s *secretIDs) setFlags(f *gnuflag.FlagSet) { s.output.setFlags(f) }

func (s *secretIDs) setUp(args []string) error { return noMore(args) }

func (s *secretIDs) run(c *call) error {
	var ids []string // nil if there is none: JSON prints null
	for _, info := range s.ctx.OwnedSecrets() {
		ids = append(ids, info.ID)
	}
	return s.output.write(c, ids)
}
