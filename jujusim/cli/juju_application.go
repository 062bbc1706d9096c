package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"
)

// applicationCmds are the verbs about applications and their relations.
func (j *juju) applicationCmds() []*cobra.Command {
	return []*cobra.Command{
		j.deploy(), j.refresh(), j.config(), j.trust(), j.integrate(), j.removeRelation(), j.removeApplication(), j.showApplication(), j.modelConfig(),
	}
}

func (j *juju) deploy() *cobra.Command {
	var d deployment
	var config []string
	c := verb("deploy PATH [NAME]", "Deploy the charm in a directory or a .charm file", 1, 2, nil)
	c.RunE = func(c *cobra.Command, args []string) error {
		d.numbered = c.Flags().Changed("num-units")
		if _, err := os.Stat(args[0]); err != nil || !strings.HasPrefix(args[0], ".") && !filepath.IsAbs(args[0]) {
			return fmt.Errorf("cannot deploy %q: jujusim has no Charmhub, so name a directory or a .charm file, such as ./%s", args[0], filepath.Base(args[0]))
		}
		var err error
		if d.config, err = configFlags(config, first(args[1:])); err != nil {
			return err
		}
		return j.write(func(s *session) error { return s.deploy(args, d) })
	}
	c.Flags().IntVarP(&d.units, "num-units", "n", 1, "number of units")
	c.Flags().StringArrayVar(&config, "config", nil, "an option as key=value, or a YAML file; repeatable")
	c.Flags().StringArrayVar(&d.resources, "resource", nil, "the file of a resource as name=path; repeatable")
	c.Flags().BoolVar(&d.trust, "trust", false, "let the charm read the cloud's credential")
	j.ignored(c, "base", "channel", "bind", "constraints", "force", "revision")
	j.refused(c, map[string]string{
		"to": "each unit has a machine of its own", "storage": "there is no storage", "attach-storage": "there is no storage",
		"overlay": "there are no bundles",
	})
	return c
}

// configFlags reads values of --config: key=value, or a file with options in YAML, which may stand below the application's name.
func configFlags(flags []string, app string) ([]string, error) {
	var all []string
	for _, flag := range flags {
		if strings.Contains(flag, "=") {
			all = append(all, flag)
			continue
		}
		text, err := os.ReadFile(flag)
		if err != nil {
			return nil, fmt.Errorf("cannot read options: %w", err)
		}
		values, err := readOptions(text, app)
		if err != nil {
			return nil, fmt.Errorf("cannot read options in %s: %w", flag, err)
		}
		all = append(all, values...)
	}
	return all, nil
}

func readOptions(text []byte, app string) ([]string, error) {
	var values map[string]any
	if err := yaml.Unmarshal(text, &values); err != nil {
		return nil, err
	}
	if inner, ok := values[app].(map[string]any); ok {
		values = inner
	}
	var all []string
	for key, value := range values {
		if _, nested := value.(map[string]any); nested {
			return nil, fmt.Errorf("option %q is a map", key)
		}
		all = append(all, fmt.Sprintf("%s=%v", key, value))
	}
	return all, nil
}

func (j *juju) refresh() *cobra.Command {
	var path string
	var config, resources []string
	var trust bool
	c := verb("refresh APP --path PATH", "Give an application a new version of its charm", 1, 1, func(args []string) error {
		if path == "" {
			return fmt.Errorf("cannot refresh %q: jujusim has no Charmhub, so name the new charm with --path", args[0])
		}
		values, err := configFlags(config, args[0])
		if err != nil {
			return err
		}
		options, err := keyValues(values)
		if err != nil {
			return err
		}
		return j.write(func(s *session) error {
			if err := s.refresh(args[0], path); err != nil {
				return err
			}
			s.model.Apps[args[0]].Trusted = s.model.Apps[args[0]].Trusted || trust
			return s.model.SetConfig(args[0], options)
		})
	})
	c.Flags().StringVar(&path, "path", "", "the new charm's directory or .charm file")
	c.Flags().StringArrayVar(&config, "config", nil, "an option as key=value, or a YAML file; repeatable")
	c.Flags().BoolVar(&trust, "trust", false, "let the charm read the cloud's credential")
	c.Flags().StringArrayVar(&resources, "resource", nil, "refused")
	j.ignored(c, "base", "channel", "force", "force-base", "force-units", "revision", "bind")
	j.refused(c, map[string]string{"storage": "there is no storage", "switch": "a charm of another name is another application"})
	j.before(c, func(name string) error {
		if name == "resource" {
			return usageError{errors.New("jujusim does not take --resource in refresh: deploy the application with its resources")}
		}
		return nil
	})
	return c
}

