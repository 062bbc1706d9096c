package tools

import (
	"errors"
	"fmt"

	"github.com/juju/gnuflag"
)

type relationGet struct {
	ctx      Context
	output   output
	relation relationFlag
	app      bool
	key      string // empty: the whole bag
	target   string // unit, or application with app
}

func newRelationGet(ctx Context) command {
	return &relationGet{ctx: ctx, output: smartOutput(), relation: newRelationFlag(ctx)}
}

func (r *relationGet) usage() usage {
	args := "<key> <unit id>"
	if r.ctx.RemoteUnit() != "" {
		args = "[<key> [<unit id>]]"
	}
	return usage{args: args, purpose: "Print the relation data of a unit or an application."}
}

func (r *relationGet) setFlags(f *gnuflag.FlagSet) {
	r.output.setFlags(f)
	r.relation.setFlags(f)
	f.BoolVar(&r.app, "app", false, "read the application's bag")
}

func (r *relationGet) setUp(args []string) error {
	if err := r.relation.need(); err != nil {
		return err
	}
	if len(args) > 0 {
		if args[0] != "-" {
			r.key = args[0]
		}
		args = args[1:]
	}
	if len(args) == 0 {
		return r.hookTarget()
	}
	if err := r.namedTarget(args[0]); err != nil {
		return err
	}
	return noMore(args[1:])
}

// hookTarget reads from the unit that the hook is about, else from the application.
func (r *relationGet) hookTarget() error {
	r.target = r.ctx.RemoteUnit()
	if r.app || r.target == "" {
		r.app, r.target = true, r.ctx.RemoteApp()
	}
	if r.target == "" {
		return errors.New("no unit or application specified")
	}
	return nil
}

func (r *relationGet) namedTarget(name string) error {
	switch {
	case r.app && isUnit(name):
		r.target = appOf(name)
	case r.app && isApp(name):
		r.target = name
	case r.app:
		r.target = "" // run refuses it
	case isUnit(name):
		r.target = name
	case isApp(name):
		return fmt.Errorf("expected unit name, got application name %q", name)
	case isJuju2(r.ctx):
		r.target = name // run refuses it
	default:
		return fmt.Errorf("invalid unit name %q", name)
	}
	return nil
}

func (r *relationGet) run(c *call) error {
	if !isUnit(r.target) && !isApp(r.target) {
		return fmt.Errorf("%q is not a valid unit or application", r.target)
	}
	read := r.ctx.UnitBag
	if r.app {
		read = r.ctx.AppBag
	}
	bag, err := read(r.relation.id, r.target)
	if err != nil {
		return err
	}
	if r.key == "" {
		return r.output.write(c, bag)
	}
	if value, ok := bag[r.key]; ok {
		return r.output.write(c, value)
	}
	return r.output.write(c, nil)
}
