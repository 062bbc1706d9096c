package uniter

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/kube-control/kube-control/jujusim/model"
)

// Check finds what the agents of a model cannot have, however their file was changed. Those of units that are gone may
// stay.
func (s State) Check(m *model.Model) error {
	for _, unit := range slices.Sorted(maps.Keys(m.Units)) {
		if s[unit] == nil {
			return fmt.Errorf("unit %s has no agent", unit)
		}
	}
	for _, unit := range slices.Sorted(maps.Keys(s)) {
		if err := s[unit].check(unit); err != nil {
			return fmt.Errorf("agent of unit %s: %w", unit, err)
		}
	}
	return nil
}

func (a *Agent) check(unit string) error {
	switch {
	case a.Unit != unit:
		return fmt.Errorf("its unit is %q", a.Unit)
	case a.Failed && a.Pending == nil:
		return fmt.Errorf("the hook that failed is missing")
	case a.Pending != nil && a.Pending.Kind == "":
		return fmt.Errorf("the queued hook has no kind")
	case a.Unpacked != "" && !filepath.IsLocal(a.Unpacked):
		return fmt.Errorf("its charm cannot be in %q", a.Unpacked)
	}
	return nil
}
