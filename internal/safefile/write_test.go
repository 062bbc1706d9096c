package safefile

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// INV-14: a file is replaced at once, and nobody but its owner and its group can read it.
func TestINV14WriteFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "tokens")
	if err := os.WriteFile(name, []byte("old and longer"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"new", ""} {
		if err := Write(name, []byte(text)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(name)
		info, _ := os.Stat(name)
		if err != nil || string(got) != text || info.Mode() != 0o640 {
			t.Errorf("%q, mode %v, %v", got, info.Mode(), err)
		}
	}
	only(t, dir, "tokens")
}

func TestWriteFileFailsWithoutLeftovers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "taken", "inside"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{filepath.Join(dir, "taken"), filepath.Join(dir, "missing", "x")} {
		err := Write(name, []byte("SECRET"))
		if err == nil || !strings.HasPrefix(err.Error(), "cannot write "+name+": ") || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", name, err)
		}
	}
	only(t, dir, "taken")
}

// A reader sees one content or the other, whole.
func TestWriteFileIsAtomic(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "f")
	texts := []string{strings.Repeat("a", 1<<16), strings.Repeat("b", 1<<16)}
	if err := Write(name, []byte(texts[0])); err != nil {
		t.Fatal(err)
	}
	var writer sync.WaitGroup
	done := make(chan struct{})
	writer.Go(func() {
		defer close(done)
		for i := range 20 {
			if err := Write(name, []byte(texts[i%2])); err != nil {
				t.Error(err)
			}
		}
	})
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		if text, err := os.ReadFile(name); err != nil || string(text) != texts[0] && string(text) != texts[1] {
			t.Fatalf("read %d bytes, %v", len(text), err)
		}
	}
	writer.Wait()
}

func only(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(want) {
		t.Errorf("%v, %v, want %v", entries, err, want)
	}
}
