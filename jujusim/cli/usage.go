package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagError says what is wrong with a flag.
func flagError(c *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		value   *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		err = fmt.Errorf("%s has no flag -%s; put -- before an argument that begins with a dash", c.CommandPath(), unknown.GetSpecifiedName())
	case errors.As(err, &unknown):
		err = fmt.Errorf("%s has no flag --%s; %s --help lists its flags", c.CommandPath(), unknown.GetSpecifiedName(), c.CommandPath())
	case errors.As(err, &value):
		err = fmt.Errorf("flag --%s needs a value", value.GetFlag().Name)
	case errors.As(err, &invalid):
		err = fmt.Errorf("invalid value %q for --%s: it is not %s", invalid.GetValue(), invalid.GetFlag().Name, kindOf(invalid.GetFlag()))
	}
	return usageError{err}
}

// kindOf is the kind of value that a flag takes.
func kindOf(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "bool":
		return "true or false"
	case "int", "uint64":
		return "a whole number"
	}
	return "a " + f.Value.Type()
}
