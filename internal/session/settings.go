package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
)

// settingsFile has the charm author's settings.
const settingsFile = "kube-control.yaml"

// The ready policies that a charm may run.
const (
	OperatorMaster = "master"
	OperatorWorker = "worker"
)

// Settings is a charm's kube-control.yaml. The zero value, which a charm without the file has, asks for nothing.
type Settings struct {
	Operator string    // the ready policy to run: "master", "worker", or none
	Status   bool      // set the workload status
	Reactive bool      // mirror the flags for charms.reactive
	Handlers []Command // in the order in which they run
}

// Command is a handler of kube-control.yaml: a program that runs while flags are set.
type Command struct {
	Name    string   // unique
	When    []string // flags that must be set
	WhenNot []string // flags that must not be set
	Run     []string // the program and its arguments; at least the program
}

// ReadSettings reads kube-control.yaml in a charm's folder. It is strict: an unknown
// key, a value of another type, a handler without a name or program and two of one name are errors, and so is a
// setting that this version cannot follow.
func ReadSettings(dir string) (Settings, error) {
	path := filepath.Join(dir, settingsFile)
	fields, err := readMap(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Settings{}, nil
	}
	if err != nil {
		return Settings{}, err
	}
	s, err := settings(fields)
	if err != nil {
		return Settings{}, fmt.Errorf("cannot read %s: %w", path, err)
	}
	return s, nil
}

func settings(fields map[string]json.RawMessage) (Settings, error) {
	var s Settings
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		raw, err := fields[key], error(nil)
		switch key {
		case "operator":
			err = decode(raw, &s.Operator, "a text")
		case "status":
			err = decode(raw, &s.Status, "true or false")
		case "reactive":
			err = decode(raw, &s.Reactive, "true or false")
		case "handlers":
			s.Handlers, err = handlers(raw)
		default:
			return Settings{}, fmt.Errorf("unknown key %q", key)
		}
		if err != nil {
			return Settings{}, fmt.Errorf("key %s: %w", key, err)
		}
	}
	if !slices.Contains([]string{"", OperatorMaster, OperatorWorker}, s.Operator) {
		return Settings{}, fmt.Errorf("key operator: %q is neither master nor worker", s.Operator)
	}
	return s, nil
}

func handlers(raw json.RawMessage) ([]Command, error) {
	var list []map[string]json.RawMessage
	if err := decode(raw, &list, "a list of maps"); err != nil {
		return nil, err
	}
	var all []Command
	for i, fields := range list {
		h, err := oneHandler(fields)
		if err != nil {
			return nil, fmt.Errorf("handler %d: %w", i+1, err)
		}
		if slices.ContainsFunc(all, func(other Command) bool { return other.Name == h.Name }) {
			return nil, fmt.Errorf("handler %d: there is already one of the name %q", i+1, h.Name)
		}
		all = append(all, h)
	}
	return all, nil
}

func oneHandler(fields map[string]json.RawMessage) (Command, error) {
	var h Command
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		raw, err := fields[key], error(nil)
		switch key {
		case "name":
			err = decode(raw, &h.Name, "a text")
		case "when":
			h.When, err = flagNames(raw)
		case "when-not":
			h.WhenNot, err = flagNames(raw)
		case "run":
			h.Run, err = texts(raw)
		default:
			return Command{}, fmt.Errorf("unknown key %q", key)
		}
		if err != nil {
			return Command{}, fmt.Errorf("key %s: %w", key, err)
		}
	}
	switch {
	case h.Name == "":
		return Command{}, errors.New("key name: a handler needs one")
	case len(h.Run) == 0 || h.Run[0] == "":
		return Command{}, errors.New("key run: want the program to run and its arguments")
	}
	return h, nil
}

// flagNames reads a list of flags.
func flagNames(raw json.RawMessage) ([]string, error) {
	names, err := texts(raw)
	if err == nil && slices.Contains(names, "") {
		err = errors.New("a flag's name cannot be empty")
	}
	return names, err
}

// texts reads a list of texts. A number or boolean among them must be quoted.
func texts(raw json.RawMessage) ([]string, error) {
	var list []json.RawMessage
	if err := decode(raw, &list, "a list of texts"); err != nil {
		return nil, err
	}
	texts := make([]string, len(list))
	for i, item := range list {
		if err := decode(item, &texts[i], "a list of texts"); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

// decode reads a value of the wanted type; null is of no type.
func decode(raw json.RawMessage, into any, want string) error {
	if string(raw) == "null" || json.Unmarshal(raw, into) != nil {
		return fmt.Errorf("want %s", want)
	}
	return nil
}
