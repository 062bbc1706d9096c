package cli

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"os"
	"slices"
	"strings"
)

//go:embed tracepage.html
var pageText string

// tracePage is what the page of a trace shows.
type tracePage struct {
	Model   string    `json:"model"`
	Version string    `json:"version"`
	Units   []string  `json:"units"` // sorted
	Hooks   []pageRun `json:"hooks"` // in the order in which they began
}

// pageRun is one bar of the page.
type pageRun struct {
	traceRecord
	Databags []pageBag `json:"databags"` // those that the run has changed
	Causes   []int     `json:"causes"`   // the runs before this one whose writes it is about, ascending
}

// pageBag is a databag before and after a run that has changed it.
type pageBag struct {
	Name string    `json:"name"` // "kube-control:3 kube-control-master/0"
	Keys []pageKey `json:"keys"` // all of them, sorted
}

// pageKey is one key of a databag. A value of nil is a key that is not there.
type pageKey struct {
	Key     string  `json:"key"`
	Before  *string `json:"before"`
	After   *string `json:"after"`
	Changed bool    `json:"changed"` // long values can differ and look the same
}

// pageHistory is what the runs so far have written.
type pageHistory struct {
	bags   map[string]map[string]string
	writes map[string][]int // by relation number and writer, and by the ID of a secret: the runs that wrote it
	heard  map[string]int   // by unit and what is in writes: how many of these its hooks have announced
}

// newPage makes a page of runs in the order in which they began.
func newPage(model, version string, records []traceRecord) tracePage {
	p := tracePage{Model: model, Version: version, Hooks: []pageRun{}}
	h := pageHistory{bags: map[string]map[string]string{}, writes: map[string][]int{}, heard: map[string]int{}}
	units := map[string]bool{}
	for i, r := range records {
		units[r.Unit] = true
		run := pageRun{traceRecord: r, Causes: h.causes(r), Databags: h.databags(r)}
		run.Bags, run.Calls = nil, withoutMessages(r.Calls) // Databags has the changes
		h.note(i, r)
		p.Hooks = append(p.Hooks, run)
	}
	p.Units = slices.Sorted(maps.Keys(units))
	return p
}

// withoutMessages leaves out what was logged: a charm may log what is secret, and debug-log has it.
func withoutMessages(calls []traceCall) []traceCall {
	calls = slices.Clone(calls)
	for i, c := range calls {
		if c.Tool == "juju-log" && len(c.Argv) > 0 {
			calls[i].Argv = []string{"..."}
		}
	}
	return calls
}

// bagKey names the databag of a writer in a relation. Its two sides may call the endpoint by different names.
func bagKey(relation, writer string) string {
	_, number, _ := strings.Cut(relation, ":")
	return number + " " + writer
}

// causes are the runs that wrote what a hook announces and no earlier hook of the unit has, or else the run that wrote it last.
func (h pageHistory) causes(r traceRecord) []int {
	written := r.Secret
	if strings.HasSuffix(r.Name, "-relation-changed") {
		written = bagKey(r.Relation, r.Remote)
	}
	writes := h.writes[written]
	if len(writes) == 0 {
		return []int{}
	}
	reader := r.Unit + " " + written
	heard, known := h.heard[reader]
	if !known || heard == len(writes) {
		heard = len(writes) - 1
	}
	if r.Code == 0 { // a failed hook runs again
		h.heard[reader] = len(writes)
	}
	return slices.Clone(writes[heard:])
}

// databags are those that a run has changed, whole.
func (h pageHistory) databags(r traceRecord) []pageBag {
	bags := []pageBag{}
	for _, b := range r.Bags {
		before := h.bags[bagKey(b.Relation, b.Of)]
		bag := pageBag{Name: b.Relation + " " + b.Of}
		keys := slices.Concat(slices.Collect(maps.Keys(before)), slices.Collect(maps.Keys(b.Set)), b.Removed)
		slices.Sort(keys)
		for _, key := range slices.Compact(keys) {
			k := pageKey{Key: key}
			if value, ok := before[key]; ok {
				k.Before, k.After = &value, &value
			}
			if value, ok := b.Set[key]; ok {
				k.After, k.Changed = &value, true
			} else if slices.Contains(b.Removed, key) {
				k.After, k.Changed = nil, true
			}
			bag.Keys = append(bag.Keys, k)
		}
		bags = append(bags, bag)
	}
	return bags
}

// note takes in what a run has written.
func (h pageHistory) note(i int, r traceRecord) {
	for _, b := range r.Bags {
		key := bagKey(b.Relation, b.Of)
		if h.bags[key] == nil {
			h.bags[key] = map[string]string{}
		}
		maps.Copy(h.bags[key], b.Set)
		for _, removed := range b.Removed {
			delete(h.bags[key], removed)
		}
		h.writes[key] = append(h.writes[key], i)
	}
	for _, id := range r.Revised {
		h.writes[id] = append(h.writes[id], i)
	}
}

// writePage writes the page of a trace to a file.
func (s *session) writePage(file string, records []traceRecord) error {
	text, err := renderPage(newPage(s.model.Name, s.model.Version, records))
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", file, err)
	}
	fmt.Fprintf(s.stdout, "wrote %s: %d hooks and other runs\n", file, len(records))
	return nil
}

func renderPage(p tracePage) ([]byte, error) {
	t, err := template.New("trace").Parse(pageText)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
