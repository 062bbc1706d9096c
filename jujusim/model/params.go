package model

import (
	"fmt"
	"slices"
)

// CheckParams checks the parameters of an action against the charm's actions.yaml, and adds the defaults. Until 4.0
// Juju lets parameters pass that the action does not name, unless the action says otherwise.
func (m *Model) CheckParams(app, action string, params map[string]any) error {
	a, err := m.App(app)
	if err != nil {
		return err
	}
	spec := a.Charm.Actions[action]
	strict := m.Major() >= 4
	if spec.Additional != nil {
		strict = !*spec.Additional
	}
	for _, name := range sortedKeys(params) {
		p, known := spec.Params[name]
		switch {
		case !known && strict:
			return fmt.Errorf("validation failed: (root) : additional property %q is not allowed", name)
		case known && !p.fits(params[name]):
			return fmt.Errorf("validation failed: (root).%s : must be of type %s, given %v", name, p.Type, params[name])
		}
	}
	for name, p := range spec.Params {
		if _, given := params[name]; !given && p.Default != nil {
			params[name] = p.Default
		}
	}
	for _, name := range slices.Sorted(slices.Values(spec.Required)) {
		if _, given := params[name]; !given {
			return fmt.Errorf("validation failed: (root) : %q property is missing and required, given %v", name, params)
		}
	}
	return nil
}

// fits tells whether a value is of the parameter's type, if it has one.
func (p Param) fits(value any) bool {
	switch p.Type {
	case "string":
		_, ok := value.(string)
		return ok
	case "boolean":
		_, ok := value.(bool)
		return ok
	case "number":
		_, ok := value.(float64)
		return ok
	case "integer":
		f, ok := value.(float64)
		return ok && f == float64(int64(f))
	case "array":
		_, ok := value.([]any)
		return ok
	case "object":
		_, ok := value.(map[string]any)
		return ok
	}
	return true
}
