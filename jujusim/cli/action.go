package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v2"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
)

func (s *session) actionCmd() *cobra.Command {
	var format string
	var asText bool
	c := verb("run UNIT... ACTION [KEY=VALUE...]", "Run an action of the charm on units", 2, -1, func(args []string) error {
		if err := oneOf(format, "plain", "json", "yaml"); err != nil {
			return err
		}
		if err := s.change(); err != nil {
			return err
		}
		units, action, rest, err := s.actionArgs(args)
		if err != nil {
			return err
		}
		params, err := actionParams(rest, asText)
		if err != nil {
			return err
		}
		return s.runAndPrint(units, action, params, format)
	})
	c.Flags().StringVar(&format, "format", "plain", "plain, json or yaml")
	c.Flags().BoolVar(&asText, "string-args", false, "take parameters as text, not as YAML")
	return c
}

// runAndPrint runs an action on units and prints what came of it. It fails if the action fails on some unit.
func (s *session) runAndPrint(units []string, action string, params map[string]any, format string) error {
	tasks, err := s.runAction(units, action, params)
	if err != nil {
		return err
	}
	if err := s.printAction(tasks, format); err != nil {
		return err
	}
	return s.reportTasks(tasks)
}

// actionArgs takes the command line apart: units come first, then the action's name.
func (s *session) actionArgs(args []string) (units []string, action string, rest []string, err error) {
	for i, arg := range args {
		if !strings.Contains(arg, "/") || strings.Contains(arg, "=") {
			if i == 0 {
				break
			}
			return units, arg, args[i+1:], nil
		}
		u, err := s.model.Unit(arg)
		if err != nil {
			return nil, "", nil, err
		}
		units = append(units, u.Name)
	}
	if len(units) == 0 {
		return nil, "", nil, usageError{fmt.Errorf("no unit specified")}
	}
	return nil, "", nil, usageError{fmt.Errorf("no action specified")}
}

// actionParams reads a.b=value arguments; values are YAML.
func actionParams(args []string, asText bool) (map[string]any, error) {
	params := map[string]any{}
	for _, arg := range args {
		path, text, found := strings.Cut(arg, "=")
		if !found || path == "" {
			return nil, usageError{fmt.Errorf("argument %q must be of the form key...=value", arg)}
		}
		var value any = text
		if !asText {
			if err := sigsyaml.Unmarshal([]byte(text), &value); err != nil {
				return nil, usageError{fmt.Errorf("cannot read value of parameter %q: %w", path, err)}
			}
		}
		keys := strings.Split(path, ".")
		into := params
		for _, key := range keys[:len(keys)-1] {
			inner, ok := into[key].(map[string]any)
			if !ok {
				inner = map[string]any{}
				into[key] = inner
			}
			into = inner
		}
		into[keys[len(keys)-1]] = value
	}
	return params, nil
}

func (s *session) runAction(units []string, action string, params map[string]any) ([]uniter.Task, error) {
	operation := s.model.Task()
	for _, unit := range units {
		app := model.AppOf(unit)
		if _, defined := s.model.Apps[app].Charm.Actions[action]; !defined {
			fmt.Fprintf(s.stderr, "Operation %d failed to schedule any tasks:\naction %q not defined on unit %q\n",
				operation, action, unit)
			return nil, silentError{1}
		}
		if err := s.model.CheckParams(app, action, params); err != nil {
			return nil, err
		}
	}
	fmt.Fprintf(s.stderr, "Running operation %d with %d %s\n", operation, len(units), plural(len(units), "task"))
	var ids []int
	for _, unit := range units {
		ids = append(ids, s.model.Task())
		fmt.Fprintf(s.stderr, "  - task %d on %s\n", ids[len(ids)-1], model.Tag(unit))
	}
	fmt.Fprintln(s.stderr)
	var tasks []uniter.Task
	for i, unit := range units {
		fmt.Fprintf(s.stderr, "Waiting for task %d...\n", ids[i])
		t, err := s.uniter.Action(unit, action, maps.Clone(params), ids[i])
		if err != nil {
			return nil, err
		}
		for _, line := range t.Log {
			fmt.Fprintf(s.stderr, "%s %s\n", s.model.Now().Format("15:04:05"), line)
		}
		tasks = append(tasks, t)
	}
	return tasks, nil
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

func (s *session) printAction(tasks []uniter.Task, format string) error {
	if format != "plain" {
		return s.printTasks(tasks, format)
	}
	if len(tasks) > 1 {
		all := yaml.MapSlice{}
		for _, t := range tasks {
			one := yaml.MapSlice{{Key: "id", Value: t.ID}, {Key: "output", Value: actionOutput(t)}, {Key: "status", Value: t.Status}}
			if t.Message != "" {
				one = append(one, yaml.MapItem{Key: "message", Value: t.Message})
			}
			all = append(all, yaml.MapItem{Key: t.Unit, Value: one})
		}
		return s.encode(all, "yaml")
	}
	t := tasks[0]
	if t.Status == "failed" {
		fmt.Fprintf(s.stdout, "Action id %s failed: %s\n", t.ID, t.Message)
	}
	fmt.Fprint(s.stdout, actionOutput(t))
	return nil
}

// actionOutput is the results that the action set as YAML, an empty line, and what it printed.
func actionOutput(t uniter.Task) string {
	results := maps.Clone(t.Results)
	var parts []string
	for _, stream := range []string{"stdout", "stderr"} {
		if text, _ := results[stream].(string); strings.Trim(text, "\n") != "" {
			parts = append(parts, strings.Trim(text, "\n")+"\n")
		}
	}
	maps.DeleteFunc(results, func(key string, _ any) bool {
		return slices.Contains([]string{"return-code", "stdout", "stderr"}, key)
	})
	if len(results) > 0 {
		text, err := yaml.Marshal(results)
		if err != nil {
			text = []byte(err.Error() + "\n")
		}
		parts = append([]string{string(text) + "\n"}, parts...)
	}
	return strings.Join(parts, "")
}
