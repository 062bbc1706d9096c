package tools

import (
	"errors"

	"github.com/juju/gnuflag"
)

type relationSet struct {
	ctx      Context
	settings settingsFlags
	format   dummyFormat
	relation relationFlag
	app      bool
}

func newRelationSet(ctx Context) command {
	return &relationSet{ctx: ctx, relation: newRelationFlag(ctx)}
}

func (r *relationSet) usage() usage {
	return usage{args: "key=value [key=value ...]", purpose: "Set relation data; an empty value deletes the key."}
}

func (r *relationSet) setFlags(f *gnuflag.FlagSet) {
	r.settings.setFlags(f)
	r.format.setFlags(f)
	r.relation.setFlags(f)
	f.BoolVar(&r.app, "app", false, "write the application's bag; for leaders only")
}

func (r *relationSet) setUp(args []string) error {
	err := r.relation.need()
	if err == nil {
		r.settings.args, err = keyValues(args)
	}
	return err
}

func (r *relationSet) run(c *call) error {
	r.format.warn(c)
	settings, err := r.settings.settings(c)
	if err != nil {
		return err
	}
	if !r.app {
		return r.ctx.WriteUnitBag(r.relation.id, settings)
	}
	if !r.ctx.IsLeader() {
		return errors.New("cannot write relation settings")
	}
	return r.ctx.WriteAppBag(r.relation.id, settings)
}
