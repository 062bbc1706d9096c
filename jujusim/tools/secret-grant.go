package tools

import (
	"fmt"

	"github.com/juju/gnuflag"
)

type secretGrant struct {
	ctx      Context
	relation relationFlag
	unit     string
	id       string
}

func newSecretGrant(ctx Context) command {
	return &secretGrant{ctx: ctx, relation: newRelationFlag(ctx)}
}

func (s *secretGrant) usage() usage {
	return usage{args: "<ID>", purpose: "Let a related application or unit read a secret when the hook has succeeded."}
}

func (s *secretGrant) setFlags(f *gnuflag.FlagSet) {
	s.relation.setFlags(f)
	f.StringVar(&s.unit, "unit", "", "the unit that may read; all units of the application if none")
}

func (s *secretGrant) setUp(args []string) (err error) {
	if s.id, args, err = firstSecretID(args); err != nil {
		return err
	}
	if err := s.relation.need(); err != nil {
		return err
	}
	if s.unit != "" && !isUnit(s.unit) {
		return fmt.Errorf("unit %q not valid", s.unit)
	}
	if app := s.relation.relation().RemoteApp; s.unit != "" && appOf(s.unit) != app {
		return fmt.Errorf("cannot specify unit %q in relation to application %q", s.unit, app)
	}
	return noMore(args)
}

func (s *secretGrant) run(*call) error { return s.ctx.GrantSecret(s.id, s.relation.id, s.unit) }
