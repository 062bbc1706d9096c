package charmfile

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

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

// Section is the key of metadata.yaml under which the endpoint is.
func (e Endpoint) Section() string {
	switch {
	case e.Peer:
		return "peers"
	case e.Role == kubecontrol.Worker:
		return "requires"
	}
	return "provides"
}

// ParseMetadata reads the text of metadata.yaml. Other keys are ignored. As in Juju an endpoint is given by its interface
// alone or by a map with one, and its name may stand there once. An endpoint with a problem is not in the result.
func ParseMetadata(text []byte) (Metadata, []Problem) {
	fields, err := document(text)
	if err != nil {
		return Metadata{}, []Problem{{Text: err.Error()}}
	}
	var meta Metadata
	p := &parser{}
	if json.Unmarshal(fields["name"], &meta.Name) != nil || meta.Name == "" {
		p.add(Problem{Path: []any{"name"}, Text: "key name: want the charm's name"})
	}
	sections := map[string]string{}
	for _, section := range []string{"provides", "requires", "peers"} {
		endpoints := map[string]json.RawMessage{}
		if raw, ok := fields[section]; ok && json.Unmarshal(raw, &endpoints) != nil {
			p.add(Problem{Path: []any{section}, Text: fmt.Sprintf("key %s: want a map of endpoints", section)})
		}
		for _, name := range slices.Sorted(maps.Keys(endpoints)) {
			e := Endpoint{Name: name, Interface: interfaceOf(endpoints[name]), Peer: section == "peers"}
			if section == "requires" {
				e.Role = kubecontrol.Worker
			}
			other, twice := sections[name]
			sections[name] = section
			switch path := []any{section, name}; {
			case !isFileName(name):
				p.add(Problem{Path: path, Text: fmt.Sprintf("key %s: %q is not an endpoint's name", section, name)})
			case twice:
				p.add(Problem{Path: path, Text: fmt.Sprintf("endpoint %s stands under %s and under %s", name, other, section)})
			case e.Interface == "":
				p.add(Problem{Path: path, Text: fmt.Sprintf("endpoint %s under %s: want its interface, a text", name, section)})
			default:
				meta.Endpoints = append(meta.Endpoints, e)
			}
		}
	}
	return meta, p.problems
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

// PeerOf is the name of the first peers endpoint of an interface, "" if there is none.
func (m Metadata) PeerOf(name string) string {
	for _, e := range m.Endpoints {
		if e.Peer && e.Interface == name {
			return e.Name
		}
	}
	return ""
}

// ParseActions reads the names of the actions in the text of actions.yaml, sorted.
func ParseActions(text []byte) ([]string, []Problem) {
	fields, err := document(text)
	if err != nil {
		return nil, []Problem{{Text: err.Error()}}
	}
	var names []string
	p := &parser{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !isFileName(name) {
			p.add(Problem{Path: []any{name}, Text: fmt.Sprintf("%q is not an action's name", name)})
			continue
		}
		names = append(names, name)
	}
	return names, p.problems
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

// isFileName says whether a name can be that of a hook's or action's file.
func isFileName(name string) bool {
	return name != "." && name != ".." && name == filepath.Base(name)
}
