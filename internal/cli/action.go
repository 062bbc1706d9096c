package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/hookenv"
	"github.com/kube-control/kube-control/pkg/hooktool"
)

// alias is an action: the command of the same name, and the parameters that become its arguments, in order. All other
// parameters become options, of the same name if options gives no other.
type alias struct {
	name      string
	arguments []string
	options   map[string]string
	names     map[string]string // other names of parameters
}

// actions is the table of actions.
func actions() []alias {
	return []alias{
		{name: "auth-user"},
		// Juju keeps parameters, so the name says that this one is a file.
		{name: "sign-auth-request", arguments: []string{"unit", "user"}, names: map[string]string{"scope": "unit"}, options: map[string]string{"tokens-file": "tokens"}},
		{name: "rotate-credentials"},
		{name: "revoke", arguments: []string{"unit"}},
		{name: "audit"},
		{name: "get-gpu"},
		{name: "flush-departed"},
		{name: "set-auth-request", arguments: []string{"user"}},
		{name: "get-kubeconfig"},
		{name: "get-dns"},
		{name: "get-auth-credentials", arguments: []string{"user"}},
		{name: "get-cluster-tag"},
		{name: "get-registry-location"},
		{name: "flags"},
		{name: "dump"},
		{name: "explain"},
	}
}

// action runs the command that an action stands for. A failed one exits like the command, so that Juju commits nothing.
func (p Program) action(ctx context.Context, env hookenv.Context) error {
	all := actions()
	i := slices.IndexFunc(all, func(a alias) bool { return a.name == env.Name })
	if i < 0 {
		return engine.Usagef("there is no action %q", env.Name)
	}
	params, err := hooktool.New(p.Runner).ActionGet(ctx)
	if err != nil {
		return err
	}
	for other, name := range all[i].names {
		if value, given := params[other]; given {
			if _, both := params[name]; both {
				return engine.Usagef("%s is another name for %s: give one of them", other, name)
			}
			params[name] = value
			delete(params, other)
		}
	}
	args := []string{env.Name}
	for j, name := range all[i].arguments {
		value, ok := params[name]
		if !ok {
			continue
		}
		if len(args) <= j {
			return engine.Usagef("parameter %s needs %s", name, all[i].arguments[j-1])
		}
		args = append(args, fmt.Sprint(value))
		delete(params, name)
	}
	var options []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		option := cmp.Or(all[i].options[name], name)
		options = append(options, fmt.Sprintf("--%s=%v", option, params[name]))
	}
	// Options first and "--" between: an argument that begins with a dash stays one.
	args = slices.Concat(args[:1], options, []string{"--"}, args[1:])
	return p.command(ctx, env, args)
}
