package model

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// check gives a value of the option in the form in which it is kept: string, bool or float64.
func (o Option) check(name string, value any) (any, error) {
	text, isText := value.(string)
	switch o.Type {
	case "string", "secret":
		if isText {
			return text, nil
		}
	case "boolean":
		if b, ok := value.(bool); ok {
			return b, nil
		}
		if b, err := strconv.ParseBool(text); isText && err == nil {
			return b, nil
		}
	case "int":
		if f, ok := value.(float64); ok && f == math.Trunc(f) {
			return f, nil
		}
		if i, err := strconv.ParseInt(text, 10, 64); isText && err == nil {
			return float64(i), nil
		}
	case "float":
		if f, ok := value.(float64); ok {
			return f, nil
		}
		if f, err := strconv.ParseFloat(text, 64); isText && err == nil {
			return f, nil
		}
	default:
		return nil, fmt.Errorf("option %q has unknown type %q", name, o.Type)
	}
	return nil, fmt.Errorf("option %q expected %s, got %#v", name, o.Type, value)
}

// ParseConfig reads values of options from text, or gives an error for one that is unknown or does not fit its type.
func (c *Charm) ParseConfig(values map[string]string) (map[string]any, error) {
	parsed := map[string]any{}
	for _, name := range sortedKeys(values) {
		o, found := c.Options[name]
		if !found {
			return nil, fmt.Errorf("unknown option %q", name)
		}
		v, err := o.check(name, values[name])
		if err != nil {
			return nil, err
		}
		parsed[name] = v
	}
	return parsed, nil
}

// SetConfig sets options of an application from text, all or none. Setting what is set already changes nothing, so
// that no config-changed follows.
func (m *Model) SetConfig(app string, values map[string]string) error {
	a, err := m.App(app)
	if err != nil {
		return err
	}
	parsed, err := a.Charm.ParseConfig(values)
	if err != nil {
		return err
	}
	for name, v := range parsed {
		before, set := a.Config[name]
		if !set {
			before = a.Charm.Options[name].Default
		}
		a.Config[name] = v
		if before != v {
			a.ConfigVersion++
		}
	}
	return nil
}

// ResetConfig gives options their defaults again.
func (m *Model) ResetConfig(app string, names []string) error {
	a, err := m.App(app)
	if err != nil {
		return err
	}
	for _, name := range names {
		o, known := a.Charm.Options[name]
		if !known {
			return fmt.Errorf("unknown option %q", name)
		}
		if before, set := a.Config[name]; set && before != o.Default {
			a.ConfigVersion++
		}
		delete(a.Config, name)
	}
	return nil
}

// ConfigHash tells two configurations apart.
func (a *Application) ConfigHash() string {
	text, _ := json.Marshal(a.options()) // strings, numbers and booleans
	return fmt.Sprintf("%x", sha256.Sum256(text))
}

// OptionNames are the names of the application's options, sorted.
func (a *Application) OptionNames() []string {
	names := make([]string, 0, len(a.Charm.Options))
	for n := range a.Charm.Options {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// options is the configuration with defaults filled in; a nil value is an option with neither.
func (a *Application) options() map[string]any {
	all := make(map[string]any, len(a.Charm.Options))
	for name, o := range a.Charm.Options {
		all[name] = o.Default
	}
	for name, v := range a.Config {
		all[name] = v
	}
	return all
}
