package engine

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// table is a map of the state. Each entry has a key of its own, a prefix and the entry's name, and its value is JSON.
type table interface {
	init()
	// decode reads a key that has the prefix. What cannot be read is left out.
	decode(key, value string) bool
	encode(put func(key, text string))
	copyTo(table)
}

// tables are those of a state, always in the same order.
func (st *State) tables() []table {
	return []table{
		&tableOf[map[string]string]{keyValues, &st.Values, maps.Clone[map[string]string]},
		&tableOf[[]kubecontrol.Unit]{keyDeparted, &st.Departed, slices.Clone[[]kubecontrol.Unit]},
		&tableOf[[]Closed]{keyClosed, &st.Closed, slices.Clone[[]Closed]},
		&tableOf[[]Replaced]{keyReplaced, &st.Replaced, slices.Clone[[]Replaced]},
		&tableOf[string]{keyRequests, &st.Requests, strings.Clone},
		&tableOf[string]{keyCA, &st.Certificates, strings.Clone},
	}
}

// tableOf is the table of one type of value.
type tableOf[V any] struct {
	prefix string
	values *map[string]V
	clone  func(V) V
}

func (t *tableOf[V]) init() { *t.values = map[string]V{} }

func (t *tableOf[V]) decode(key, value string) bool {
	name, ok := strings.CutPrefix(key, t.prefix)
	if !ok {
		return false
	}
	var decoded V
	if value != "null" && json.Unmarshal([]byte(value), &decoded) == nil {
		(*t.values)[name] = decoded
	}
	return true
}

func (t *tableOf[V]) encode(put func(key, text string)) {
	for name, value := range *t.values {
		text, err := json.Marshal(value)
		if err == nil && !slices.Contains([]string{"[]", "{}", "null", `""`}, string(text)) { // nothing is kept for what is empty
			put(t.prefix+name, string(text))
		}
	}
}

func (t *tableOf[V]) copyTo(other table) {
	to := other.(*tableOf[V]) // tables has them in the same order
	for name, value := range *t.values {
		(*to.values)[name] = t.clone(value)
	}
}
