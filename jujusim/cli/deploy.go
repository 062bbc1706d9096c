package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
)

func (s *session) deployCmd() *cobra.Command {
	var d deployment
	c := verb("deploy PATH [APP]", "Deploy the charm in a directory or a .charm file", 1, 2, nil)
	c.RunE = func(c *cobra.Command, args []string) error {
		d.numbered = c.Flags().Changed("num-units")
		return s.deploy(args, d)
	}
	c.Flags().IntVarP(&d.units, "num-units", "n", 1, "number of units")
	c.Flags().StringArrayVar(&d.config, "config", nil, "an option as key=value; repeatable")
	c.Flags().StringArrayVar(&d.resources, "resource", nil, "the file of a resource as name=path; repeatable")
	c.Flags().BoolVar(&d.trust, "trust", false, "let the charm read the cloud's credential")
	return c
}

// deployment is what the flags of deploy say.
type deployment struct {
	units             int
	numbered          bool // the command line has the number of units
	config, resources []string
	trust             bool
}

// deploy deploys the charm args[0], as the application args[1] if there is one.
func (s *session) deploy(args []string, d deployment) error {
	if err := checkUnits(d.units, 0); err != nil {
		return err
	}
	values, err := keyValues(d.config)
	if err != nil {
		return err
	}
	files, err := keyValues(d.resources)
	if err != nil {
		return err
	}
	if err := s.change(); err != nil {
		return err
	}
	charm, dir, err := s.stage(args[0])
	if err != nil {
		return err
	}
	if charm.Subordinate && d.numbered {
		return usageError{errors.New("cannot use --num-units or --to with subordinate application")}
	}
	name := charm.Name
	if len(args) == 2 {
		name = args[1]
	}
	if _, err := charm.ParseConfig(values); err != nil {
		return err
	}
	resources, err := s.stageResources(charm, dir, files)
	if err != nil {
		return err
	}
	app, err := s.model.Deploy(name, charm, dir)
	if err != nil {
		return err
	}
	app.Resources, app.Trusted = resources, d.trust
	app.Source = sourceOf(args[0])
	if err := s.model.SetConfig(name, values); err != nil {
		return err
	}
	fmt.Fprintf(s.stderr, "Deploying %q from local charm %q, revision 0\n", name, charm.Name)
	if charm.Subordinate {
		d.units = 0 // its units come with the relation to a principal
	}
	return s.addUnits(name, d.units)
}

// sourceOf is the directory of a charm that is not packed, as an absolute path.
func sourceOf(path string) string {
	path, err := filepath.Abs(path)
	if info, statErr := os.Stat(path); err != nil || statErr != nil || !info.IsDir() {
		return ""
	}
	return path
}

// stage copies a charm into the data directory, each time to a place of its own. The place is relative to it.
func (s *session) stage(path string) (*model.Charm, string, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, "", fmt.Errorf("cannot deploy charm: %w", err)
	}
	dir := ""
	for i := 0; ; i++ {
		dir = filepath.Join("charms", strconv.Itoa(i))
		if _, err := os.Stat(filepath.Join(s.data, dir)); os.IsNotExist(err) {
			break
		}
	}
	to := filepath.Join(s.data, dir)
	if err := uniter.Stage(path, to, s.data); err != nil {
		_ = os.RemoveAll(to) // half a charm
		return nil, "", err
	}
	charm, err := model.ReadCharm(to)
	if err != nil {
		_ = os.RemoveAll(to) // not a charm
		return nil, "", err
	}
	return charm, dir, nil
}

// maxUnits is how many units one command adds at most. Each is a whole agent with files of its own.
const maxUnits = 10_000

func checkUnits(n, least int) error {
	if n < least || n > maxUnits {
		return usageError{fmt.Errorf("invalid value %q for -n: must be %d to %d", strconv.Itoa(n), least, maxUnits)}
	}
	return nil
}

func (s *session) addUnits(app string, n int) error {
	units, err := s.model.AddUnits(app, n)
	if err != nil {
		return err
	}
	for _, unit := range units {
		if s.agents[unit] != nil { // of an earlier unit of that name, removed by force
			s.uniter.Runner.Forget(unit)
		}
		s.agents.Add(unit, s.model.Apps[app].CharmVersion)
	}
	return nil
}

func (s *session) addUnitCmd() *cobra.Command {
	var n int
	c := verb("add-unit APP", "Add units to an application", 1, 1, func(args []string) error {
		if err := checkUnits(n, 1); err != nil {
			return err
		}
		if err := s.change(); err != nil {
			return err
		}
		return s.addUnits(args[0], n)
	})
	c.Flags().IntVarP(&n, "num-units", "n", 1, "number of units")
	return c
}

func (s *session) removeUnitCmd() *cobra.Command {
	var force bool
	c := verb("remove-unit UNIT...", "Remove units", 1, -1, func(args []string) error {
		if err := s.change(); err != nil {
			return err
		}
		return s.removeUnits(args, force)
	})
	c.Flags().BoolVar(&force, "force", false, "at once, without a hook on the unit itself")
	return c
}

