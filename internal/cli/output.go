package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"sigs.k8s.io/yaml"

	"github.com/kube-control/kube-control/internal/engine"
)

func checkFormat(format string) error {
	switch format {
	case "text", "json", "yaml":
		return nil
	}
	return engine.Usagef("unknown format %q: it is text, json or yaml", format)
}

// print writes a value in the chosen format; text writes it for people.
func (a *app) print(value any, text func(w io.Writer)) error {
	out, err := a.encode(value, text)
	if err != nil {
		return err
	}
	return a.write(out)
}

func (a *app) write(out []byte) error {
	if _, err := a.Stdout.Write(out); err != nil {
		return fmt.Errorf("cannot print: %w", err)
	}
	return nil
}

func (a *app) encode(value any, text func(w io.Writer)) ([]byte, error) {
	var b bytes.Buffer
	switch a.format {
	case "json":
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(value); err != nil {
			return nil, fmt.Errorf("cannot print JSON: %w", err)
		}
	case "yaml":
		out, err := yaml.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("cannot print YAML: %w", err)
		}
		b.Write(out)
	default:
		text(&b)
	}
	return b.Bytes(), nil
}

// printValue writes a single value: a line of text, or nothing where it is absent.
func (a *app) printValue(value *string) error {
	return a.print(value, func(w io.Writer) {
		if value != nil {
			fmt.Fprintln(w, *value)
		}
	})
}

func (a *app) printBool(value bool) error {
	return a.print(value, func(w io.Writer) { fmt.Fprintln(w, value) })
}

// printLines writes a list: a line each, or an array, which is empty rather than null.
func printLines[T ~string](a *app, list []T) error {
	if list == nil {
		list = []T{}
	}
	return a.print(list, func(w io.Writer) {
		for _, item := range list {
			fmt.Fprintln(w, item)
		}
	})
}

// writeTable writes rows in columns under a header, and nothing where there are none.
func writeTable(w io.Writer, header []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{header}, rows...) {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	t.Flush()
}

// did says what a command has done, if it has. A dry run prints its plan instead.
func (a *app) did(err error, what string) error {
	if err != nil || a.dryRun {
		return err
	}
	return a.print(map[string]string{"done": what}, func(w io.Writer) { fmt.Fprintln(w, what) })
}

// printPlan writes what a dry run would do, in order.
func (a *app) printPlan(lines []string) error {
	if lines == nil {
		lines = []string{}
	}
	return a.print(lines, func(w io.Writer) {
		if len(lines) == 0 {
			lines = append(lines, "nothing to do")
		}
		fmt.Fprintln(w, strings.Join(lines, "\n"))
	})
}
