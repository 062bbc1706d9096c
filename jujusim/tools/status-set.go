package tools

import (
	"errors"
	"fmt"
	"slices"

	"github.com/juju/gnuflag"
)

type statusSet struct {
	ctx     Context
	app     bool
	status  string
	message string
}

func newStatusSet(ctx Context) command { return &statusSet{ctx: ctx} }

func (s *statusSet) usage() usage {
	return usage{
		args:    "<maintenance | blocked | waiting | active> [message]",
		purpose: "Set the unit's or the application's status at once.",
	}
}

func (s *statusSet) setFlags(f *gnuflag.FlagSet) {
	f.BoolVar(&s.app, "application", false, "set the application's status; for leaders only")
}

func (s *statusSet) setUp(args []string) error {
	if len(args) == 0 {
		return errors.New("invalid args, require <status> [message]")
	}
	known := []string{"maintenance", "blocked", "waiting", "active"}
	if !slices.Contains(known, args[0]) {
		return fmt.Errorf("invalid status %q, expected one of %v", args[0], known)
	}
	s.status = args[0]
	if len(args) == 1 {
		return nil
	}
	s.message = args[1]
	return noMore(args[2:])
}

func (s *statusSet) run(*call) error {
	if s.app {
		return s.ctx.SetAppStatus(s.status, s.message)
	}
	s.ctx.SetUnitStatus(s.status, s.message)
	return nil
}
