package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// Roles of an endpoint.
const (
	Provider = "provider"
	Requirer = "requirer"
	Peer     = "peer"
)

// Charm is what Juju reads from a charm's metadata.yaml, config.yaml and actions.yaml.
type Charm struct {
	Name      string              `json:"name"`
	Endpoints map[string]Endpoint `json:"endpoints"`
	Options   map[string]Option   `json:"options,omitempty"`
	Actions   map[string]Action   `json:"actions,omitempty"`
	// Subordinate units stand beside the units of the applications that they are related to.
	Subordinate bool `json:"subordinate,omitempty"`
	// Resources are the names of the files that the charm takes, by resource.
	Resources map[string]string `json:"resources,omitempty"`
}

// Endpoint is one entry of provides, requires or peers.
type Endpoint struct {
	Role      string `json:"role"`
	Interface string `json:"interface"`
	Limit     int    `json:"limit,omitempty"` // 0: none
	Container bool   `json:"container,omitempty"`
}

// Option is one entry of config.yaml.
type Option struct {
	Type    string `json:"type"` // string, int, float, boolean or secret
	Default any    `json:"default,omitempty"`
	// Description is for people.
	Description string `json:"description,omitempty"`
}

// Action is one entry of actions.yaml: the properties' schemas, of which the types and defaults count.
type Action struct {
	Params     map[string]Param `json:"params,omitempty"`
	Required   []string         `json:"required,omitempty"`
	Additional *bool            `json:"additionalProperties,omitempty"`
}

// Param is the schema of one action parameter.
type Param struct {
	Type    string `json:"type,omitempty"`
	Default any    `json:"default,omitempty"`
}

// ReadCharm reads the charm in a directory. Every charm also has the implicit endpoint juju-info.
func ReadCharm(dir string) (*Charm, error) {
	var meta struct {
		Name        string                  `json:"name"`
		Summary     string                  `json:"summary"`
		Description string                  `json:"description"`
		Subordinate bool                    `json:"subordinate"`
		Provides    map[string]endpointForm `json:"provides"`
		Requires    map[string]endpointForm `json:"requires"`
		Peers       map[string]endpointForm `json:"peers"`
		Resources   map[string]resourceForm `json:"resources"`
		Storage     map[string]storageForm  `json:"storage"`
	}
	if err := readYAML(filepath.Join(dir, "metadata.yaml"), &meta); err != nil {
		return nil, err
	}
	for _, f := range []struct{ key, value string }{
		{"name", meta.Name}, {"summary", meta.Summary}, {"description", meta.Description},
	} {
		if f.value == "" {
			return nil, fmt.Errorf("metadata: %s: expected string, got nothing", f.key)
		}
	}
	c := &Charm{Name: meta.Name, Subordinate: meta.Subordinate, Endpoints: map[string]Endpoint{"juju-info": {Role: Provider, Interface: "juju-info"}}}
	for _, group := range []struct {
		role      string
		endpoints map[string]endpointForm
	}{{Provider, meta.Provides}, {Requirer, meta.Requires}, {Peer, meta.Peers}} {
		for name, e := range group.endpoints {
			if _, found := c.Endpoints[name]; found {
				return nil, fmt.Errorf("charm %q using a duplicated relation name: %q", c.Name, name)
			}
			if e.Interface == "" {
				return nil, fmt.Errorf("metadata: %s.%s.interface: expected string, got nothing", group.role, name)
			}
			if e.Scope != "" && e.Scope != "global" && e.Scope != "container" {
				return nil, fmt.Errorf("metadata: %s.%s.scope: unexpected value %q", group.role, name, e.Scope)
			}
			c.Endpoints[name] = Endpoint{group.role, e.Interface, e.Limit, e.Scope == "container"}
		}
	}
	if err := c.readNeeds(meta.Resources, meta.Storage); err != nil {
		return nil, err
	}
	return c, c.readOptional(dir)
}

// resourceForm is an entry of resources.
type resourceForm struct {
	Type     string `json:"type"` // file if empty
	Filename string `json:"filename"`
}

// storageForm is an entry of storage. A charm needs one of it, unless its range begins with 0.
type storageForm struct {
	Multiple struct {
		Range string `json:"range"`
	} `json:"multiple"`
}

// readNeeds reads what a charm needs besides its relations. Storage is not imitated.
func (c *Charm) readNeeds(resources map[string]resourceForm, storage map[string]storageForm) error {
	for _, name := range sortedKeys(storage) {
		if least := storage[name].Multiple.Range; !strings.HasPrefix(least, "0") {
			return fmt.Errorf("charm %q needs storage %q, and jujusim does not imitate storage", c.Name, name)
		}
	}
	for _, name := range sortedKeys(resources) {
		r := resources[name]
		if r.Type != "" && r.Type != "file" {
			return fmt.Errorf("charm %q needs resource %q of type %q, and jujusim imitates files only", c.Name, name, r.Type)
		}
		if r.Filename == "" || r.Filename != filepath.Base(r.Filename) || !filepath.IsLocal(r.Filename) {
			return fmt.Errorf("metadata: resources.%s.filename: expected the name of a file, got %q", name, r.Filename)
		}
		if c.Resources == nil {
			c.Resources = map[string]string{}
		}
		c.Resources[name] = r.Filename
	}
	return nil
}

// readOptional reads config.yaml and actions.yaml where they exist.
func (c *Charm) readOptional(dir string) error {
	var config struct {
		Options map[string]Option `json:"options"`
	}
	if err := readYAML(filepath.Join(dir, "config.yaml"), &config); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	c.Options = config.Options
	for name, o := range c.Options {
		if o.Type == "" {
			o.Type = "string"
		}
		if o.Default != nil {
			v, err := o.check(name, o.Default)
			if err != nil {
				return fmt.Errorf("invalid config default: %w", err)
			}
			o.Default = v
		}
		c.Options[name] = o
	}
	if err := readYAML(filepath.Join(dir, "actions.yaml"), &c.Actions); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// endpointForm accepts both forms of an endpoint: its interface alone, or a map.
type endpointForm struct {
	Interface string `json:"interface"`
	Limit     int    `json:"limit"`
	Scope     string `json:"scope"`
}

// UnmarshalJSON reads either form.
func (e *endpointForm) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &e.Interface)
	}
	type long endpointForm
	return json.Unmarshal(data, (*long)(e))
}

// maxYAML is the limit of a file that describes a charm, in bytes: reading YAML takes many times its length.
const maxYAML = 1 << 20

func readYAML(path string, into any) error {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxYAML {
		err = fmt.Errorf("%s is longer than %d bytes", filepath.Base(path), maxYAML)
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return fmt.Errorf("cannot read charm: %w", err)
	}
	if err := yaml.Unmarshal(data, into); err != nil {
		return fmt.Errorf("cannot parse %s: %w", filepath.Base(path), err)
	}
	return nil
}
