package tools

import (
	"fmt"

	"github.com/juju/gnuflag"
)

type stateGet struct {
	ctx    Context
	output output
	strict bool
	key    string // empty: the whole state
}

func newStateGet(ctx Context) command { return &stateGet{ctx: ctx, output: smartOutput()} }

func (s *stateGet) usage() usage {
	return usage{args: "[<key>]", purpose: "Print the unit's kept state."}
}

func (s *stateGet) setFlags(f *gnuflag.FlagSet) {
	s.output.setFlags(f)
	f.BoolVar(&s.strict, "strict", false, "fail if the key is missing")
}

func (s *stateGet) setUp(args []string) error {
	if len(args) == 0 {
		return nil
	}
	if args[0] != "-" {
		s.key = args[0]
	}
	return noMore(args[1:])
}

func (s *stateGet) run(c *call) error {
	state := s.ctx.State()
	if s.key == "" {
		if len(state) == 0 {
			state = nil // JSON prints null
		}
		return s.output.write(c, state)
	}
	value, ok := state[s.key]
	if !ok && s.strict {
		return fmt.Errorf("%q not found", s.key)
	}
	return s.output.write(c, value)
}
