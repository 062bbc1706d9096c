package tools

import (
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/juju/gnuflag"
)

// relationFlag is -r and --relation. Only the number behind the last colon counts.
type relationFlag struct {
	ctx Context
	id  int // -1: none given, and the hook is not about a relation
}

func newRelationFlag(ctx Context) relationFlag {
	return relationFlag{ctx: ctx, id: ctx.HookRelation()}
}

func (r *relationFlag) setFlags(f *gnuflag.FlagSet) {
	f.Var(r, "r", "the relation, by its id")
	f.Var(r, "relation", "the relation, by its id")
}

func (r *relationFlag) Set(value string) error {
	id, err := strconv.Atoi(value[strings.LastIndex(value, ":")+1:])
	if err != nil {
		return errors.New("invalid relation id")
	}
	for _, known := range r.ctx.Relations() {
		if known.ID == id {
			r.id = id
			return nil
		}
	}
	return errors.New("relation not found")
}

func (r *relationFlag) String() string { return "" }

// need is the error of a tool that cannot do without a relation.
func (r *relationFlag) need() error {
	if r.id < 0 {
		return errors.New("no relation id specified")
	}
	return nil
}

func (r *relationFlag) relation() Relation {
	for _, known := range r.ctx.Relations() {
		if known.ID == r.id {
			return known
		}
	}
	return Relation{ID: r.id}
}

// keyValues reads KEY=VALUE arguments: both sides trimmed, empty arguments skipped.
func keyValues(args []string) (map[string]string, error) {
	settings := map[string]string{}
	for _, arg := range args {
		if arg == "" {
			continue
		}
		key, value, found := strings.Cut(arg, "=")
		if !found {
			return nil, fmt.Errorf(`expected "key=value", got %q`, arg)
		}
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if key == "" {
			return nil, fmt.Errorf(`expected "key=value", got "=%s"`, value)
		}
		if _, twice := settings[key]; twice {
			return nil, fmt.Errorf("key %q specified more than once", key)
		}
		settings[key] = value
	}
	return settings, nil
}

// settingsFlags are the options and arguments of relation-set and state-set.
type settingsFlags struct {
	file string
	args map[string]string
}

func (s *settingsFlags) setFlags(f *gnuflag.FlagSet) {
	f.StringVar(&s.file, "file", "", "a file with a YAML map of settings, - for standard input")
}

// settings merges the file's settings and the arguments, which win.
func (s *settingsFlags) settings(c *call) (map[string]string, error) {
	settings := map[string]string{}
	fromFile, err := readSettings(c, s.file)
	if err != nil {
		return nil, err
	}
	for key, value := range fromFile {
		settings[key] = value
	}
	for key, value := range s.args {
		settings[key] = value
	}
	return settings, nil
}

// dummyFormat is the --format of tools that print nothing.
type dummyFormat struct{ format string }

func (d *dummyFormat) setFlags(f *gnuflag.FlagSet) {
	f.StringVar(&d.format, "format", "", "deprecated")
}

func (d *dummyFormat) warn(c *call) {
	if d.format != "" {
		fmt.Fprintf(&c.stderr, "--format flag deprecated for command %q", c.request.Name)
	}
}

const (
	appPattern  = `[a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*`
	unitPattern = appPattern + `/(?:0|[1-9][0-9]*)`
)

// Compiled at the first use: most tools' processes need none.
var (
	appName  = sync.OnceValue(func() *regexp.Regexp { return whole(appPattern) })
	unitName = sync.OnceValue(func() *regexp.Regexp { return whole(unitPattern) })
)

func isApp(name string) bool  { return appName().MatchString(name) }
func isUnit(name string) bool { return unitName().MatchString(name) }

func matches(pattern, text string) bool { return whole(pattern).MatchString(text) }

func whole(pattern string) *regexp.Regexp { return regexp.MustCompile("^(?:" + pattern + ")$") }

// appOf is the application of a unit.
func appOf(unit string) string {
	app, _, _ := strings.Cut(unit, "/")
	return app
}

func sortedKeys(of map[string]string) []string {
	keys := make([]string, 0, len(of))
	for key := range of {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

func isJuju2(ctx Context) bool { return versionOf(ctx.JujuVersion()).Major == 2 }
