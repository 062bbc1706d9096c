package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/jujusim/machine"
	"github.com/kube-control/kube-control/jujusim/model"
)

func (j *juju) addModel() *cobra.Command {
	var noSwitch bool
	var config []string
	c := verb("add-model NAME [CLOUD]", "Make a model", 1, 2, func(args []string) error {
		name := baseModel(args[0])
		if !modelNames.MatchString(name) {
			return usageError{fmt.Errorf("%q is not a valid name: model names may only contain lowercase letters, digits and hyphens", args[0])}
		}
		values, err := keyValues(config)
		if err != nil {
			return err
		}
		if _, err := j.find(name); err == nil {
			return fmt.Errorf("model %q already exists", name)
		}
		s := j.session(name)
		s.flags.version, s.flags.seed, s.mustExist = j.env("JUJUSIM_JUJU_VERSION"), 1, false
		err = s.change()
		if err == nil {
			s.model.Name, s.model.Settings = name, values
			_, err = s.machines() // the note is for the person, and not for the agents' log
		}
		if err := errors.Join(err, s.close()); err != nil {
			return err
		}
		fmt.Fprintf(j.stderr, "Added '%s' model on localhost/localhost for user 'admin'\n", name)
		if noSwitch {
			return nil
		}
		return j.selectModel(name)
	})
	c.Flags().BoolVar(&noSwitch, "no-switch", false, "leave the current model selected")
	c.Flags().StringArrayVar(&config, "config", nil, "a setting of the model as key=value; repeatable")
	j.ignored(c, "controller", "credential")
	return c
}

func (j *juju) destroyModel() *cobra.Command {
	c := verb("destroy-model NAME", "Remove a model with all its units, without their hooks", 1, 1, func(args []string) error {
		name, err := j.find(args[0])
		if err != nil {
			return err
		}
		s := j.session(name)
		if err := s.open(); err != nil {
			return err
		}
		defer s.lock.Close()
		if j.current() == name {
			if err := os.Remove(j.currentFile()); err != nil {
				return fmt.Errorf("cannot forget model: %w", err)
			}
		}
		if err := machine.Remove(s.data); err != nil {
			return fmt.Errorf("cannot remove model: %w", err)
		}
		fmt.Fprintln(j.stderr, "Model destroyed.")
		return nil
	})
	j.ignored(c, "no-prompt", "destroy-storage", "force", "no-wait", "release-storage", "timeout")
	return c
}

func (j *juju) switchModel() *cobra.Command {
	return verb("switch [NAME]", "Select a model, or print which one is selected", 0, 1, func(args []string) error {
		if len(args) == 0 {
			if j.current() == "" {
				return errNoModel
			}
			fmt.Fprintf(j.stdout, "jujusim:admin/%s\n", j.current())
			return nil
		}
		name, err := j.find(args[0])
		if err != nil {
			return err
		}
		fmt.Fprintf(j.stderr, "jujusim:admin/%s -> jujusim:admin/%s\n", j.current(), name)
		return j.selectModel(name)
	})
}

// info is what show-model and models print of a model.
func (j *juju) info(name string) (map[string]any, error) {
	s := j.session(name)
	if err := s.open(); err != nil {
		return nil, err
	}
	machines := map[string]any{}
	for _, u := range s.model.Units {
		if u.Principal == "" {
			machines[u.Machine] = map[string]any{"cores": 0}
		}
	}
	info := map[string]any{
		"name": "admin/" + name, "short-name": name, "model-uuid": s.model.UUID, "model-type": "iaas",
		"controller-uuid": "00000000-0000-4000-8000-000000000000", "controller-name": "jujusim", "is-controller": false,
		"owner": "admin", "cloud": "localhost", "region": "localhost", "type": "lxd", "life": "alive",
		"status":        map[string]any{"current": "available"},
		"users":         map[string]any{"admin": map[string]any{"access": "admin", "last-connection": "just now"}},
		"machines":      machines,
		"agent-version": s.model.Version,
	}
	return info, s.close()
}