func (j *juju) config() *cobra.Command {
	var format, file string
	var reset []string
	c := verb("config APP [KEY | KEY=VALUE...]", "Show or set an application's options", 1, -1, nil)
	c.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) == 1 && file == "" && len(reset) == 0 {
			return j.read(func(s *session) error { return s.printConfig(args[0], format) })
		}
		if len(args) == 2 && !strings.Contains(args[1], "=") {
			return j.read(func(s *session) error { return s.showConfig(args[0], args[1:]) })
		}
		values := args[1:]
		if file != "" {
			text, err := readFile(file, j.stdin)
			if err != nil {
				return err
			}
			more, err := readOptions(text, args[0])
			if err != nil {
				return fmt.Errorf("cannot read options in %s: %w", file, err)
			}
			values = append(values, more...)
		}
		options, err := keyValues(values)
		if err != nil {
			return err
		}
		return j.write(func(s *session) error {
			if err := s.model.ResetConfig(args[0], reset); err != nil {
				return err
			}
			return s.model.SetConfig(args[0], options)
		})
	}
	c.Flags().StringVar(&format, "format", "yaml", "yaml or json")
	c.Flags().StringVar(&file, "file", "", "a YAML file with options; - is standard input")
	c.Flags().StringSliceVar(&reset, "reset", nil, "options that get their defaults again")
	return c
}

// readFile reads a file, or standard input for "-".
func readFile(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(stdin)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("cannot read options: %w", err)
	}
	return text, nil
}

// printConfig prints the options as juju config does, each with its default and its source.
func (s *session) printConfig(app, format string) error {
	if err := oneOf(format, "json", "yaml"); err != nil {
		return err
	}
	a, err := s.model.App(app)
	if err != nil {
		return err
	}
	settings := map[string]any{}
	for name, o := range a.Charm.Options {
		one := map[string]any{"description": o.Description, "type": o.Type, "source": "unset"}
		if o.Default != nil {
			one["default"], one["value"], one["source"] = o.Default, o.Default, "default"
		}
		if value, set := a.Config[name]; set {
			one["value"], one["source"] = value, "user"
		}
		settings[name] = one
	}
	return s.encode(map[string]any{
		"application": app, "charm": a.Charm.Name, "settings": settings,
		"application-config": map[string]any{"trust": map[string]any{
			"default": false, "description": "Does this application have access to trusted credentials", "source": "default", "type": "bool", "value": a.Trusted,
		}},
	}, format)
}

func (j *juju) trust() *cobra.Command {
	var remove bool
	c := verb("trust APP", "Let an application read the cloud's credential with credential-get", 1, 1, func(args []string) error {
		return j.write(func(s *session) error {
			app, err := s.model.App(args[0])
			if err == nil {
				app.Trusted = !remove
			}
			return err
		})
	})
	c.Flags().BoolVar(&remove, "remove", false, "take the trust back")
	j.ignored(c, "scope")
	return c
}

func (j *juju) integrate() *cobra.Command {
	c := verb("integrate APP[:ENDPOINT] APP[:ENDPOINT]", "Relate two applications", 2, 2, func(args []string) error {
		return j.write(func(s *session) error {
			_, err := s.model.Integrate(args[0], args[1])
			return err
		})
	})
	c.Aliases = []string{"relate"}
	j.ignored(c, "via")
	return c
}

func (j *juju) removeRelation() *cobra.Command {
	c := verb("remove-relation APP[:ENDPOINT] APP[:ENDPOINT]", "Remove a relation", 2, 2, func(args []string) error {
		return j.write(func(s *session) error { return s.model.RemoveRelation(args[0], args[1]) })
	})
	j.ignored(c, "force")
	return c
}

func (j *juju) removeApplication() *cobra.Command {
	var force bool
	c := verb("remove-application APP...", "Remove applications with their units and relations", 1, -1, func(args []string) error {
		return j.write(func(s *session) error {
			var units []string // with an application's last unit it is gone
			for _, app := range args {
				if a := s.model.Apps[app]; a != nil && force {
					units = append(units, a.Principals(s.model)...)
				}
			}
			if err := s.removeApplications(args); err != nil {
				return err
			}
			for _, app := range args {
				fmt.Fprintf(j.stderr, "will remove application %s\n", app)
			}
			return s.removeUnits(units, true)
		})
	})
	c.Flags().BoolVar(&force, "force", false, "at once, without hooks on the units themselves")
	j.ignored(c, "no-prompt", "destroy-storage", "no-wait")
	return c
}

func (j *juju) showApplication() *cobra.Command {
	var format string
	c := verb("show-application APP...", "Print what applications are", 1, -1, func(args []string) error {
		if err := oneOf(format, "json", "yaml"); err != nil {
			return err
		}
		return j.read(func(s *session) error {
			all := map[string]any{}
			for _, name := range args {
				a, err := s.model.App(name)
				if err != nil {
					return err
				}
				all[name] = map[string]any{
					"charm": a.Charm.Name, "base": "ubuntu@22.04", "constraints": map[string]any{"arch": "amd64"},
					"principal": !a.Charm.Subordinate, "exposed": false, "remote": false, "life": "alive", "endpoint-bindings": bindings(a.Charm),
				}
			}
			return s.encode(all, format)
		})
	})
	c.Flags().StringVar(&format, "format", "yaml", "yaml or json")
	return c
}
