package tools_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/tools"
)

// everyRow is one tool.
type everyRow struct {
	juju    string // the version that the row imitates
	options string
	args    string // of a call that does well in a relation hook
	outside string // how the call is refused outside of one; empty: it does well there, too
}

// everyTool has one row for each tool that is imitated: all its options, and what a call that does well in a relation
// hook comes to outside of one.
func everyTool() map[string]everyRow {
	return map[string]everyRow{
		"action-fail":             {"3.6.1", "", "", ""},
		"action-get":              {"3.6.1", "--format -o --output", "", ""},
		"action-log":              {"3.6.1", "", "a", ""},
		"action-set":              {"3.6.1", "", "a=b", ""},
		"application-version-set": {"3.6.1", "", "1", ""},
		"close-port":              {"3.6.1", "--endpoints --format", "80", ""},
		"config-get":              {"3.6.1", "-a --all --format -o --output", "text", ""},
		"credential-get":          {"3.6.1", "--format -o --output", "", ""},
		"resource-get":            {"3.6.1", "", "snap", ""},
		"goal-state":              {"3.6.1", "--format -o --output", "", ""},
		"is-leader":               {"3.6.1", "--format -o --output", "", ""},
		"juju-log":                {"3.6.1", "--debug --format -l --log-level", "a", ""},
		"leader-get":              {"2.9.52", "--format -o --output", "lk", ""},
		"leader-set":              {"2.9.52", "", "a=b", ""},
		"network-get": {
			"3.6.1", "--bind-address --egress-subnets --format --ingress-address -o --output --primary-address -r --relation", "known", "",
		},
		"open-port":          {"3.6.1", "--endpoints --format", "80", ""},
		"opened-ports":       {"3.6.1", "--endpoints --format -o --output", "", ""},
		"relation-get":       {"3.6.1", "--app --format -o --output -r --relation", "user", "no relation id specified"},
		"relation-ids":       {"3.6.1", "--format -o --output", "", "no endpoint name specified"},
		"relation-list":      {"3.6.1", "--app --format -o --output -r --relation", "", "no relation id specified"},
		"relation-model-get": {"3.6.2", "--format -o --output -r --relation", "", "no relation id specified"},
		"relation-set":       {"3.6.1", "--app --file --format -r --relation", "a=b", "no relation id specified"},
		"secret-add":         {"3.6.1", "--description --expire --file --label --owner --rotate", "abc=x", ""},
		"secret-get":         {"3.6.1", "--format --label -o --output --peek --refresh", secretID, ""},
		"secret-grant":       {"3.6.1", "-r --relation --unit", secretID, "no relation id specified"},
		"secret-ids":         {"3.6.1", "--format -o --output", "", ""},
		"secret-info-get":    {"3.6.1", "--format --label -o --output", secretID, ""},
		"secret-remove":      {"3.6.1", "--revision", secretID, ""},
		"secret-revoke":      {"3.6.1", "--app --application -r --relation --unit", secretID, "missing relation or application or unit"},
		"secret-set":         {"3.6.1", "--description --expire --file --label --owner --rotate", secretID, ""},
		"state-delete":       {"3.6.1", "", "a", ""},
		"state-get":          {"3.6.1", "--format -o --output --strict", "a", ""},
		"state-set":          {"3.6.1", "--file", "a=b", ""},
		"status-get":         {"3.6.1", "--application --format --include-data -o --output", "", ""},
		"status-set":         {"3.6.1", "--application", "active", ""},
		"unit-get":           {"3.6.1", "--format -o --output", "public-address", ""},
	}
}

// everyFake is a hook in which each tool has something to say.
func everyFake(juju string) *fake {
	f := newFake()
	f.version = juju
	f.action = true
	f.networks = map[string]tools.NetworkInfo{"known": {IngressAddresses: []string{"10.0.0.1"}}}
	ownSecrets(f)
	return f
}

func TestEveryToolHasARow(t *testing.T) {
	t.Parallel()
	var want, got []string
	for _, name := range tools.Names() {
		if tools.Imitated(name) {
			want = append(want, name)
		}
		if _, found := everyTool()[name]; found {
			got = append(got, name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEveryToolsOptions(t *testing.T) {
	t.Parallel()
	for name, row := range everyTool() {
		r := tools.Run(everyFake(row.juju), tools.Request{Name: name, Args: []string{"--help"}, Dir: "/"})
		var options []string
		for _, line := range strings.Split(string(r.Stdout), "\n") {
			if strings.HasPrefix(line, "    -") {
				options = append(options, strings.Fields(line)[0])
			}
		}
		if diff := cmp.Diff(strings.Fields(row.options), options); diff != "" && len(options)+len(row.options) > 0 {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestEveryToolOutsideRelationHooks(t *testing.T) {
	t.Parallel()
	for name, row := range everyTool() {
		r := tools.Request{Name: name, Args: strings.Fields(row.args), Dir: "/"}
		if got := tools.Run(everyFake(row.juju), r); got.Code != 0 {
			t.Errorf("%s in a relation hook: got %d %s", name, got.Code, got.Stderr)
		}
		f := everyFake(row.juju)
		noRelation(f)
		got := tools.Run(f, r)
		want, code := "", 0
		if row.outside != "" {
			want, code = "ERROR "+row.outside+"\n", 2
		}
		if got.Code != code || string(got.Stderr) != want {
			t.Errorf("%s outside: got %d %s", name, got.Code, got.Stderr)
		}
	}
}

func TestEveryToolsFormats(t *testing.T) {
	t.Parallel()
	for name, row := range everyTool() {
		if !strings.Contains(row.options, "--output") {
			continue
		}
		dir := t.TempDir()
		run := func(more ...string) tools.Response {
			return tools.Run(everyFake(row.juju), tools.Request{Name: name, Args: append(strings.Fields(row.args), more...), Dir: dir})
		}
		for _, format := range []string{"yaml", "json"} {
			printed := run("--format", format)
			written := run("--format="+format, "-o", "file")
			text, err := os.ReadFile(filepath.Join(dir, "file"))
			if err != nil || written.Stdout != nil || string(text) != string(printed.Stdout) || !strings.HasSuffix(string(text), "\n") {
				t.Errorf("%s: prints %q, but writes %q, %v", name, printed.Stdout, text, err)
			}
		}
		for option, want := range map[string]string{
			"--format=xml": `invalid value "xml" for option --format: unknown format "xml"`,
			"--format":     "option needs an argument: --format",
			"--output":     "option needs an argument: --output",
			"-o":           "option needs an argument: -o",
		} {
			if got := run(option); got.Code != 2 || string(got.Stderr) != "ERROR "+want+"\n" {
				t.Errorf("%s %s: got %d %s", name, option, got.Code, got.Stderr)
			}
		}
	}
}
