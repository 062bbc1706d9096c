package cli

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/kube-control/kube-control/jujusim/model"
)

// unitCmds are the verbs about units.
func (j *juju) unitCmds() []*cobra.Command {
	all := []*cobra.Command{j.addUnit(), j.removeUnit(), j.exec(), j.run(), j.resolve(), j.debugLog()}
	for _, command := range []func(*session) *cobra.Command{(*session).statusCmd, (*session).showUnitCmd, (*session).statusLogCmd} {
		all = append(all, j.borrow(command))
	}
	return all
}

// borrow takes a command of jujusim that only reads a model.
func (j *juju) borrow(command func(*session) *cobra.Command) *cobra.Command {
	s := j.session("")
	c := command(s)
	run := c.RunE
	c.RunE = func(c *cobra.Command, args []string) error {
		name, err := j.find("")
		if err != nil {
			return err
		}
		s.flags.data = j.modelDir(name)
		err = run(c, args)
		if closed := s.close(); err == nil {
			err = closed
		}
		return err
	}
	return c
}

func (j *juju) addUnit() *cobra.Command {
	var n int
	c := verb("add-unit APP", "Add units to an application", 1, 1, func(args []string) error {
		if err := checkUnits(n, 1); err != nil {
			return err
		}
		return j.write(func(s *session) error { return s.addUnits(args[0], n) })
	})
	c.Flags().IntVarP(&n, "num-units", "n", 1, "number of units")
	j.refused(c, map[string]string{"to": "each unit has a machine of its own", "attach-storage": "there is no storage"})
	return c
}

func (j *juju) removeUnit() *cobra.Command {
	var force bool
	c := verb("remove-unit UNIT...", "Remove units", 1, -1, func(args []string) error {
		return j.write(func(s *session) error {
			for _, name := range args {
				if _, err := s.model.Unit(name); err != nil {
					return err
				}
			}
			return s.removeUnits(args, force)
		})
	})
	c.Flags().BoolVar(&force, "force", false, "at once, without a hook on the unit itself")
	j.ignored(c, "no-prompt", "destroy-storage", "no-wait")
	j.refused(c, map[string]string{"num-units": "that is for Kubernetes: name the units"})
	return c
}

func (j *juju) resolve() *cobra.Command {
	var skip, all bool
	c := verb("resolve UNIT...", "Queue a failed hook again, or take it as done", 0, -1, nil)
	c.Aliases = []string{"resolved"}
	c.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 && !all {
			return usageError{errors.New("no unit specified")}
		}
		return j.write(func(s *session) error {
			if all {
				args = append(args, s.failedUnits()...)
			}
			for _, unit := range args {
				if err := s.uniter.Resolve(unit, skip); err != nil {
					return err
				}
			}
			return nil
		})
	}
	c.Flags().BoolVar(&skip, "no-retry", false, "do not run the hook again: it counts as done")
	c.Flags().BoolVar(&all, "all", false, "all units in error")
	return c
}

// failedUnits are those whose hook has failed.
func (s *session) failedUnits() []string {
	var units []string
	for unit, a := range s.agents {
		if a.Failed {
			units = append(units, unit)
		}
	}
	return units
}

// defaultWait is how long juju waits for a task.
const defaultWait = time.Minute

// pause is the time between two looks at a unit that is not ready for a task.
const pause = 50 * time.Millisecond

// task runs tasks on units once they are ready for one: each has its charm, and no hook queued that comes before tasks.
func (j *juju) task(wait string, do func(*session) error) error {
	limit := defaultWait
	if wait != "" {
		var err error
		if limit, err = time.ParseDuration(wait); err != nil || limit < 0 {
			return usageError{fmt.Errorf("invalid value %q for option --wait: it is a duration such as 10s", wait)}
		}
	}
	for end := time.Now().Add(limit); ; {
		err := j.write(do)
		var later notReadyError
		if !errors.As(err, &later) {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("timed out waiting for results from: unit %s", later.unit)
		}
		time.Sleep(pause)
	}
}

// notReadyError says that a unit cannot run a task yet.
type notReadyError struct{ unit string }

func (e notReadyError) Error() string { return fmt.Sprintf("unit %s is not ready", e.unit) }

// awaitReady is a notReadyError while one of the units has to run hooks before tasks.
func (s *session) awaitReady(units []string) error {
	for _, unit := range units {
		a := s.agents[unit]
		if a != nil && (a.Down || a.Unpacked == "" && !a.Failed || s.uniter.Urgent(unit)) {
			return notReadyError{unit}
		}
	}
	return nil
}

