package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// setters are the set commands that the table of values gives.
func (a *app) setters() []*cobra.Command { return simple(a.setter) }

// getters are its get commands.
func (a *app) getters() []*cobra.Command { return simple(a.getter) }

// simple makes a command of each value that a master writes and that has no command with a body of its own.
func simple(command func(kubecontrol.Key) *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, key := range kubecontrol.Keys() {
		if key.Command != "" {
			all = append(all, command(key))
		}
	}
	return all
}

func (a *app) setter(key kubecontrol.Key) *cobra.Command {
	args, empty := cobra.ExactArgs(1), " An empty text deletes it."
	switch key.Codec {
	case kubecontrol.JSONList:
		args, empty = cobra.ArbitraryArgs, " Without an argument the list is empty."
	case kubecontrol.JSONText:
		empty = " The empty text is a value too."
	case kubecontrol.LowerBool:
		empty = ""
	}
	return a.forMaster(a.withRelation(a.withDryRun(&cobra.Command{
		Use:     "set-" + key.Command + " " + key.Usage(),
		GroupID: masterGroup,
		Short:   "Publish " + key.About,
		Long:    "Publish " + key.About + ", on every relation, later ones included." + empty,
		Args:    args,
	})), func(c *cobra.Command, m *session.Master, args []string) error {
		value, err := key.Encode(args)
		if err != nil {
			return engine.Usagef("%w", err)
		}
		return m.Set(c.Context(), map[string]string{key.Name: value})
	})
}

func (a *app) getter(key kubecontrol.Key) *cobra.Command {
	return a.forWorker(a.withRelation(a.withFormat(&cobra.Command{
		Use:     "get-" + key.Command,
		GroupID: workerGroup,
		Short:   "Print " + key.About,
		Args:    cobra.NoArgs,
	})), func(c *cobra.Command, w *session.Worker, _ []string) error {
		switch {
		case key.Codec == kubecontrol.JSONList:
			return printOrFail(func(list []string) error { return printLines(a, list) })(w.List(c.Context(), key.Name))
		case key.Name == kubecontrol.KeyDefaultCNI:
			return printOrFail(a.printValue)(w.DefaultCNI(c.Context()))
		case key.Name == kubecontrol.KeyHasXCP:
			return printOrFail(a.printBool)(w.HasXCP(c.Context()))
		}
		return printOrFail(a.printValue)(w.Value(c.Context(), key.Name))
	})
}

// printOrFail prints a value, or returns why there is none.
func printOrFail[T any](print func(T) error) func(T, error) error {
	return func(value T, err error) error {
		if err != nil {
			return err
		}
		return print(value)
	}
}
