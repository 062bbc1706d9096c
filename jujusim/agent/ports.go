package agent

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// portChanges are what a hook has asked for, in order.
type portChanges struct{ open, close Ports }

// errOpen marks a range that the unit has for that endpoint already.
var errOpen = errors.New("already there")

func (h hookTools) OpenedPorts() map[string][]PortRange {
	opened := h.controller.MachinePorts(h.info.Unit)[h.info.Unit].clone()
	if opened == nil {
		opened = Ports{}
	}
	for endpoint, ranges := range h.ports.open {
		opened[endpoint] = append(opened[endpoint], ranges...)
	}
	for endpoint, ranges := range h.ports.close {
		for _, r := range ranges {
			opened.remove(endpoint, r)
		}
	}
	return opened
}

// OpenPorts looks at what this hook has asked for before what is open on the machine. It first takes back a
// closing of the same range.
func (h hookTools) OpenPorts(endpoint string, r PortRange) error {
	h.ports.close.remove(endpoint, r)
	err := h.conflict(h.ports.open, h.info.Unit, endpoint, r, " requested earlier")
	if err == nil {
		err = h.machineConflict(endpoint, r)
	}
	switch {
	case errors.Is(err, errOpen):
		return nil
	case err != nil:
		return fmt.Errorf("cannot open %s (unit %q): %w", r, h.info.Unit, err)
	}
	h.ports.open[endpoint] = append(h.ports.open[endpoint], r)
	return nil
}

// ClosePorts asks to close also what is not open, which the controller then leaves alone; on a machine without any
// open port it asks for nothing.
func (h hookTools) ClosePorts(endpoint string, r PortRange) error {
	h.ports.open.remove(endpoint, r)
	err := h.conflict(h.ports.close, h.info.Unit, endpoint, r, " requested earlier")
	if errors.Is(err, errOpen) {
		return nil
	}
	if err == nil {
		err = h.machineConflict(endpoint, r)
	}
	if err != nil && !errors.Is(err, errOpen) {
		return fmt.Errorf("cannot close %s (unit %q): %w", r, h.info.Unit, err)
	}
	if len(h.controller.MachinePorts(h.info.Unit)) > 0 {
		h.ports.close[endpoint] = append(h.ports.close[endpoint], r)
	}
	return nil
}

func (h hookTools) machineConflict(endpoint string, r PortRange) error {
	machine := h.controller.MachinePorts(h.info.Unit)
	for _, unit := range slices.Sorted(maps.Keys(machine)) {
		if err := h.conflict(machine[unit], unit, endpoint, r, ""); err != nil {
			return err
		}
	}
	return nil
}

// conflict is errOpen if the unit itself has the very range for the endpoint, and nil if it has it for another one.
func (h hookTools) conflict(known Ports, unit, endpoint string, r PortRange, detail string) error {
	for _, at := range slices.Sorted(maps.Keys(known)) {
		for _, existing := range known[at] {
			switch {
			case !r.Overlaps(existing):
			case unit != h.info.Unit || r != existing:
				return fmt.Errorf("port range conflicts with %s (unit %q)%s", existing, unit, detail)
			case at == endpoint:
				return errOpen
			}
		}
	}
	return nil
}

func (p Ports) remove(endpoint string, r PortRange) {
	p[endpoint] = slices.DeleteFunc(p[endpoint], func(known PortRange) bool { return known == r })
	if len(p[endpoint]) == 0 {
		delete(p, endpoint)
	}
}

// clone is nil for no ports.
func (p Ports) clone() Ports {
	var clone Ports
	for endpoint, ranges := range p {
		if clone == nil {
			clone = Ports{}
		}
		clone[endpoint] = slices.Clone(ranges)
	}
	return clone
}