func (j *juju) exec() *cobra.Command {
	var units, apps, machines []string
	var format, wait string
	c := verb("exec (--unit U | --application A | --machine M)... -- COMMAND...", "Run a shell command on units", 1, -1, func(args []string) error {
		if err := oneOf(format, "plain", "json", "yaml"); err != nil {
			return err
		}
		return j.task(wait, func(s *session) error {
			targets, err := s.execTargets(units, apps, machines)
			if err != nil {
				return err
			}
			return s.execAndPrint(targets, commandText(args), format)
		})
	})
	c.Flags().StringSliceVarP(&units, "unit", "u", nil, "unit, or APP/leader; repeatable")
	c.Flags().StringSliceVarP(&apps, "application", "a", nil, "all units of an application; repeatable")
	c.Flags().StringSliceVar(&machines, "machine", nil, "a machine's number; repeatable")
	c.Flags().StringVar(&format, "format", "plain", "plain, json or yaml")
	c.Flags().StringVar(&wait, "wait", "", "how long to wait for the units, as 10s")
	return c
}

// execTargets are units that are ready for a task: those named, and those of applications and machines.
func (s *session) execTargets(units, apps, machines []string) ([]string, error) {
	all := slices.Clone(units)
	for _, number := range machines {
		unit := s.principalOn(number)
		if unit == "" {
			return nil, fmt.Errorf("machine %s not found", number)
		}
		all = append(all, unit)
	}
	targets, err := s.targets(all, apps)
	if err != nil {
		return nil, err
	}
	return targets, s.awaitReady(targets)
}

// principalOn is the principal unit on a machine, "" if there is none.
func (s *session) principalOn(machine string) string {
	for name, u := range s.model.Units {
		if u.Machine == machine && u.Principal == "" {
			return name
		}
	}
	return ""
}

func (j *juju) run() *cobra.Command {
	var format, wait, file string
	var asText bool
	c := verb("run UNIT... ACTION [KEY=VALUE...]", "Run an action of the charm on units", 2, -1, func(args []string) error {
		if err := oneOf(format, "plain", "json", "yaml"); err != nil {
			return err
		}
		fromFile, err := paramsFile(file)
		if err != nil {
			return err
		}
		return j.task(wait, func(s *session) error {
			units, action, rest, err := s.actionArgs(args)
			if err == nil {
				err = s.awaitReady(units)
			}
			if err != nil {
				return err
			}
			given, err := actionParams(rest, asText)
			if err != nil {
				return err
			}
			params := maps.Clone(fromFile)
			maps.Copy(params, given)
			return s.runAndPrint(units, action, params, format)
		})
	})
	c.Flags().StringVar(&format, "format", "plain", "plain, json or yaml")
	c.Flags().StringVar(&file, "params", "", "a YAML file with parameters")
	c.Flags().StringVar(&wait, "wait", "", "how long to wait for the units, as 10s")
	c.Flags().BoolVar(&asText, "string-args", false, "take parameters as text, not as YAML")
	return c
}

// paramsFile reads an action's parameters from a YAML file, or none for "".
func paramsFile(name string) (map[string]any, error) {
	params := map[string]any{}
	if name == "" {
		return params, nil
	}
	text, err := os.ReadFile(name)
	if err == nil {
		err = yaml.Unmarshal(text, &params)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read parameters: %w", err)
	}
	return params, nil
}

func (j *juju) debugLog() *cobra.Command {
	var level string
	var include []string
	var limit, tail int
	var replay bool
	c := verb("debug-log", "Print the log", 0, 0, func([]string) error {
		return j.read(func(s *session) error {
			lines, err := s.logLines(level, include)
			if err != nil {
				return err
			}
			if tail > 0 && !replay {
				lines = lines[max(0, len(lines)-tail):]
			}
			if limit > 0 && len(lines) > limit {
				lines = lines[len(lines)-limit:]
			}
			if len(lines) > 0 {
				fmt.Fprintln(j.stdout, strings.Join(lines, "\n"))
			}
			return nil
		})
	})
	c.Flags().StringVarP(&level, "level", "l", "DEBUG", "the least level to print")
	c.Flags().StringArrayVarP(&include, "include", "i", nil, "print the records of this unit only; repeatable")
	c.Flags().IntVar(&limit, "limit", 0, "print at most so many records, the last ones")
	c.Flags().IntVarP(&tail, "lines", "n", 0, "the same, unless --replay")
	c.Flags().IntVar(&tail, "tail", 0, "the same as --lines")
	c.Flags().BoolVar(&replay, "replay", false, "print all records")
	j.ignored(c, "no-tail", "color", "utc")
	for _, name := range []string{"no-tail", "color", "utc"} {
		c.Flags().Lookup(name).NoOptDefVal = "true"
	}
	return c
}

// agentStatus is what a client sees of a unit's agent: while hooks are queued it is not idle, if agents run by themselves.
func (s *session) agentStatus(u *model.Unit, shown string, message string) (status, text string) {
	if !s.inBackground || shown != "idle" {
		return shown, message
	}
	if hook := s.uniter.Queued(u.Name); hook != "" {
		return "executing", "running " + hook + " hook"
	}
	return shown, message
}
