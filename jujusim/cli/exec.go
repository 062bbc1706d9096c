package cli

import (
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v2"

	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
)

func (s *session) execCmd() *cobra.Command {
	var units, apps []string
	var format string
	c := verb("exec (--unit U | --application A)... -- COMMAND...", "Run a shell command on units; its writes are kept even if it fails", 1, -1,
		func(args []string) error {
			if err := oneOf(format, "plain", "json", "yaml"); err != nil {
				return err
			}
			if err := s.change(); err != nil {
				return err
			}
			targets, err := s.targets(units, apps)
			if err != nil {
				return err
			}
			return s.execAndPrint(targets, commandText(args), format)
		})
	c.Flags().StringSliceVarP(&units, "unit", "u", nil, "unit, or APP/leader; repeatable")
	c.Flags().StringSliceVarP(&apps, "application", "a", nil, "all units of an application; repeatable")
	c.Flags().StringVar(&format, "format", "plain", "plain, json or yaml")
	return c
}

// execAndPrint runs a command on units and prints what came of it. It fails if the command fails on some unit.
func (s *session) execAndPrint(units []string, command, format string) error {
	tasks, failed := s.exec(units, command)
	if err := s.printExec(tasks, format); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	return s.reportTasks(tasks)
}

// exec runs a command on units one after the other, until one cannot run it or its writes are refused.
func (s *session) exec(units []string, command string) ([]uniter.Task, error) {
	s.model.Task() // the operation's own id
	var tasks []uniter.Task
	for _, unit := range units {
		t, err := s.uniter.Exec(unit, command, s.model.Task())
		if t.Unit != "" {
			tasks = append(tasks, t)
		}
		if err != nil {
			return tasks, err
		}
	}
	return tasks, nil
}

// targets are the units named and those of the applications, each once, in natural order.
func (s *session) targets(units, apps []string) ([]string, error) {
	wanted := map[string]bool{}
	for _, name := range units {
		u, err := s.model.Unit(name)
		if err != nil {
			return nil, err
		}
		wanted[u.Name] = true
	}
	for _, name := range apps {
		a, err := s.model.App(name)
		if err != nil {
			return nil, err
		}
		for _, unit := range a.Units {
			wanted[unit] = true
		}
	}
	if len(wanted) == 0 {
		return nil, usageError{fmt.Errorf("you must specify a target, either through --application or --unit")}
	}
	targets := make([]string, 0, len(wanted))
	for unit := range wanted {
		targets = append(targets, unit)
	}
	naturally(targets)
	return targets, nil
}

// naturally sorts units by application and number.
func naturally(units []string) {
	sort.Slice(units, func(i, j int) bool {
		a, b := model.AppOf(units[i]), model.AppOf(units[j])
		return a < b || a == b && model.UnitNumber(units[i]) < model.UnitNumber(units[j])
	})
}

// commandText is what the unit's shell gets: one argument as it is, several quoted.
func commandText(args []string) string {
	if len(args) == 1 {
		return args[0]
	}
	plain := regexp.MustCompile(`^[A-Za-z0-9_@%+:,./=-]+$`)
	quoted := make([]string, len(args))
	for i, arg := range args {
		quoted[i] = arg
		if !plain.MatchString(arg) {
			quoted[i] = "'" + strings.ReplaceAll(arg, "'", `'"'"'`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

func (s *session) printExec(tasks []uniter.Task, format string) error {
	if format != "plain" {
		return s.printTasks(tasks, format)
	}
	for _, t := range tasks {
		if len(tasks) > 1 {
			fmt.Fprintf(s.stdout, "%s:\n", t.Unit)
		}
		for _, stream := range []string{"stdout", "stderr"} {
			if text, _ := t.Results[stream].(string); text != "" {
				fmt.Fprint(s.stdout, strings.TrimSuffix(text, "\n")+"\n")
			}
		}
		if len(tasks) > 1 {
			fmt.Fprintln(s.stdout)
		}
	}
	return nil
}

// printTasks prints the tasks by unit, as juju exec and juju run do with --format.
func (s *session) printTasks(tasks []uniter.Task, format string) error {
	all := map[string]any{}
	now := s.model.Now().Format("2006-01-02 15:04:05 +0000 UTC")
	for _, t := range tasks {
		one := map[string]any{
			"id": t.ID, "unit": t.Unit, "status": t.Status, "results": t.Results,
			"timing": map[string]string{"enqueued": now, "started": now, "completed": now},
		}
		if t.Message != "" {
			one["message"] = t.Message
		}
		if t.Log != nil {
			one["log"] = t.Log
		}
		all[t.Unit] = one
	}
	return s.encode(all, format)
}

// encode prints a value as one line of JSON or as YAML.
func (s *session) encode(value any, format string) error {
	if format == "json" {
		return json.NewEncoder(s.stdout).Encode(value)
	}
	text, err := yaml.Marshal(value)
	if err == nil {
		_, err = s.stdout.Write(text)
	}
	return err
}

// reportTasks fails the command if some task's return code is not 0, as juju does; a task that never ran has none.
func (s *session) reportTasks(tasks []uniter.Task) error {
	var failed []string
	for _, t := range tasks {
		if code, ran := t.Results["return-code"].(int); ran && code != 0 {
			failed = append(failed, fmt.Sprintf(" - id %q with return code %d", t.ID, code))
		}
	}
	if failed == nil {
		return nil
	}
	which := "task"
	if len(failed) > 1 {
		which = "tasks"
	}
	fmt.Fprintf(s.stderr, "ERROR the following %s failed:\n%s\n\nuse 'juju show-task' to inspect the failure\n",
		which, strings.Join(failed, "\n"))
	return silentError{1}
}
