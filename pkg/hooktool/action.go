package hooktool

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/printable"
)

// maxResults bounds what ActionSet sends, for it goes through argv.
const maxResults = 64 << 10

// ActionGet reads the running action's parameters: texts, booleans, lists, maps, and numbers as json.Number. The map
// is never nil. Like all action tools it fails outside an action.
func (t *Tools) ActionGet(ctx context.Context) (map[string]any, error) {
	params := map[string]any{}
	if err := t.ask(ctx, Call{Tool: "action-get", Args: []string{"--format=json"}}, &params); err != nil {
		return nil, fmt.Errorf("cannot read the action's parameters: %w", err)
	}
	if params == nil {
		params = map[string]any{}
	}
	return params, nil
}

// ActionSet adds results to the running action's. A key is made of lower-case letters, digits and inner hyphens; a
// dot in it makes a map. The tool takes results in argv alone, where every process can see them: never secrets, and
// at most 64 KiB in all, else ErrTooLarge. Without results no tool runs.
func (t *Tools) ActionSet(ctx context.Context, results map[string]string) error {
	if len(results) == 0 {
		return nil
	}
	args, size := []string{"--"}, 0
	for _, key := range slices.Sorted(maps.Keys(results)) {
		if !isResultKey(key) {
			return fmt.Errorf("cannot set the action's results: key %q is not allowed", printable.Cut(key, 80))
		}
		if strings.ContainsRune(results[key], 0) {
			return fmt.Errorf("cannot set the action's results: the value of key %q holds a NUL", key)
		}
		args = append(args, key+"="+results[key])
		size += len(key) + len(results[key])
	}
	if size > maxResults {
		return fmt.Errorf("cannot set the action's results: %d bytes of at most %d: %w", size, maxResults, ErrTooLarge)
	}
	if err := t.tell(ctx, Call{Tool: "action-set", Args: args}); err != nil {
		return fmt.Errorf("cannot set the action's results: %w", err)
	}
	return nil
}

// ActionFail makes the running action a failed one with this message; the process goes on. An action that then ends
// with exit code 0 has its writes kept.
func (t *Tools) ActionFail(ctx context.Context, message string) error {
	if err := t.tell(ctx, Call{Tool: "action-fail", Args: []string{"--", argument(message)}}); err != nil {
		return fmt.Errorf("cannot fail the action: %w", err)
	}
	return nil
}

// ActionLog shows the operator a line of the running action's progress at once.
func (t *Tools) ActionLog(ctx context.Context, message string) error {
	if err := t.tell(ctx, Call{Tool: "action-log", Args: []string{"--", argument(message)}}); err != nil {
		return fmt.Errorf("cannot log for the action: %w", err)
	}
	return nil
}

// isResultKey says whether Juju takes a key: dotted parts of lower-case letters, digits and inner hyphens, and not
// one of those that Juju sets itself.
func isResultKey(key string) bool {
	switch key {
	case "stdout", "stdout-encoding", "stderr", "stderr-encoding":
		return false
	}
	for part := range strings.SplitSeq(key, ".") {
		odd := func(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') }
		if part == "" || strings.ContainsFunc(part, odd) || part[0] == '-' || part[len(part)-1] == '-' {
			return false
		}
	}
	return true
}
