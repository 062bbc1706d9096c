package hooktool

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/kube-control/kube-control/internal/printable"
)

// Juju's limits on one entry of a unit's state.
const (
	maxStateKey   = 256
	maxStateValue = 64 << 10
)

// StateGet reads all that this unit has kept with Juju, what this hook has set included; the map is never nil.
func (t *Tools) StateGet(ctx context.Context) (map[string]string, error) {
	state := stateAnswer{}
	if err := t.ask(ctx, Call{Tool: "state-get", Args: []string{"--format=json"}}, &state); err != nil {
		return nil, fmt.Errorf("cannot read the kept state: %w", err)
	}
	if state == nil {
		state = stateAnswer{}
	}
	return state, nil
}

// StateSet keeps entries beside those that there are, for this unit alone; an empty value is kept as such. They are
// stored when the hook succeeds, in one transaction with the relation data. A key of more than 256 bytes and a value
// of more than 64 KiB are ErrTooLarge, and then nothing is sent; so it is with texts that are not UTF-8. Without
// entries no tool runs.
func (t *Tools) StateSet(ctx context.Context, entries map[string]string) error {
	if len(entries) == 0 {
		return nil
	}
	err := checkState(entries)
	if err == nil {
		err = t.send(ctx, Call{Tool: "state-set", Args: []string{"--file", "-"}}, entries)
	}
	if err != nil {
		return fmt.Errorf("cannot keep state: %w", err)
	}
	return nil
}

// StateDelete drops an entry; a missing one is not an error.
func (t *Tools) StateDelete(ctx context.Context, key string) error {
	if err := t.tell(ctx, Call{Tool: "state-delete", Args: []string{"--", key}}); err != nil {
		return fmt.Errorf("cannot drop state %q: %w", printable.Cut(key, 80), err)
	}
	return nil
}

func checkState(entries map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		if len(key) > maxStateKey {
			return fmt.Errorf("key %q of %d bytes: %w", printable.Cut(key, 80), len(key), ErrTooLarge)
		}
		if size := len(entries[key]); size > maxStateValue {
			return fmt.Errorf("the value of key %q of %d bytes: %w", key, size, ErrTooLarge)
		}
	}
	return nil
}

// stateAnswer is what state-get prints: an object, or null or an empty text if nothing is kept.
type stateAnswer map[string]string

// UnmarshalJSON reads any of the three.
func (s *stateAnswer) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte(`""`)) {
		return nil
	}
	return json.Unmarshal(data, (*map[string]string)(s))
}