// removeUnits removes units, until one cannot be removed.
func (s *session) removeUnits(units []string, force bool) error {
	for _, unit := range units {
		u, err := s.model.Unit(unit)
		if err != nil {
			return err
		}
		if u.Principal != "" {
			return fmt.Errorf("unit %q is a subordinate, to remove use remove-relation. Note: this will remove all units of %q", u.Name, model.AppOf(u.Name))
		}
		remove := s.model.RemoveUnit
		if force {
			remove = s.uniter.RemoveByForce
		}
		if err := remove(u.Name); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) removeApplicationCmd() *cobra.Command {
	return verb("remove-application APP...", "Remove applications with their units and relations", 1, -1, func(args []string) error {
		if err := s.change(); err != nil {
			return err
		}
		return s.removeApplications(args)
	})
}

// removeApplications removes applications, of which all must exist.
func (s *session) removeApplications(apps []string) error {
	for _, app := range apps {
		if _, err := s.model.App(app); err != nil {
			return err
		}
	}
	for _, app := range apps {
		if err := s.model.RemoveApplication(app); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) integrateCmd() *cobra.Command {
	var crossModel bool
	c := verb("integrate APP[:ENDPOINT] APP[:ENDPOINT]", "Relate two applications", 2, 2, func(args []string) error {
		if err := s.change(); err != nil {
			return err
		}
		integrate := s.model.Integrate
		if crossModel {
			integrate = s.model.IntegrateAcrossModels
		}
		_, err := integrate(args[0], args[1])
		return err
	})
	c.Flags().BoolVar(&crossModel, "cross-model", false, "as between models: the provider's side sees remote-HEX/N")
	c.Aliases = []string{"relate"}
	return c
}

func (s *session) removeRelationCmd() *cobra.Command {
	return verb("remove-relation APP[:ENDPOINT] APP[:ENDPOINT]", "Remove a relation", 2, 2, func(args []string) error {
		if err := s.change(); err != nil {
			return err
		}
		return s.model.RemoveRelation(args[0], args[1])
	})
}

func (s *session) suspendCmd(name string, suspend bool) *cobra.Command {
	short := map[bool]string{true: "Suspend a relation between models", false: "Resume a suspended relation"}[suspend]
	return verb(name+" ID", short, 1, 1, func(args []string) error {
		id, err := strconv.Atoi(args[0])
		if err != nil {
			return usageError{fmt.Errorf("invalid relation id %q", args[0])}
		}
		if err := s.change(); err != nil {
			return err
		}
		return s.model.Suspend(id, suspend)
	})
}

func (s *session) configCmd() *cobra.Command {
	return verb("config APP [KEY|KEY=VALUE...]", "Show or set an application's options", 1, -1, func(args []string) error {
		if len(args) == 1 || (len(args) == 2 && !strings.Contains(args[1], "=")) {
			return s.showConfig(args[0], args[1:])
		}
		values, err := keyValues(args[1:])
		if err != nil {
			return err
		}
		if err := s.change(); err != nil {
			return err
		}
		return s.model.SetConfig(args[0], values)
	})
}

// showConfig prints one option's value, or all that have one as "name: value", sorted.
func (s *session) showConfig(app string, key []string) error {
	if err := s.open(); err != nil {
		return err
	}
	a, err := s.model.App(app)
	if err != nil {
		return err
	}
	options := s.model.Config(app)
	if len(key) == 1 {
		v, found := options[key[0]]
		if !found {
			return fmt.Errorf("key %q not found in %q application config or charm settings", key[0], app)
		}
		if v != nil {
			fmt.Fprintln(s.stdout, v)
		}
		return nil
	}
	for _, name := range a.OptionNames() {
		if v := options[name]; v != nil {
			fmt.Fprintf(s.stdout, "%s: %v\n", name, v)
		}
	}
	return nil
}

func (s *session) refreshCmd() *cobra.Command {
	return verb("refresh APP PATH", "Give an application a new version of its charm", 2, 2, func(args []string) error {
		if err := s.change(); err != nil {
			return err
		}
		return s.refresh(args[0], args[1])
	})
}

// refresh gives an application the charm at a path.
func (s *session) refresh(app, path string) error {
	if _, err := s.model.App(app); err != nil {
		return err
	}
	charm, dir, err := s.stage(path)
	if err != nil {
		return err
	}
	if err := s.model.Refresh(app, charm, dir); err != nil {
		return err
	}
	s.model.Apps[app].Source = sourceOf(path)
	return nil
}

func (s *session) leaderCmd() *cobra.Command {
	return verb("leader APP UNIT", "Move the leadership of an application to a unit", 2, 2, func(args []string) error {
		if err := s.change(); err != nil {
			return err
		}
		return s.model.SetLeader(args[0], args[1])
	})
}

// keyValues reads key=value arguments.
func keyValues(args []string) (map[string]string, error) {
	values := map[string]string{}
	for _, arg := range args {
		key, value, found := strings.Cut(arg, "=")
		if !found || key == "" {
			return nil, usageError{fmt.Errorf("expected \"key=value\", got %q", arg)}
		}
		values[key] = value
	}
	return values, nil
}
