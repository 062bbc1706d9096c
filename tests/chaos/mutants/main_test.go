package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestMutantsFit holds that each mutant's text is in its file exactly once, and that there are twenty at least.
func TestMutantsFit(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, m := range mutants() {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", m.file))
		if err != nil {
			t.Fatal(err)
		}
		if changed, err := m.plant(string(text)); err != nil || changed == string(text) {
			t.Errorf("mutant %s: %v", m.name, err)
		}
		if names[m.name] || m.what == "" {
			t.Errorf("mutant %s has its name twice, or does not say what it is", m.name)
		}
		names[m.name] = true
	}
	if len(names) < 20 {
		t.Errorf("there are %d mutants", len(names))
	}
}

// TestFirstFailure reads the output of a test program.
func TestFirstFailure(t *testing.T) {
	t.Parallel()
	const said = "--- FAIL: TestRow85RandomLives (0.00s)\n    --- FAIL: TestRow85RandomLives/seed_17 (0.1s)\n        random_test.go:26: later\n" +
		"    --- FAIL: TestRow85RandomLives/seed_3 (0.1s)\n        random_test.go:26: kw/0 is in error\n        more\n"
	if first, err := firstFailure(said); err != nil || first != (found{"kw/0 is in error", 4}) {
		t.Errorf("%+v, %v", first, err)
	}
	if _, err := firstFailure("panic"); err == nil {
		t.Error("an output without a schedule is read")
	}
}
