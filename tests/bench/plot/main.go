// Command plot draws how the cost of a hook grows from 1 to 1,000 workers, beside the same cost before and beside the
// Python peers. It reads what the benchmarks of tests/bench print from standard input, and writes an SVG picture:
//
//	go test -run '^$' -bench . ./tests/bench | go run -C tests/bench/plot . -out FILE
//
// Recorded beside it: before.txt, the same benchmarks at an older commit, and peers.csv.
package main

import (
	"bytes"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"os"
)

//go:embed before.txt
var before []byte

//go:embed peers.csv
var peers []byte

func main() {
	out := flag.String("out", "bench.svg", "the picture's `file`")
	flag.Parse()
	if err := run(os.Stdin, *out); err != nil {
		fmt.Fprintln(os.Stderr, "plot:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out string) error {
	now, err := readBenchmarks(in)
	if err != nil {
		return err
	}
	old, err := readBenchmarks(bytes.NewReader(before))
	if err != nil {
		return err
	}
	python, err := readPeers(bytes.NewReader(peers))
	if err != nil {
		return err
	}
	picture, err := draw(now, old, python)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, picture, 0o644); err != nil {
		return fmt.Errorf("cannot write picture: %w", err)
	}
	return nil
}
