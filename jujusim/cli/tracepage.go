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
	Changes []pageChange `json:"changes"`
	Causes  []int        `json:"causes"` // the runs before this one whose writes it is about
}

// pageChange is one key of a databag, before and after a run; nil is a key that is not there.
type pageChange struct {
	Bag    string  `json:"bag"` // "kube-control:3 kube-control-master/0"
	Key    string  `json:"key"`
	Before *string `json:"before"`
	After  *string `json:"after"`
}

// pageHistory is what the runs so far have written.
type pageHistory struct {
	bags    map[string]map[string]string
	writers map[string]int // by relation number and writer, and by the ID of a secret: the last run that wrote it
}

// newPage makes a page of runs in the order in which they began.
func newPage(model, version string, records []traceRecord) tracePage {
	p := tracePage{Model: model, Version: version, Hooks: []pageRun{}}
	h := pageHistory{bags: map[string]map[string]string{}, writers: map[string]int{}}
	units := map[string]bool{}
	for i, r := range records {
		units[r.Unit] = true
		run := pageRun{traceRecord: r, Causes: h.causes(r), Changes: h.changes(r)}
		run.Bags, run.Calls = nil, withoutMessages(r.Calls) // Changes has the databags
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

// causes are the runs that wrote last what a hook announces.
func (h pageHistory) causes(r traceRecord) []int {
	causes := []int{}
	add := func(key string) {
		if i, ok := h.writers[key]; ok {
			causes = append(causes, i)
		}
	}
	if strings.HasSuffix(r.Name, "-relation-changed") {
		add(bagKey(r.Relation, r.Remote))
	}
	if r.Secret != "" {
		add(r.Secret)
	}
	return causes
}

// changes are the keys of databags that a run has changed, with the values before.
func (h pageHistory) changes(r traceRecord) []pageChange {
	changes := []pageChange{}
	for _, b := range r.Bags {
		name, bag := b.Relation+" "+b.Of, h.bags[bagKey(b.Relation, b.Of)]
		add := func(key string, after *string) {
			c := pageChange{Bag: name, Key: key, After: after}
			if value, ok := bag[key]; ok {
				c.Before = &value
			}
			changes = append(changes, c)
		}
		for _, key := range slices.Sorted(maps.Keys(b.Set)) {
			value := b.Set[key]
			add(key, &value)
		}
		for _, key := range b.Removed {
			add(key, nil)
		}
	}
	return changes
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
		h.writers[key] = i
	}
	for _, id := range r.Revised {
		h.writers[id] = i
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
