package tools

import "github.com/juju/gnuflag"

type stateDelete struct {
	ctx  Context
	keys []string // at most one
}

func newStateDelete(ctx Context) command { return &stateDelete{ctx: ctx} }

func (s *stateDelete) usage() usage {
	return usage{args: "<key>", purpose: "Delete an entry of the unit's kept state."}
}

func (s *stateDelete) setFlags(*gnuflag.FlagSet) {}

func (s *stateDelete) setUp(args []string) error {
	if len(args) == 0 {
		return nil
	}
	s.keys = args[:1]
	return noMore(args[1:])
}

func (s *stateDelete) run(*call) error {
	for _, key := range s.keys {
		s.ctx.DeleteState(key)
	}
	return nil
}
