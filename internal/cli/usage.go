package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/hookenv"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// describeUsage gives all usage errors of a tree of commands one form, which names the right use.
func describeUsage(root *cobra.Command) {
	root.SetFlagErrorFunc(flagError)
	for _, c := range root.Commands() {
		describeUsage(c)
	}
	check := orAny(root.Args)
	root.Args = func(c *cobra.Command, args []string) error {
		if check(c, args) == nil {
			return nil
		}
		return argumentError(c, args)
	}
}

// orAny is a check of arguments, or one that all pass.
func orAny(check cobra.PositionalArgs) cobra.PositionalArgs {
	if check == nil {
		return cobra.ArbitraryArgs
	}
	return check
}

// argumentError says which arguments a command takes.
func argumentError(c *cobra.Command, args []string) error {
	takes, name := strings.TrimPrefix(strings.TrimPrefix(c.Use, c.Name()), " "), nameOf(c)
	switch {
	case c.HasSubCommands():
		return unknownCommand(c, args[0])
	case takes == "" || strings.HasPrefix(takes, "-"):
		return engine.Usagef("%s takes no arguments, and %q was given", name, args[0])
	case len(args) == 0:
		return engine.Usagef("%s takes %s, and no argument was given", name, takes)
	case len(args) == 1:
		return engine.Usagef("%s takes %s, and 1 argument was given", name, takes)
	}
	return engine.Usagef("%s takes %s, and %d arguments were given", name, takes, len(args))
}

// nameOf is a command's name without the program's: "flags set".
func nameOf(c *cobra.Command) string {
	return strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" ")
}

// unknownCommand names the nearest command, or all if there are few.
func unknownCommand(c *cobra.Command, name string) error {
	var names []string
	for _, sub := range c.Commands() {
		names = append(names, sub.Name())
	}
	if near := c.SuggestionsFor(name); len(near) > 0 {
		return engine.Usagef("unknown command %q: did you mean %s?", name, near[0])
	}
	if slices.Sort(names); len(names) < 5 {
		return engine.Usagef("unknown command %q: %s has %s", name, c.Name(), strings.Join(names, ", "))
	}
	return engine.Usagef("unknown command %q: %s --help lists the commands", name, c.CommandPath())
}

// flagError says what is wrong with a flag.
func flagError(c *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		value   *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return engine.Usagef("%s has no flag -%s: put -- before arguments that begin with a dash", nameOf(c), unknown.GetSpecifiedName())
	case errors.As(err, &unknown) && !c.HasParent():
		return engine.Usagef("unknown flag --%s: the flags of a command come after its name", unknown.GetSpecifiedName())
	case errors.As(err, &unknown):
		return engine.Usagef("%s has no flag --%s: %s --help lists its flags", nameOf(c), unknown.GetSpecifiedName(), c.CommandPath())
	case errors.As(err, &value):
		return engine.Usagef("flag --%s needs a value", value.GetFlag().Name)
	case errors.As(err, &invalid):
		return engine.Usagef("flag --%s: %q is not %s", invalid.GetFlag().Name, invalid.GetValue(), kindOf(invalid.GetFlag()))
	}
	return engine.Usagef("%w", err)
}

// kindOf is the kind of value that a flag takes.
func kindOf(f *pflag.Flag) string {
	if f.Value.Type() == "bool" {
		return "true or false"
	}
	return "a " + f.Value.Type()
}

// checkUnit reads the name of a unit.
func checkUnit(text string) (kubecontrol.Unit, error) {
	unit := kubecontrol.Unit(text)
	if unit.Number() < 0 {
		return "", engine.Usagef("%q is not a unit's name, such as kubernetes-worker/0", text)
	}
	return unit, nil
}

// option is how the person who runs the command gives an option: a flag, or the parameter of an action.
func (a *app) option(name string) string {
	if a.env.Mode == hookenv.Action {
		return name
	}
	return "--" + name
}

// exclusive makes sure that at most one of some options is given, or exactly one if one is needed. An action gives all of
// them, so those that are empty or false do not count.
func (a *app) exclusive(c *cobra.Command, needed bool, names ...string) error {
	given, all := 0, []string(nil)
	for _, name := range names {
		if value := c.Flags().Lookup(name).Value.String(); value != "" && value != "false" {
			given++
		}
		all = append(all, a.option(name))
	}
	if given > 1 || needed && given == 0 {
		last := len(all) - 1
		return engine.Usagef("%s takes one of %s and %s", c.Name(), strings.Join(all[:last], ", "), all[last])
	}
	return nil
}
