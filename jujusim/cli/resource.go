package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
)

// stageResources copies the files of resources into the data directory, beside the charm that was staged in dir.
func (s *session) stageResources(charm *model.Charm, dir string, files map[string]string) (map[string]string, error) {
	resources := map[string]string{}
	for name, file := range files {
		if _, known := charm.Resources[name]; !known {
			return nil, usageError{fmt.Errorf("unrecognized resource %q: charm %q has: %s", name, charm.Name, strings.Join(slices.Sorted(maps.Keys(charm.Resources)), ", "))}
		}
		to := dir + ".resources"
		if err := os.MkdirAll(filepath.Join(s.data, to), 0o700); err != nil {
			return nil, fmt.Errorf("cannot make directory for resources: %w", err)
		}
		resources[name] = filepath.Join(to, name)
		if err := uniter.CopyFile(file, filepath.Join(s.data, resources[name])); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("file for resource %q not found: %s", name, file)
		} else if err != nil {
			return nil, err
		}
	}
	return resources, nil
}

func (s *session) trustCmd() *cobra.Command {
	var remove bool
	var file string
	c := verb("trust APP", "Let an application read the cloud's credential with credential-get", 1, 1, func(args []string) error {
		if err := s.change(); err != nil {
			return err
		}
		app, err := s.model.App(args[0])
		if err != nil {
			return err
		}
		if file != "" {
			cloud, err := readCloud(file)
			if err != nil {
				return err
			}
			s.model.Cloud = cloud
		}
		app.Trusted = !remove
		return nil
	})
	c.Flags().BoolVar(&remove, "remove", false, "take the trust back")
	c.Flags().StringVar(&file, "credential", "", "a YAML file with the answer of credential-get, for all applications of the model")
	return c
}

// readCloud reads what credential-get is to answer: a map with type and name at least.
func readCloud(file string) (map[string]any, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read credential: %w", err)
	}
	var cloud map[string]any
	if err := yaml.Unmarshal(text, &cloud); err != nil {
		return nil, fmt.Errorf("cannot read credential %s: it is not a map in YAML", file) // the text is secret
	}
	for _, key := range []string{"type", "name"} {
		if _, ok := cloud[key].(string); !ok {
			return nil, fmt.Errorf("cannot read credential %s: it has no %s of the cloud", file, key)
		}
	}
	return cloud, nil
}
