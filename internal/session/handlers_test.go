package session_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/tests/world"
)

// A handler finds the charm's own kube-control on its PATH, as its program and from a script.
func TestHandlersFindTheProgram(t *testing.T) {
	t.Parallel()
	dir := world.Charm(t, "master", `handlers:
- {name: direct, run: [kube-control, direct]}
- {name: script, run: [sh, -c, kube-control script]}
`)
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bin/kube-control"), []byte("#!/bin/sh\necho \"$1\" >> calls\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	world.New("kcp/0", dir).MustHook(t, world.Hook{Name: "config-changed"})
	got, err := os.ReadFile(filepath.Join(dir, "calls"))
	if diff := cmp.Diff("direct\nscript\n", string(got)); diff != "" || err != nil {
		t.Errorf("error %v, calls (-want +got):\n%s", err, diff)
	}
}

// A charm with handlers, whose status nobody sets, hears of it in its start hook and in no other.
func TestUnknownStatusIsExplainedAtStart(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		hook, settings string
		want           bool
	}{
		{"start", "handlers: [{name: a, run: ['true']}]", true},
		{"config-changed", "handlers: [{name: a, run: ['true']}]", false},
		{"start", "status: true\nhandlers: [{name: a, run: ['true']}]", false},
		{"start", "", false},
	} {
		w := world.New("kcp/0", world.Charm(t, "master", test.settings))
		w.MustHook(t, world.Hook{Name: test.hook})
		got := slices.ContainsFunc(w.Logs, func(line string) bool { return strings.Contains(line, `add "status: true" to kube-control.yaml`) })
		if got != test.want {
			t.Errorf("%s with %q: logs %q", test.hook, test.settings, w.Logs)
		}
	}
}