func (j *juju) models() *cobra.Command {
	var format string
	c := verb("models", "List the models", 0, 0, func([]string) error {
		if err := oneOf(format, "tabular", "json", "yaml"); err != nil {
			return err
		}
		entries, err := os.ReadDir(filepath.Join(j.data, "models"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("cannot list models: %w", err)
		}
		list := []map[string]any{}
		rows := [][]string{{"Model", "Cloud/Region", "Type", "Status"}}
		for _, e := range entries {
			if _, err := j.find(e.Name()); err != nil {
				continue // what a model that was destroyed has left
			}
			info, err := j.info(e.Name())
			if err != nil {
				return err
			}
			list = append(list, info)
			shown := e.Name()
			if shown == j.current() {
				shown += "*"
			}
			rows = append(rows, []string{shown, "localhost/localhost", "lxd", "available"})
		}
		s := &session{stdout: j.stdout, env: j.env}
		if format == "tabular" {
			s.table(rows)
			return nil
		}
		return s.encode(map[string]any{"models": list, "current-model": j.current()}, format)
	})
	c.Flags().StringVar(&format, "format", "tabular", "tabular, json or yaml")
	return c
}

func (j *juju) showModel() *cobra.Command {
	var format string
	c := verb("show-model [NAME]", "Print what a model is", 0, 1, func(args []string) error {
		if err := oneOf(format, "json", "yaml"); err != nil {
			return err
		}
		name, err := j.find(first(args))
		if err != nil {
			return err
		}
		info, err := j.info(name)
		if err != nil {
			return err
		}
		return (&session{stdout: j.stdout}).encode(map[string]any{name: info}, format)
	})
	c.Flags().StringVar(&format, "format", "yaml", "yaml or json")
	return c
}

// first is the first of some arguments, "" if there is none.
func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func (j *juju) version() *cobra.Command {
	var format string
	var all bool
	c := verb("version", "Print the version of Juju that is imitated", 0, 0, func([]string) error {
		version := model.New(j.env("JUJUSIM_JUJU_VERSION"), 1).Version + "-ubuntu-amd64"
		if !all {
			fmt.Fprintln(j.stdout, version)
			return nil
		}
		text := map[string]string{"version": version, "git-commit": "jujusim"}
		if format == "json" {
			return json.NewEncoder(j.stdout).Encode(text)
		}
		return (&session{stdout: j.stdout}).encode(text, "yaml")
	})
	c.Flags().StringVar(&format, "format", "yaml", "yaml or json")
	c.Flags().BoolVar(&all, "all", false, "print the commit as well")
	return c
}

// settings are the keys of model-config that mean something to a charm's tests, with their defaults.
func settings() map[string]any {
	return map[string]any{
		"automatically-retry-hooks": false, "default-base": "", "logging-config": "<root>=INFO", "update-status-hook-interval": "5m",
	}
}

func (j *juju) modelConfig() *cobra.Command {
	var format string
	var reset []string
	c := verb("model-config [KEY=VALUE...]", "Show or set settings of the model", 0, -1, nil)
	c.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 && len(reset) == 0 {
			return j.read(func(s *session) error { return s.printSettings(format) })
		}
		values, err := keyValues(args)
		if err != nil {
			return err
		}
		return j.write(func(s *session) error { return s.changeSettings(values, reset) })
	}
	c.Flags().StringVar(&format, "format", "yaml", "yaml or json")
	c.Flags().StringSliceVar(&reset, "reset", nil, "settings to forget")
	return c
}

// printSettings prints the settings of the model, each with its source.
func (s *session) printSettings(format string) error {
	all := map[string]any{}
	for key, value := range settings() {
		all[key] = map[string]any{"Value": value, "Source": "default"}
	}
	for key, value := range s.model.Settings {
		all[key] = map[string]any{"Value": value, "Source": "model"}
	}
	return s.encode(all, format)
}

// changeSettings sets settings of the model, and forgets others.
func (s *session) changeSettings(values map[string]string, reset []string) error {
	if s.model.Settings == nil {
		s.model.Settings = map[string]string{}
	}
	for key, value := range values {
		s.model.Settings[key] = value
		fmt.Fprintf(s.stderr, "note: jujusim keeps %s, and it has no effect\n", key)
	}
	for _, key := range reset {
		if _, known := settings()[key]; !known && s.model.Settings[key] == "" {
			return fmt.Errorf("unknown setting %q: the known ones are %s", key, strings.Join(slices.Sorted(maps.Keys(settings())), ", "))
		}
		delete(s.model.Settings, key)
	}
	return nil
}
