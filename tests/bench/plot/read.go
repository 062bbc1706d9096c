package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"
	"gonum.org/v1/plot/plotter"
)

// The benchmarks that are drawn, without the number of workers.
const (
	idleMaster = "IdleHook/master"
	idleWorker = "IdleHook/worker"
	newWorker  = "NewWorker"
)

// growth is a cost by number of workers, for each benchmark or peer by its name.
type growth map[string]plotter.XYs

// readBenchmarks reads the benchmarks to be drawn in Go's format, and skips all other lines. The cost is in millions of
// instructions for an idle hook, in seconds of CPU for a new worker. It is an error if a benchmark is missing.
func readBenchmarks(in io.Reader) (growth, error) {
	units := map[string]struct {
		name  string
		scale float64
	}{idleMaster: {"Minstr", 1}, idleWorker: {"Minstr", 1}, newWorker: {"ms-cpu/hook", 1e-3}}
	g := growth{}
	r := benchfmt.NewReader(in, "benchmarks")
	for r.Scan() {
		result, ok := r.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		text, _, _ := strings.Cut(result.Name.String(), "-") // without GOMAXPROCS
		name, workers, _ := strings.Cut(text, "/workers=")
		unit, drawn := units[name]
		if !drawn {
			continue
		}
		n, err := strconv.ParseFloat(workers, 64)
		cost, measured := result.Value(unit.name)
		if err != nil || !measured {
			return nil, fmt.Errorf("cannot read benchmark %s: no number of workers, or no %s", result.Name, unit.name)
		}
		g[name] = append(g[name], plotter.XY{X: n, Y: cost * unit.scale})
	}
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("cannot read benchmarks: %w", err)
	}
	for name := range units {
		if len(g[name]) == 0 {
			return nil, fmt.Errorf("cannot draw benchmark %s: it was not measured (IdleHook needs valgrind)", name)
		}
	}
	return g, nil
}

// readPeers reads the CPU of the recorded peers in seconds.
func readPeers(in io.Reader) (growth, error) {
	r := csv.NewReader(in)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("cannot read peers: %w", err)
	}
	g := growth{}
	for _, row := range rows[1:] { // without the heading
		n, err := strconv.ParseFloat(row[1], 64)
		if err != nil {
			return nil, fmt.Errorf("cannot read number of workers of %s: %w", row[0], err)
		}
		seconds, err := strconv.ParseFloat(row[2], 64)
		if err != nil {
			return nil, fmt.Errorf("cannot read CPU of %s: %w", row[0], err)
		}
		g[row[0]] = append(g[row[0]], plotter.XY{X: n, Y: seconds})
	}
	return g, nil
}
