package hooktool

import (
	"context"
	"fmt"
	"slices"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// RelationIDs lists the endpoint's relations, ordered by number; an endpoint that the charm does not have has none.
// In a broken hook Juju leaves that hook's relation out since 3.4.4; 2.9 and 3.1 still list it.
func (t *Tools) RelationIDs(ctx context.Context, endpoint string) ([]kubecontrol.RelationID, error) {
	var ids []kubecontrol.RelationID
	call := Call{Tool: "relation-ids", Args: []string{"--format=json", "--", endpoint}}
	if err := t.ask(ctx, call, &ids); err != nil {
		return nil, fmt.Errorf("cannot list the relations of endpoint %s: %w", endpoint, err)
	}
	slices.SortFunc(ids, kubecontrol.RelationID.Compare)
	return ids, nil
}

// RelationList lists the remote units that are joined, in the order of Unit.Compare: those whose joined hook has
// begun and whose departed hook has not. Our own unit is never among them.
func (t *Tools) RelationList(ctx context.Context, rel kubecontrol.RelationID) ([]kubecontrol.Unit, error) {
	var units []kubecontrol.Unit
	flag, err := relationFlag(rel)
	if err == nil {
		err = t.ask(ctx, Call{Tool: "relation-list", Args: append(flag, "--format=json")}, &units)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot list the units of relation %s: %w", rel, err)
	}
	slices.SortFunc(units, kubecontrol.Unit.Compare)
	return units, nil
}

// RelationGet reads the bag of a remote unit or of our own in a relation; the map is never nil. Our own bag has what
// this hook has set; a remote one is as Juju last showed it to us. A unit in its departed hook still has its bag.
// A unit that never was in the relation is ErrNotFound; a bag of more than limit bytes in keys and values is
// ErrTooLarge.
func (t *Tools) RelationGet(ctx context.Context, rel kubecontrol.RelationID, unit kubecontrol.Unit, limit int) (map[string]string, error) {
	bag, err := t.relationGet(ctx, rel, []string{"--format=json", "--", "-", string(unit)}, limit)
	if err != nil {
		return nil, fmt.Errorf("cannot read the data of %s in relation %s: %w", unit, rel, err)
	}
	return bag, nil
}

// RelationGetApp reads an application's bag in a relation, by the same rules. Of our own application's only the leader
// may read it, but on a peer relation all units may; the leader's read has what this hook has set.
func (t *Tools) RelationGetApp(ctx context.Context, rel kubecontrol.RelationID, app string, limit int) (map[string]string, error) {
	bag, err := t.relationGet(ctx, rel, []string{"--app", "--format=json", "--", "-", app}, limit)
	if err != nil {
		return nil, fmt.Errorf("cannot read the data of application %s in relation %s: %w", app, rel, err)
	}
	return bag, nil
}

func (t *Tools) relationGet(ctx context.Context, rel kubecontrol.RelationID, args []string, limit int) (map[string]string, error) {
	flag, err := relationFlag(rel)
	if err != nil {
		return nil, err
	}
	bag := map[string]string{}
	call := Call{
		Tool: "relation-get",
		Args: append(flag, args...),
		// JSON needs two bytes for each quotation mark of the bag, of which creds has many, and more only for characters
		// that no master and no worker writes.
		MaxOutput: 2*int64(limit) + 4096,
	}
	if err := t.ask(ctx, call, &bag); err != nil {
		return nil, err
	}
	size := 0
	for key, value := range bag {
		size += len(key) + len(value)
	}
	if size > limit {
		return nil, fmt.Errorf("%d bytes of at most %d: %w", size, limit, ErrTooLarge)
	}
	if bag == nil { // the tool said null
		bag = map[string]string{}
	}
	return bag, nil
}

// RelationSet changes our own unit's bag in a relation: keys with an empty value are deleted, keys not named stay.
// Without values no tool runs. Values arrive byte for byte. The peers see nothing before the hook succeeds.
func (t *Tools) RelationSet(ctx context.Context, rel kubecontrol.RelationID, values map[string]string) error {
	if len(values) == 0 {
		return nil
	}
	flag, err := relationFlag(rel)
	if err == nil {
		err = t.send(ctx, Call{Tool: "relation-set", Args: append(flag, "--file", "-")}, values)
	}
	if err != nil {
		return fmt.Errorf("cannot set data in relation %s: %w", rel, err)
	}
	return nil
}

// RelationSetApp changes our own application's bag in a relation, by the same rules; only the leader may.
func (t *Tools) RelationSetApp(ctx context.Context, rel kubecontrol.RelationID, values map[string]string) error {
	if len(values) == 0 {
		return nil
	}
	flag, err := relationFlag(rel)
	if err == nil {
		err = t.send(ctx, Call{Tool: "relation-set", Args: append(flag, "--app", "--file", "-")}, values)
	}
	if err != nil {
		return fmt.Errorf("cannot set data of the application in relation %s: %w", rel, err)
	}
	return nil
}

// send runs a tool that reads a map from its standard input.
func (t *Tools) send(ctx context.Context, call Call, values map[string]string) error {
	data, err := encode(values)
	if err != nil {
		return err
	}
	call.Stdin = data
	return t.tell(ctx, call)
}
