package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPicture(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "bench.svg")
	if err := run(bytes.NewReader(before), out); err != nil {
		t.Fatal(err)
	}
	picture, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{}
	for d := xml.NewDecoder(bytes.NewReader(picture)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the picture is not XML: %v", err)
		}
		if text, ok := token.(xml.CharData); ok {
			texts[string(text)] = true
		}
	}
	for _, want := range []string{
		"master", "master before", "worker", "worker before", "kube-control", "charms.reactive 2019", "charms.reactive latest", "ops", "workers", "1,000",
	} {
		if !texts[want] {
			t.Errorf("the picture does not show %q", want)
		}
	}
}

func TestMissingBenchmark(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "bench.svg")
	without := strings.ReplaceAll(string(before), "BenchmarkIdleHook/worker", "BenchmarkOther")
	const want = "cannot draw benchmark IdleHook/worker: it was not measured (IdleHook needs valgrind)"
	if err := run(strings.NewReader(without), out); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("there is a picture of half the benchmarks")
	}
}
