package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Interface is the name of the interface, as metadata.yaml spells it.
const Interface = "kube-control"

// MastersInterface is the interface of the peers endpoint by which the units of a ready master share their records.
const MastersInterface = "kube-control-masters"

// Metadata is what this project needs of a charm's metadata.yaml.
type Metadata struct {
	Name      string
	Endpoints []Endpoint // those under provides, then requires, then peers, each by name
}

// Endpoint is one endpoint of a charm.
type Endpoint struct {
	Name      string
	Interface string
	Role      kubecontrol.Role // Master under provides, Worker under requires; meaningless for a peer
	Peer      bool
}

// ReadMetadata reads metadata.yaml in a charm's folder. Other keys are ignored. As in Juju
// an endpoint is given by its interface alone or by a map with one, and its name may stand there once.
func ReadMetadata(dir string) (Metadata, error) {
	path := filepath.Join(dir, "metadata.yaml")
	fields, err := readMap(path)
	if err != nil {
		return Metadata{}, err
	}
	meta, err := metadata(fields)
	if err != nil {
		return Metadata{}, fmt.Errorf("cannot read %s: %w", path, err)
	}
	return meta, nil
}

// KubeControl is the endpoints of the interface kube-control. A peer of it is an error, because the interface has two
// different sides.
func (m Metadata) KubeControl() ([]Endpoint, error) {
	var found []Endpoint
	for _, e := range m.Endpoints {
		switch {
		case e.Interface != Interface:
		case e.Peer:
			return nil, fmt.Errorf("cannot use endpoint %s of charm %s: a peer cannot have the interface %s", e.Name, m.Name, Interface)
		default:
			found = append(found, e)
		}
	}
	return found, nil
}

// peer is the name of the first peers endpoint of an interface, "" if there is none.
func (m Metadata) peer(name string) string {
	for _, e := range m.Endpoints {
		if e.Peer && e.Interface == name {
			return e.Name
		}
	}
	return ""
}

// ReadActions reads the names of the actions in a charm's actions.yaml, sorted. A charm without the file has none.
func ReadActions(dir string) ([]string, error) {
	path := filepath.Join(dir, "actions.yaml")
	fields, err := readMap(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	names := slices.Sorted(maps.Keys(fields))
	for _, name := range names {
		if !isFileName(name) {
			return nil, fmt.Errorf("cannot read %s: %q is not an action's name", path, name)
		}
	}
	return names, nil
}

func metadata(fields map[string]json.RawMessage) (Metadata, error) {
	var meta Metadata
	if json.Unmarshal(fields["name"], &meta.Name) != nil || meta.Name == "" {
		return Metadata{}, errors.New("key name: want the charm's name")
	}
	sections := map[string]string{}
	for _, section := range []string{"provides", "requires", "peers"} {
		endpoints := map[string]json.RawMessage{}
		if raw, ok := fields[section]; ok && json.Unmarshal(raw, &endpoints) != nil {
			return Metadata{}, fmt.Errorf("key %s: want a map of endpoints", section)
		}
		for _, name := range slices.Sorted(maps.Keys(endpoints)) {
			if !isFileName(name) {
				return Metadata{}, fmt.Errorf("key %s: %q is not an endpoint's name", section, name)
			}
			if other, ok := sections[name]; ok {
				return Metadata{}, fmt.Errorf("endpoint %s stands under %s and under %s", name, other, section)
			}
			sections[name] = section
			e := Endpoint{Name: name, Interface: interfaceOf(endpoints[name]), Peer: section == "peers"}
			if section == "requires" {
				e.Role = kubecontrol.Worker
			}
			if e.Interface == "" {
				return Metadata{}, fmt.Errorf("endpoint %s under %s: want its interface, a text", name, section)
			}
			meta.Endpoints = append(meta.Endpoints, e)
		}
	}
	return meta, nil
}

// interfaceOf reads both ways to give an endpoint; "" is neither.
func interfaceOf(raw json.RawMessage) string {
	var name string
	var long map[string]json.RawMessage
	if json.Unmarshal(raw, &long) == nil {
		raw = long["interface"]
	}
	if json.Unmarshal(raw, &name) != nil {
		return ""
	}
	return name
}

// readMap reads a YAML file that holds one map; an empty one is an empty map. A duplicate key is an error. A
// missing file is fs.ErrNotExist.
func readMap(path string) (map[string]json.RawMessage, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		var reason *fs.PathError
		if errors.As(err, &reason) {
			err = reason.Err // without the path, which the caller adds
		}
		return nil, fmt.Errorf("cannot read %s: %w", path, err)
	}
	text, err := yaml.YAMLToJSONStrict(data)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %s", path, strings.Join(strings.Fields(err.Error()), " "))
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) != nil {
		return nil, fmt.Errorf("cannot read %s: want a map", path)
	}
	return fields, nil
}

// isFileName says whether a name can be that of a hook's or action's file.
func isFileName(name string) bool {
	return name != "." && name != ".." && name == filepath.Base(name)
}
