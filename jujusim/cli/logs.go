package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/jujusim/model"
)

// levels are those of debug-log, from the most to the least talkative.
var levels = [...]string{"TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}

func (s *session) debugLogCmd() *cobra.Command {
	var level string
	var include []string
	c := verb("debug-log", "Print the log", 0, 0, func([]string) error {
		if err := s.open(); err != nil {
			return err
		}
		lines, err := s.logLines(level, include)
		for _, line := range lines {
			fmt.Fprintln(s.stdout, line)
		}
		return err
	})
	c.Flags().StringVarP(&level, "level", "l", "DEBUG", "the least level to print")
	c.Flags().StringArrayVarP(&include, "include", "i", nil, "print the records of this unit only; repeatable")
	return c
}

// logLines are the records of a level and above, of some units or of all.
func (s *session) logLines(level string, include []string) ([]string, error) {
	least := slices.Index(levels[:], strings.ToUpper(level))
	if least < 0 {
		return nil, usageError{fmt.Errorf("level value %q is not one of %q", level, levels)}
	}
	var lines []string
	err := readLines(s, "debug-log.jsonl", func(r model.LogRecord) {
		if slices.Index(levels[:], r.Level) >= least && (include == nil || slices.Contains(include, r.Unit)) {
			lines = append(lines, r.String())
		}
	})
	return lines, err
}

// readLines reads a file of JSON lines in the data directory; there may be none yet.
func readLines[T any](s *session, name string, each func(T)) error {
	if err := s.flush(); err != nil {
		return err
	}
	f, err := os.Open(filepath.Join(s.data, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", name, err)
	}
	defer f.Close()
	for d := json.NewDecoder(bufio.NewReader(f)); d.More(); {
		var line T
		if err := d.Decode(&line); err != nil {
			return fmt.Errorf("cannot read %s: %w", name, err)
		}
		each(line)
	}
	return nil
}

// traceRun is what tool-calls prints of a traceRecord; a mark has no name.
type traceRun struct {
	Name  string      `json:"hook"`
	Calls []traceCall `json:"calls"`
}

// traceCall is one call of a hook tool.
type traceCall struct {
	Tool string   `json:"tool"`
	Argv []string `json:"argv"` // without the tool's name, and without values
	Code int      `json:"code"`
}

// withoutValues hides what a tool was told to write: of key=value the key stays.
func withoutValues(tool string, args []string) []string {
	shown := slices.Clone(args)
	writes := []string{"action-set", "leader-set", "relation-set", "secret-add", "secret-set", "state-set"}
	if !slices.Contains(writes, tool) {
		return shown
	}
	flags := true // until "--"
	for i, arg := range shown {
		key, _, found := strings.Cut(arg, "=")
		if found && (!flags || !strings.HasPrefix(arg, "-")) {
			shown[i] = key + "="
		}
		flags = flags && arg != "--"
	}
	return shown
}

func (s *session) toolCallsCmd() *cobra.Command {
	var mark, all, count bool
	var format string
	c := verb("tool-calls UNIT", "Print the hook tools that the unit's last hook has called", 1, 1, func(args []string) error {
		if err := oneOf(format, "text", "json"); err != nil {
			return err
		}
		if err := s.open(); err != nil {
			return err
		}
		unit := args[0]
		if mark {
			s.addTrace(unit, traceRecord{})
			return nil
		}
		runs := []traceRun{}
		err := readLines(s, traceFile(unit), func(r traceRun) {
			switch {
			case r.Name == "":
				runs = []traceRun{}
			case all:
				runs = append(runs, r)
			default:
				runs = []traceRun{r}
			}
		})
		if err != nil {
			return err
		}
		if format == "json" {
			return json.NewEncoder(s.stdout).Encode(runs)
		}
		s.printRuns(runs, count)
		return nil
	})
	c.Flags().BoolVar(&mark, "mark", false, "print nothing, but forget all calls up to now")
	c.Flags().BoolVar(&all, "all", false, "print the calls of all hooks, actions and execs since the mark")
	c.Flags().BoolVar(&count, "count", false, "print one line for each hook, with the number of its calls")
	c.Flags().StringVar(&format, "format", "text", "text or json")
	return c
}

// printRuns prints "HOOK TOOL ARGUMENTS... -> CODE" for each call, or "HOOK NUMBER" for each run.
func (s *session) printRuns(runs []traceRun, count bool) {
	for _, r := range runs {
		if count {
			fmt.Fprintln(s.stdout, r.Name, len(r.Calls))
			continue
		}
		for _, c := range r.Calls {
			words := append([]string{r.Name, c.Tool}, c.Argv...)
			fmt.Fprintln(s.stdout, strings.Join(words, " "), "->", c.Code)
		}
	}
}

func (s *session) statusLogCmd() *cobra.Command {
	return verb("show-status-log UNIT", "Print the workload statuses that the unit has had", 1, 1, func(args []string) error {
		if err := s.open(); err != nil {
			return err
		}
		u, err := s.model.Unit(args[0])
		if err != nil {
			return err
		}
		rows := [][]string{{"Time", "Type", "Status", "Message"}}
		for _, st := range append(slices.Clone(u.Workload.History), u.Workload.Current) {
			rows = append(rows, []string{st.Since, "workload", st.Status, st.Message})
		}
		s.table(rows)
		return nil
	})
}

// oneOf checks a --format.
func oneOf(format string, known ...string) error {
	if slices.Contains(known, format) {
		return nil
	}
	return usageError{fmt.Errorf("invalid value %q for option --format: unknown format %q", format, format)}
}
