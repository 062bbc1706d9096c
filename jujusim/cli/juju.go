package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// jujuProgram is the base name by which jujusim takes the command line of Juju 3.6.
const jujuProgram = "juju"

// juju is jujusim under the name of juju: the models below a data directory, whose agents run by themselves.
type juju struct {
	env            func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	data           string // absolute
	modelName      string // of --model
}

func jujuMain(args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	j := &juju{env: env, stdin: stdin, stdout: stdout, stderr: stderr}
	data := env("JUJUSIM_DATA")
	if data == "" {
		data = ".jujusim"
	}
	err := func() (err error) {
		if j.data, err = filepath.Abs(data); err != nil {
			return fmt.Errorf("cannot find data directory: %w", err)
		}
		root := j.root()
		root.SetArgs(args)
		return root.Execute()
	}()
	return (&session{stderr: stderr}).report(err)
}

func (j *juju) root() *cobra.Command {
	root := &cobra.Command{
		Use:   jujuProgram,
		Short: "Juju 3.6's command line for jujusim: models without a controller, for tests with jubilant",
		Long: `Juju 3.6's command line for jujusim: models without a controller, for tests with jubilant.

Verbs return at once, and the units' agents run in the background until no hook is queued. Models are kept below
$JUJUSIM_DATA, or .jujusim. A flag that has no meaning here is accepted, and noted on standard error.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("juju: %q is not a juju command, or jujusim does not imitate it. See \"juju --help\"", args[0])}
			}
			return c.Help()
		},
	}
	root.SetIn(j.stdin)
	root.SetOut(j.stdout)
	root.SetErr(j.stderr)
	root.SetFlagErrorFunc(flagError)
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(j.addModel(), j.destroyModel(), j.switchModel(), j.models(), j.showModel(), j.version())
	for _, c := range slices.Concat(j.applicationCmds(), j.unitCmds(), j.secretCmds()) {
		c.Flags().StringVarP(&j.modelName, "model", "m", "", "the model, as [CONTROLLER:]NAME (default: the current one)")
		root.AddCommand(c)
	}
	return root
}

var (
	errNoModel = errors.New("no model selected: juju add-model NAME makes one, and juju switch NAME selects one")
	modelNames = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
)

// baseModel is a model's name without its controller and its owner.
func baseModel(name string) string {
	name = name[strings.LastIndex(name, ":")+1:]
	return name[strings.LastIndex(name, "/")+1:]
}

func (j *juju) modelDir(name string) string { return filepath.Join(j.data, "models", name) }

func (j *juju) currentFile() string { return filepath.Join(j.data, "current-model") }

// current is the selected model, "" if none is.
func (j *juju) current() string {
	text, _ := os.ReadFile(j.currentFile()) // there is none before the first switch
	return strings.TrimSpace(string(text))
}

func (j *juju) selectModel(name string) error {
	if err := os.WriteFile(j.currentFile(), []byte(name+"\n"), 0o600); err != nil {
		return fmt.Errorf("cannot select model: %w", err)
	}
	return nil
}

// find is the name of an existing model: the one given, the one of --model, or the current one.
func (j *juju) find(given string) (string, error) {
	name := baseModel(given)
	if name == "" {
		name = baseModel(j.modelName)
	}
	if name == "" {
		name = j.current()
	}
	if name == "" {
		return "", errNoModel
	}
	if _, err := os.Stat(filepath.Join(j.modelDir(name), "model.json")); !modelNames.MatchString(name) || err != nil {
		return "", fmt.Errorf("model jujusim:admin/%s not found", name)
	}
	return name, nil
}

// session opens the model for one verb.
func (j *juju) session(name string) *session {
	s := &session{env: j.env, stdin: j.stdin, stdout: j.stdout, stderr: j.stderr, inBackground: true, mustExist: true}
	s.flags.data = j.modelDir(name)
	return s
}

// read runs a verb that changes nothing.
func (j *juju) read(do func(*session) error) error {
	return j.with(func(s *session) error {
		if err := s.open(); err != nil {
			return err
		}
		return do(s)
	})
}

// write runs a verb that changes the model, and wakes its agents.
func (j *juju) write(do func(*session) error) error {
	return j.with(func(s *session) error {
		if err := s.change(); err != nil {
			return err
		}
		err := do(s)
		if closed := s.close(); err == nil {
			err = closed
		}
		return errors.Join(err, wakeAgents(s.data))
	})
}

func (j *juju) with(do func(*session) error) error {
	name, err := j.find("")
	if err != nil {
		return err
	}
	s := j.session(name)
	err = do(s)
	if closed := s.close(); err == nil {
		err = closed
	}
	return err
}

// ignored adds flags that have no meaning here. They are accepted with a note.
func (j *juju) ignored(c *cobra.Command, names ...string) {
	for _, name := range names {
		c.Flags().StringArray(name, nil, "accepted, and without a meaning here")
		if slices.Contains([]string{"force", "force-base", "force-units", "destroy-storage", "no-prompt", "no-wait", "release-storage", "no-switch"}, name) {
			c.Flags().Lookup(name).NoOptDefVal = "true"
		}
	}
	j.before(c, func(name string) error {
		if slices.Contains(names, name) && name != "no-prompt" {
			fmt.Fprintf(j.stderr, "note: jujusim takes --%s, which has no meaning here\n", name)
		}
		return nil
	})
}

// refused adds flags that would change the result and are not imitated, each with the reason.
func (j *juju) refused(c *cobra.Command, reasons map[string]string) {
	for name := range reasons {
		c.Flags().StringArray(name, nil, "refused, because jujusim does not imitate it")
	}
	j.before(c, func(name string) error {
		if reason := reasons[name]; reason != "" {
			return usageError{fmt.Errorf("jujusim does not take --%s: %s", name, reason)}
		}
		return nil
	})
}

// before checks each flag that was given before a command runs.
func (j *juju) before(c *cobra.Command, check func(flag string) error) {
	next := c.PreRunE
	c.PreRunE = func(c *cobra.Command, args []string) error {
		if next != nil {
			if err := next(c, args); err != nil {
				return err
			}
		}
		var err error
		c.Flags().Visit(func(f *pflag.Flag) { err = errors.Join(err, check(f.Name)) })
		return err
	}
}
