package charmfile

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

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
	Handlers []Handler // in the order in which they run
}

// Handler is a handler of kube-control.yaml: a program that runs while flags are set.
type Handler struct {
	Name    string   // unique
	When    []string // flags that must be set
	WhenNot []string // flags that must not be set
	Run     []string // the program and its arguments; at least the program, unless there is a problem
}

// ParseSettings reads the text of kube-control.yaml. It is strict: an unknown key, a value of another type, a handler
// without a name or program and two of one name are problems. Everything else that could be read is in the result.
func ParseSettings(text []byte) (Settings, []Problem) {
	fields, err := document(text)
	if err != nil {
		return Settings{}, []Problem{{Text: err.Error()}}
	}
	var s Settings
	p := &parser{}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		raw, path, place := fields[key], []any{key}, "key "+key+": "
		switch key {
		case "operator":
			p.decode(path, place, raw, &s.Operator, "a text")
			if !slices.Contains([]string{"", OperatorMaster, OperatorWorker}, s.Operator) {
				p.add(Unknown(path, fmt.Sprintf("%s%q is not an operator", place, s.Operator), s.Operator, []string{OperatorMaster, OperatorWorker}))
			}
		case "status":
			p.decode(path, place, raw, &s.Status, "true or false")
		case "reactive":
			p.decode(path, place, raw, &s.Reactive, "true or false")
		case "handlers":
			s.Handlers = p.handlers(path, place, raw)
		default:
			p.add(Unknown(path, fmt.Sprintf("unknown key %q", key), key, SettingsKeys()))
		}
	}
	return s, p.problems
}

// SettingsKeys are the keys of kube-control.yaml, and HandlerKeys those of a handler.
func SettingsKeys() []string { return []string{"handlers", "operator", "reactive", "status"} }

// HandlerKeys are the keys of a handler.
func HandlerKeys() []string { return []string{"name", "run", "when", "when-not"} }

// parser collects problems.
type parser struct{ problems []Problem }

func (p *parser) add(problem Problem) { p.problems = append(p.problems, problem) }

// decode reads a value and says whether it could.
func (p *parser) decode(path []any, place string, raw json.RawMessage, into any, want string) bool {
	if err := decode(raw, into, want); err != nil {
		p.add(Problem{Path: path, Text: place + err.Error()})
		return false
	}
	return true
}

func (p *parser) handlers(path []any, place string, raw json.RawMessage) []Handler {
	var list []map[string]json.RawMessage
	if !p.decode(path, place, raw, &list, "a list of maps") {
		return nil
	}
	var all []Handler
	for i, fields := range list {
		path, place := within(path, i), fmt.Sprintf("%shandler %d: ", place, i+1)
		h := p.handler(path, place, fields)
		if h.Name != "" && slices.ContainsFunc(all, func(other Handler) bool { return other.Name == h.Name }) {
			p.add(Problem{Path: within(path, "name"), Text: fmt.Sprintf("%sthere is already one of the name %q", place, h.Name)})
		}
		all = append(all, h)
	}
	return all
}

func (p *parser) handler(path []any, place string, fields map[string]json.RawMessage) Handler {
	var h Handler
	before := len(p.problems)
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		raw, path, keyPlace := fields[key], within(path, key), place+"key "+key+": "
		switch key {
		case "name":
			p.decode(path, keyPlace, raw, &h.Name, "a text")
		case "when":
			h.When = p.flagNames(path, keyPlace, raw)
		case "when-not":
			h.WhenNot = p.flagNames(path, keyPlace, raw)
		case "run":
			h.Run = p.texts(path, keyPlace, raw)
		default:
			p.add(Unknown(path, fmt.Sprintf("%sunknown key %q", place, key), key, HandlerKeys()))
		}
	}
	if len(p.problems) > before {
		return h
	}
	if h.Name == "" {
		p.add(Problem{Path: path, Text: place + "key name: a handler needs one"})
	}
	if len(h.Run) == 0 || h.Run[0] == "" {
		p.add(Problem{Path: path, Text: place + "key run: want the program to run and its arguments"})
	}
	return h
}

// flagNames reads a list of flags.
func (p *parser) flagNames(path []any, place string, raw json.RawMessage) []string {
	names := p.texts(path, place, raw)
	if i := slices.Index(names, ""); i >= 0 {
		p.add(Problem{Path: within(path, i), Text: place + "a flag's name cannot be empty"})
	}
	return names
}

// texts reads a list of texts. A number or boolean among them must be quoted.
func (p *parser) texts(path []any, place string, raw json.RawMessage) []string {
	const want = "a list of texts"
	var list []json.RawMessage
	if !p.decode(path, place, raw, &list, want) {
		return nil
	}
	texts := make([]string, len(list))
	for i, item := range list {
		if !p.decode(within(path, i), place, item, &texts[i], want) {
			return nil
		}
	}
	return texts
}
