package ready

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/printable"
)

// Problem is an option of the charm's configuration that can't be used, and why.
type Problem struct {
	Option string
	Reason string // without the option's name, short enough for a status: "is not a URL"
}

// String is the problem as the status shows it.
func (p Problem) String() string { return fmt.Sprintf("Option %s %s", p.Option, p.Reason) }

// Together is one problem or more as the status shows them, cut to its length: the first one, then the second's option, or
// how many more there are.
func Together(problems []Problem) string {
	if len(problems) == 1 {
		return engine.CutMessage(problems[0].String())
	}
	more := fmt.Sprintf("; %d more options are bad", len(problems)-1)
	if len(problems) == 2 {
		more = fmt.Sprintf("; option %s is invalid", problems[1].Option)
	}
	return printable.Cut(problems[0].String(), engine.MaxMessage-len(more)) + more
}

// reader reads a charm's options as config-get gives them, and collects the problems.
type reader struct {
	config   map[string]any
	problems []Problem
}

// text reads an option that is a text, without the spaces around it; an option that is not there is the empty text.
// It is false if the option is of another type or fails a check, which then is among the problems.
func (r *reader) text(option string, checks ...func(string) error) (string, bool) {
	value, ok := r.config[option].(string)
	if !ok && r.config[option] != nil {
		return "", r.bad(option, errors.New("is not a text"))
	}
	value = strings.TrimSpace(value)
	for _, check := range checks {
		if err := check(value); err != nil {
			return "", r.bad(option, err)
		}
	}
	return value, true
}

// words reads an option that is a list of texts with spaces or commas between them.
func (r *reader) words(option string, checks ...func(string) error) ([]string, bool) {
	value, ok := r.text(option)
	if !ok {
		return nil, false
	}
	words := strings.FieldsFunc(value, func(c rune) bool { return c == ',' || c == ' ' || c == '\n' || c == '\t' || c == '\r' })
	for _, word := range words {
		for _, check := range checks {
			if err := check(word); err != nil {
				return nil, r.bad(option, fmt.Errorf("has %s, which %w", printable.Brief(word), err))
			}
		}
	}
	return words, true
}

// boolean reads an option that is true or false; one that is not there is false.
func (r *reader) boolean(option string) (value, ok bool) {
	value, ok = r.config[option].(bool)
	if !ok && r.config[option] != nil {
		return false, r.bad(option, errors.New("is neither true nor false"))
	}
	return value, true
}

// number reads an option that is a whole number.
func (r *reader) number(option string, check func(int64) error) (int64, bool) {
	number, ok := r.config[option].(json.Number)
	if !ok && r.config[option] != nil {
		return 0, r.bad(option, errors.New("is not a number"))
	}
	value, err := number.Int64()
	if err != nil {
		return 0, r.bad(option, errors.New("is not a whole number"))
	}
	if err := check(value); err != nil {
		return 0, r.bad(option, err)
	}
	return value, true
}

// bad adds a problem; it is always false.
func (r *reader) bad(option string, err error) bool {
	r.problems = append(r.problems, Problem{option, err.Error()})
	return false
}

// oneOf checks that a text is one of some words.
func oneOf(words ...string) func(string) error {
	return func(value string) error {
		for _, word := range words {
			if value == word {
				return nil
			}
		}
		return fmt.Errorf("is %s, not one of %s", printable.Brief(value), strings.Join(words, ", "))
	}
}
