package charmfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// Problem is one thing that is wrong in a file.
type Problem struct {
	// Path leads from the top of the file to what is wrong: keys, and indexes of lists. It is empty for the whole file.
	Path []any
	// Text says what is wrong and names the place: "key handlers: handler 2: key run: want a list of texts".
	Text string
	// Known are the names that can be used instead, sorted, and Nearest the one that was probably meant; both may be empty.
	Known   []string
	Nearest string
}

// Error is the problem's whole text: with the names that are known.
func (p Problem) Error() string {
	text := p.Text
	if len(p.Known) > 0 {
		text += ": known are " + strings.Join(p.Known, ", ")
	}
	if p.Nearest != "" {
		text += "; did you mean " + p.Nearest + "?"
	}
	return text
}

// First is the first problem as an error, nil if there is none.
func First(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return problems[0]
}

// Unknown makes the problem of a name that is not one of the known. Its Text is the given one.
func Unknown(path []any, text, name string, known []string) Problem {
	known = slices.Sorted(slices.Values(known))
	return Problem{Path: path, Text: text, Known: known, Nearest: Nearest(name, known)}
}

// Nearest is the known name that a misspelt one most probably means, "" if none is close.
func Nearest(name string, known []string) string {
	nearest, least := "", max(2, len(name)/4)+1
	for _, candidate := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(candidate)); d < least && d < len(name) {
			nearest, least = candidate, d
		}
	}
	return nearest
}

// distance counts the bytes to insert, delete, replace, or swap with their neighbour, to turn a into b.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replace := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			rows[i][j] = min(replace, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// document reads the text of a YAML file that holds one map; an empty one is an empty map. A duplicate key is an error.
func document(text []byte) (map[string]json.RawMessage, error) {
	converted, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return nil, errors.New(strings.Join(strings.Fields(err.Error()), " "))
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(converted, &fields) != nil {
		return nil, errors.New("want a map")
	}
	return fields, nil
}

// within adds one step to a path, which stays as it is.
func within(path []any, step any) []any { return append(slices.Clone(path), step) }

// decode reads a value of the wanted type; null is of no type.
func decode(raw json.RawMessage, into any, want string) error {
	if string(raw) == "null" || json.Unmarshal(raw, into) != nil {
		return fmt.Errorf("want %s", want)
	}
	return nil
}
