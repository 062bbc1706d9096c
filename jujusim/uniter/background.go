package uniter

import (
	"maps"
	"slices"
)

// RunNext runs the next hook of some unit that has one queued, in an order that the model's seed draws. It reports whether a
// program has run: if not, no unit has a hook queued, but for those in error.
func (u *Uniter) RunNext() bool {
	for moved := true; moved; {
		moved = false
		units := slices.Sorted(maps.Keys(u.Agents))
		for len(units) > 0 {
			i := u.Model.Intn(len(units))
			unit := units[i]
			units = slices.Delete(units, i, i+1)
			for more := true; more; {
				var program bool
				if more, program = u.step(u.Agents[unit]); program {
					return true
				}
				moved = moved || more
			}
		}
	}
	return false
}

// Queued is the name of the hook that a unit runs next, "" if none is queued or the unit is in error. It may draw from the
// model's seed, so a caller that only looks must not keep the model.
func (u *Uniter) Queued(unit string) string {
	a := u.Agents[unit]
	if a == nil || u.Model.Units[unit] == nil {
		return ""
	}
	h, ok := u.next(a)
	if !ok {
		return ""
	}
	return h.Name()
}
