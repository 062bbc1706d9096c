package model

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/kube-control/kube-control/jujusim/tools"
)

// DefaultVersion is the Juju version that a model imitates unless told otherwise.
const DefaultVersion = "3.6.1"

// DefaultStateQuota is Juju's max-charm-state-size: keys and values of one unit's charm state, in bytes.
const DefaultStateQuota = 2 * 1024 * 1024

// Model is everything that a Juju controller would know of one model. The exported fields may be filled by hand
// (Load and the conformance worlds do) as long as Reindex is called afterwards.
type Model struct {
	Name         string                  `json:"name"`
	UUID         string                  `json:"uuid"`
	Version      string                  `json:"juju-version"` // as JUJU_VERSION shows it
	Seed         uint64                  `json:"seed"`
	Clock        int64                   `json:"clock"` // seconds since the epoch
	Random       Random                  `json:"random"`
	Apps         map[string]*Application `json:"applications"`
	Units        map[string]*Unit        `json:"units"`
	Relations    map[int]*Relation       `json:"relations"`
	NextRelation int                     `json:"next-relation"`
	NextMachine  int                     `json:"next-machine"`
	NextTask     int                     `json:"next-task"` // operations and tasks share one sequence
	StateQuota   int                     `json:"max-charm-state-size"`
	Settings     map[string]string       `json:"settings,omitempty"`   // as model-config has set them; they have no effect
	Cloud        map[string]any          `json:"cloud,omitempty"`      // what credential-get answers; nil: a cloud without credential
	Kubernetes   bool                    `json:"kubernetes,omitempty"` // of a recorded world: credential-get answers otherwise
	Secrets      map[string]*Secret      `json:"secrets,omitempty"`
	SecretOrder  []string                `json:"secret-order,omitempty"` // ids in the order of their making
	// RemovedSecrets are hooks about secrets that are gone: by owner, the secret-remove that 3.x runs once more, and by
	// consumer, the secret-changed that 4.x still runs.
	RemovedSecrets map[string][]SecretEvent `json:"removed-secrets,omitempty"`

	mu           sync.Mutex
	logs         []LogRecord
	dirty        map[string]bool
	appRelations map[string][]int
	secretsOf    map[string][]string // ids by owner and by consumer
	// secretChanges counts what may bring a secret event; secretsQuiet holds, by unit, when there was none.
	secretChanges int
	secretsQuiet  map[string]secretsQuiet
}

// LogRecord is one line of debug-log.
type LogRecord struct {
	Time    string `json:"time"` // "15:04:05" of the model's clock, UTC
	Unit    string `json:"unit"`
	Logger  string `json:"logger"`
	Level   string `json:"level"`
	Message string `json:"message"`
}

// String is the record as juju debug-log prints it.
func (r LogRecord) String() string {
	return fmt.Sprintf("%s: %s %s %s %s", Tag(r.Unit), r.Time, r.Level, r.Logger, r.Message)
}

// New makes an empty model that imitates the given Juju version ("" is DefaultVersion).
func New(version string, seed uint64) *Model {
	if version == "" {
		version = DefaultVersion
	}
	m := &Model{
		Name:       "local",
		Version:    version,
		Seed:       seed,
		Clock:      time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix(),
		Random:     Random{rand.NewPCG(seed, 0x6a756a75)},
		Apps:       map[string]*Application{},
		Units:      map[string]*Unit{},
		Relations:  map[int]*Relation{},
		NextTask:   1,
		StateQuota: DefaultStateQuota,
	}
	a, b := m.Random.pcg.Uint64(), m.Random.pcg.Uint64()
	m.UUID = fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>52, b&0xffffffffffff)
	m.Reindex()
	return m
}

// Load reads a model that json.Marshal wrote. The error says what is wrong with one that does not hold together.
func Load(data []byte) (*Model, error) {
	m := &Model{}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	m.Reindex()
	return m, nil
}

// Reindex rebuilds what is computed from the exported fields.
func (m *Model) Reindex() {
	m.dirty = map[string]bool{}
	if m.Secrets == nil {
		m.Secrets = map[string]*Secret{}
	}
	m.reindexSecrets()
	m.appRelations = map[string][]int{}
	for id, r := range m.Relations {
		for _, s := range r.Sides {
			m.appRelations[s.App] = append(m.appRelations[s.App], id)
		}
	}
	for _, ids := range m.appRelations {
		sort.Ints(ids)
	}
}

// CheckVersion is an error for a version of Juju that a model cannot imitate.
func CheckVersion(version string) error {
	if v, err := tools.ParseVersion(version); err != nil || v.Major < 2 || v.Major > 4 {
		return fmt.Errorf("cannot imitate Juju %q: known are 2.9, 3.x and 4.x", version)
	}
	return nil
}

// Major is the first number of the version: 2, 3 or 4.
func (m *Model) Major() int {
	v, _ := tools.ParseVersion(m.Version) // CheckVersion has looked at it
	return v.Major
}

// Tick moves the clock on by one second.
func (m *Model) Tick() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Clock++
}

// Advance moves the clock on, by whole seconds.
func (m *Model) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Clock += int64(d / time.Second)
}

// Now is the model's time.
func (m *Model) Now() time.Time { return time.Unix(m.Clock, 0).UTC() }

// Intn is a number below n from the seeded generator.
func (m *Model) Intn(n int) int { return rand.New(m.Random.pcg).IntN(n) }

// Hex is n random hexadecimal digits from the seeded generator.
func (m *Model) Hex(n int) string {
	s := ""
	for len(s) < n {
		s += fmt.Sprintf("%016x", m.Random.pcg.Uint64())
	}
	return s[:n]
}

// Task hands out the next operation or task id.
func (m *Model) Task() int {
	m.NextTask++
	return m.NextTask - 1
}

// TakeLogs hands over the log records since the last call, oldest first.
func (m *Model) TakeLogs() []LogRecord {
	m.mu.Lock()
	defer m.mu.Unlock()
	logs := m.logs
	m.logs = nil
	return logs
}

// TakeDirty hands over, sorted, the applications whose units may have something new to react to.
func (m *Model) TakeDirty() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	apps := make([]string, 0, len(m.dirty))
	for a := range m.dirty {
		apps = append(apps, a)
	}
	clear(m.dirty)
	slices.Sort(apps)
	return apps
}

// Random is a PCG generator that survives in JSON with its state.
type Random struct{ pcg *rand.PCG }

// MarshalJSON writes the generator's state.
func (r Random) MarshalJSON() ([]byte, error) {
	state, err := r.pcg.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("cannot write random state: %w", err)
	}
	return json.Marshal(state)
}

// UnmarshalJSON reads it back.
func (r *Random) UnmarshalJSON(data []byte) error {
	var state []byte
	if err := json.Unmarshal(data, &state); err != nil {
		return fmt.Errorf("cannot read random state: %w", err)
	}
	r.pcg = &rand.PCG{}
	if err := r.pcg.UnmarshalBinary(state); err != nil {
		return fmt.Errorf("cannot read random state: %w", err)
	}
	return nil
}
