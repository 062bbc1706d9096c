package tools

import (
	"errors"
	"fmt"

	"github.com/juju/gnuflag"
)

type secretRevoke struct {
	ctx      Context
	relation relationFlag
	app      string
	unit     string
	id       string
}

func newSecretRevoke(ctx Context) command {
	return &secretRevoke{ctx: ctx, relation: newRelationFlag(ctx)}
}

func (s *secretRevoke) usage() usage {
	return usage{args: "<ID>", purpose: "Take back what secret-grant gave when the hook has succeeded."}
}

func (s *secretRevoke) setFlags(f *gnuflag.FlagSet) {
	s.relation.setFlags(f)
	f.StringVar(&s.app, "app", "", "the application that may no longer read")
	f.StringVar(&s.app, "application", "", "the application that may no longer read")
	f.StringVar(&s.unit, "unit", "", "the unit that may no longer read")
}

func (s *secretRevoke) setUp(args []string) (err error) {
	if s.id, args, err = firstSecretID(args); err != nil {
		return err
	}
	switch related := s.relation.id >= 0; {
	case s.app != "" && !isApp(s.app):
		return fmt.Errorf("application %q not valid", s.app)
	case s.unit != "" && !isUnit(s.unit):
		return fmt.Errorf("unit %q not valid", s.unit)
	case s.app != "" && s.unit != "":
		return errors.New("specify only one of application or unit")
	case related && s.app != "":
		return errors.New("do not specify both relation and app")
	case !related && s.app == "" && s.unit == "":
		return errors.New("missing relation or application or unit")
	}
	return noMore(args)
}

func (s *secretRevoke) run(*call) error {
	switch {
	case s.unit != "":
		return s.ctx.RevokeSecret(s.id, s.unit)
	case s.app != "":
		return s.ctx.RevokeSecret(s.id, s.app)
	}
	return s.ctx.RevokeSecret(s.id, s.relation.relation().RemoteApp)
}
