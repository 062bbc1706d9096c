package hooktool

import (
	"context"
	"fmt"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// IsLeader says whether this unit leads its application; true holds for at least 30 s from the call.
func (t *Tools) IsLeader(ctx context.Context) (bool, error) {
	var leader bool
	if err := t.ask(ctx, Call{Tool: "is-leader", Args: []string{"--format=json"}}, &leader); err != nil {
		return false, fmt.Errorf("cannot read leadership: %w", err)
	}
	return leader, nil
}

// ConfigGet reads the charm's options that are set or have a default: texts, booleans, and numbers as json.Number.
// The map is never nil.
func (t *Tools) ConfigGet(ctx context.Context) (map[string]any, error) {
	config := map[string]any{}
	if err := t.ask(ctx, Call{Tool: "config-get", Args: []string{"--format=json"}}, &config); err != nil {
		return nil, fmt.Errorf("cannot read the charm's options: %w", err)
	}
	if config == nil {
		config = map[string]any{}
	}
	return config, nil
}

// Status is a unit's workload status and its message.
type Status struct {
	Status  string `json:"status"` // active, waiting, blocked, maintenance; by Juju alone unknown and others
	Message string `json:"message"`
}

// StatusSet sets this unit's workload status, one of active, waiting, blocked and maintenance. It is seen at once,
// also if the hook fails later.
func (t *Tools) StatusSet(ctx context.Context, s Status) error {
	if err := t.tell(ctx, Call{Tool: "status-set", Args: []string{s.Status, "--", argument(s.Message)}}); err != nil {
		return fmt.Errorf("cannot set the workload status: %w", err)
	}
	return nil
}

// ApplicationVersionSet sets the version of the workload, which "juju status" shows for the application. Juju keeps what the
// last unit said.
func (t *Tools) ApplicationVersionSet(ctx context.Context, version string) error {
	if err := t.tell(ctx, Call{Tool: "application-version-set", Args: []string{"--", argument(version)}}); err != nil {
		return fmt.Errorf("cannot set the application's version: %w", err)
	}
	return nil
}

// StatusGet reads this unit's workload status as it was when the hook first asked; what this hook has set since is
// not in it.
func (t *Tools) StatusGet(ctx context.Context) (Status, error) {
	var s Status
	call := Call{Tool: "status-get", Args: []string{"--format=json", "--include-data"}}
	if err := t.ask(ctx, call, &s); err != nil {
		return Status{}, fmt.Errorf("cannot read the workload status: %w", err)
	}
	return s, nil
}

// JujuLog writes a line to Juju's log at once. The level is TRACE, DEBUG, INFO, WARNING, ERROR or CRITICAL; Juju
// takes others for INFO. Messages of more than 16 KiB are cut.
func (t *Tools) JujuLog(ctx context.Context, level, message string) error {
	if err := t.tell(ctx, Call{Tool: "juju-log", Args: []string{"--log-level", level, "--", argument(message)}}); err != nil {
		return fmt.Errorf("cannot write to Juju's log: %w", err)
	}
	return nil
}

// Network is where an endpoint is reached, each list in Juju's order, the preferred first.
type Network struct {
	Bind    []string // addresses to listen on
	Ingress []string // addresses to be told to peers
	Egress  []string // subnets, in CIDR form, that our traffic comes from
}

// NetworkGet reads the network of a binding: an endpoint's name or an extra binding's.
func (t *Tools) NetworkGet(ctx context.Context, binding string) (Network, error) {
	var answer struct {
		Interfaces []struct {
			Addresses []struct {
				Value string `json:"value"`
			} `json:"addresses"`
		} `json:"bind-addresses"`
		Ingress []string `json:"ingress-addresses"`
		Egress  []string `json:"egress-subnets"`
	}
	if err := t.ask(ctx, Call{Tool: "network-get", Args: []string{"--format=json", "--", binding}}, &answer); err != nil {
		return Network{}, fmt.Errorf("cannot read the network of %s: %w", binding, err)
	}
	n := Network{Ingress: answer.Ingress, Egress: answer.Egress}
	for _, device := range answer.Interfaces {
		for _, address := range device.Addresses {
			n.Bind = append(n.Bind, address.Value)
		}
	}
	return n, nil
}

// GoalStatus is how far an application's or a unit's part of the goal is.
type GoalStatus struct {
	Status string `json:"status"` // of units the workload status, or "dying"; of applications that of the relation
	Since  string `json:"since"`  // like "2026-01-02 03:04:05Z"
}

// GoalState is what the model is meant to become.
type GoalState struct {
	Units     map[kubecontrol.Unit]GoalStatus  `json:"units"`     // of our application, our own included
	Relations map[string]map[string]GoalStatus `json:"relations"` // by local endpoint: the other applications and their units; peers are left out
}

// GoalState reads the goal state from the controller, at each call.
func (t *Tools) GoalState(ctx context.Context) (GoalState, error) {
	var goal GoalState
	if err := t.ask(ctx, Call{Tool: "goal-state", Args: []string{"--format=json"}}, &goal); err != nil {
		return GoalState{}, fmt.Errorf("cannot read the goal state: %w", err)
	}
	return goal, nil
}
