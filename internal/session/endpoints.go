package session

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// OnlyEndpoint is the charm's one endpoint of a role; none or several are an error.
func (s *Session) OnlyEndpoint(role kubecontrol.Role) (string, error) {
	var names []string
	for _, e := range s.endpoints {
		if e.Role == role {
			names = append(names, e.Name)
		}
	}
	switch len(names) {
	case 0:
		return "", engine.Usagef("this charm has no %s endpoint of interface kube-control", role)
	case 1:
		return names[0], nil
	}
	return "", engine.Usagef("this charm has the %s endpoints %v: name one with --endpoint", role, names)
}

// CheckEndpoint finds the endpoint to speak for: the named one, which must be of the role, else the only one.
func (s *Session) CheckEndpoint(name string, role kubecontrol.Role) (string, error) {
	if name == "" {
		return s.OnlyEndpoint(role)
	}
	if slices.Contains(s.endpoints, engine.Endpoint{Name: name, Role: role}) {
		return name, nil
	}
	return "", engine.Usagef("this charm has no %s endpoint %q of interface kube-control", role, name)
}

// Flags are the flags that are set now, the computed ones and the author's.
func (s *Session) Flags(ctx context.Context) (flags.Set, error) {
	a, err := s.Ask(ctx)
	if err != nil {
		return nil, err
	}
	return a.Flags(), nil
}

// CheckRelation reads a relation's id as people type it, "kube-control:3" or "3", and looks whether the endpoint has
// it; "" is none.
func (s *Session) CheckRelation(ctx context.Context, endpoint, text string) (kubecontrol.RelationID, error) {
	if text == "" {
		return "", nil
	}
	id := kubecontrol.RelationID(text)
	if !strings.Contains(text, ":") {
		id = kubecontrol.RelationID(endpoint + ":" + text)
	}
	if id.Number() < 0 || id.Endpoint() != endpoint {
		return "", engine.Usagef("%q is not a relation of endpoint %s", text, endpoint)
	}
	if err := s.load(ctx, engine.Look{}); err != nil {
		return "", err
	}
	if !slices.ContainsFunc(s.view.Relations, func(r engine.Relation) bool { return r.ID == id }) {
		return "", fmt.Errorf("there is no relation %s", id)
	}
	return id, nil
}
