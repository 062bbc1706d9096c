package lives

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// Life is one recorded scenario, or one table.
type Life struct {
	Name   string  `json:"name"`
	Juju   string  `json:"juju"` // the version of Juju that was recorded
	Steps  []Step  `json:"steps"`
	Hooks  []Ran   `json:"hooks"` // in the order in which they ran, over all units
	States []State `json:"states"`
	// Expected, if not nil, makes this a table: the hooks of each run of a unit of the application u, in the short form
	// of Ran.short. Nothing else is compared then.
	Expected [][]string `json:"-"`
}

// Step is one thing that was done, such as "run p/0 2".
type Step struct {
	N  int    `json:"n"`
	Do string `json:"do"`
}

// UnmarshalJSON also takes the text alone, as tables have it.
func (s *Step) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte(`"`)) {
		return json.Unmarshal(data, &s.Do)
	}
	type plain Step
	return json.Unmarshal(data, (*plain)(s))
}

// Ran is one run of a charm's program.
type Ran struct {
	Step    int               `json:"step"`
	Unit    string            `json:"unit"`
	Hook    string            `json:"hook"` // "action:NAME" for an action
	Env     map[string]string `json:"env"`
	Answers []Answer          `json:"answers"` // of the tools that were asked first
	Did     []Answer          `json:"did"`     // what the scenario had the program call after that
	Exit    int               `json:"exit"`
	Killed  bool              `json:"killed"`

	recorded *Ran // what a run of the probe is compared with
}

// Answer is one call of a hook tool. Code is -1 where the agent refused to run it.
type Answer struct {
	Argv []string `json:"argv"`
	Code int      `json:"code"`
	Out  string   `json:"out"`
	Err  string   `json:"err"`
}

// State is what a status step saw, or with End a unit whose agent had ended when the life was over.
type State struct {
	Step      int                 `json:"step"`
	Actions   map[string]Task     `json:"actions"`
	Relations map[string]Relation `json:"relations"`
	Status    map[string]Statuses `json:"status"`
	End       string              `json:"end"`
	Error     string              `json:"error"`
}

// Task is an action.
type Task struct {
	Name    string         `json:"name"`
	Unit    string         `json:"unit"`
	Status  string         `json:"status"`
	Message string         `json:"message"`
	Results map[string]any `json:"results"`
}

// Relation is a relation as the controller has it.
type Relation struct {
	Key     string   `json:"key"`
	Life    string   `json:"life"`
	InScope []string `json:"in-scope"` // sorted
}

// Statuses are the two statuses of a unit, as the controller keeps them.
type Statuses struct {
	Agent        string         `json:"agent"`
	AgentInfo    string         `json:"agent-info"`
	AgentData    map[string]any `json:"agent-data"`
	Workload     string         `json:"workload"`
	WorkloadInfo string         `json:"workload-info"`
}

// tablesVersion is the version of Juju whose tests the tables were taken from.
const tablesVersion = "3.6-rc1"

// Read reads the lives in a file.
func Read(path string) ([]Life, error) {
	text, err := readAll(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read lives: %w", err)
	}
	lives, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("cannot read lives: %s: %w", path, err)
	}
	return lives, nil
}

func readAll(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(text, []byte{0x1f, 0x8b}) {
		return text, err
	}
	unzip, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if text, err = io.ReadAll(unzip); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return text, nil
}

// parse takes one life, a list of lives, or a list of tables.
func parse(text []byte) ([]Life, error) {
	entries := []json.RawMessage{text}
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) {
		entries = nil
		if err := json.Unmarshal(text, &entries); err != nil {
			return nil, err
		}
	}
	var lives []Life
	for i, text := range entries {
		// A table has its name in "upstream" and the hooks in "expected".
		var entry struct {
			Life
			Upstream string     `json:"upstream"`
			Expected [][]string `json:"expected"`
		}
		err := json.Unmarshal(text, &entry)
		l := entry.Life
		if entry.Upstream != "" {
			l.Name, l.Juju, l.Expected = entry.Upstream, cmp.Or(l.Juju, tablesVersion), entry.Expected
		}
		if err == nil {
			err = l.check()
		}
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i+1, err)
		}
		for i := range l.Steps {
			l.Steps[i].N = cmp.Or(l.Steps[i].N, i+1)
		}
		lives = append(lives, l)
	}
	return lives, nil
}

func (l Life) check() error {
	switch {
	case l.Name == "":
		return errors.New("it has no name")
	case l.Juju == "":
		return errors.New("it names no version of Juju")
	case len(l.Steps) == 0:
		return errors.New("it has no steps")
	}
	for _, r := range l.Hooks {
		if slices.ContainsFunc(slices.Concat(r.Answers, r.Did), func(a Answer) bool { return len(a.Argv) == 0 }) {
			return fmt.Errorf("%s of unit %s calls a tool without a name", r.Hook, r.Unit)
		}
	}
	return nil
}
