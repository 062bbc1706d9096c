package session_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/internal/charmfile"
	"github.com/kube-control/kube-control/internal/session"
)

func TestReadSettings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, yaml string
		want       charmfile.Settings
	}{
		{"an empty file", "# nothing yet\n", charmfile.Settings{}},
		{"everything off", "operator: ''\nstatus: false\nreactive: false\nhandlers: []\n", charmfile.Settings{}},
		{"all that there is", `
status: true
reactive: true
handlers:
- name: sign
  when: [kube-control.auth.requested, leadership.is_leader]
  when-not: [kube-control.departed]
  run: [scripts/sign, --all, ""]
- {name: always, run: [./always]}
`, charmfile.Settings{Status: true, Reactive: true, Handlers: []charmfile.Handler{
			{
				Name: "sign", When: []string{"kube-control.auth.requested", "leadership.is_leader"},
				WhenNot: []string{"kube-control.departed"}, Run: []string{"scripts/sign", "--all", ""},
			},
			{Name: "always", Run: []string{"./always"}},
		}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := session.ReadSettings(charmFolder(t, map[string]string{"kube-control.yaml": test.yaml}))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("no file", func(t *testing.T) {
		t.Parallel()
		got, err := session.ReadSettings(t.TempDir())
		if diff := cmp.Diff(charmfile.Settings{}, got); diff != "" || err != nil {
			t.Errorf("error %v, settings (-want +got):\n%s", err, diff)
		}
	})
}

func TestReadSettingsRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, yaml, want string }{
		{"a list", "[status]", "want a map"},
		{"bad YAML", "status: [", "yaml: line 1: did not find expected node content"},
		{"a key twice", "status: true\nstatus: false", `yaml: unmarshal errors: line 2: key "status" already set in map`},
		{"an unknown key", "statuses: true", `unknown key "statuses": known are handlers, operator, reactive, status; did you mean status?`},
		{"a key in capitals", "Status: true", `unknown key "Status": known are handlers, operator, reactive, status; did you mean status?`},
		{"a status of text", `status: "true"`, "key status: want true or false"},
		{"a status of nothing", "status:", "key status: want true or false"},
		{"an operator that is none", "operator: [master]", "key operator: want a text"},
		{"an operator", "operator: leader", `key operator: "leader" is not an operator: known are master, worker`},
		{"reactive of text", "reactive: maybe", "key reactive: want true or false"},
		{"handlers in a map", "handlers: {sign: [x]}", "key handlers: want a list of maps"},
		{"handlers of nothing", "handlers:", "key handlers: want a list of maps"},
		{"a handler that is a text", "handlers: [x]", "key handlers: want a list of maps"},
		{"a handler without a name", "handlers: [{name: a, run: [x]}, {run: [x]}]", "key handlers: handler 2: key name: a handler needs one"},
		{"a handler without a program", "handlers: [{name: a}]", "key handlers: handler 1: key run: want the program to run and its arguments"},
		{"a handler that runs nothing", "handlers: [{name: a, run: []}]", "key handlers: handler 1: key run: want the program to run and its arguments"},
		{"a handler that runs an empty name", "handlers: [{name: a, run: ['']}]", "key handlers: handler 1: key run: want the program to run and its arguments"},
		{"a handler that runs a text", "handlers: [{name: a, run: x -y}]", "key handlers: handler 1: key run: want a list of texts"},
		{"a handler with a number to run", "handlers: [{name: a, run: [x, 1]}]", "key handlers: handler 1: key run: want a list of texts"},
		{"a handler with nothing in its list", "handlers: [{name: a, run: [x, ]}, {name: b, run: [~]}]", "key handlers: handler 2: key run: want a list of texts"},
		{"a handler whose name is a number", "handlers: [{name: 1, run: [x]}]", "key handlers: handler 1: key name: want a text"},
		{"a handler's unknown key", "handlers: [{name: a, run: [x], when_not: [f]}]", `key handlers: handler 1: unknown key "when_not": known are name, run, when, when-not; did you mean when-not?`},
		{"a handler with one flag as a text", "handlers: [{name: a, run: [x], when: f}]", "key handlers: handler 1: key when: want a list of texts"},
		{"a handler with an empty flag", "handlers: [{name: a, run: [x], when-not: ['']}]", "key handlers: handler 1: key when-not: a flag's name cannot be empty"},
		{"two handlers of a name", "handlers: [{name: a, run: [x]}, {name: a, run: [z]}]", `key handlers: handler 2: there is already one of the name "a"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := charmFolder(t, map[string]string{"kube-control.yaml": test.yaml})
			got, err := session.ReadSettings(dir)
			sameError(t, err, "cannot read DIR/kube-control.yaml: "+test.want, dir)
			if diff := cmp.Diff(charmfile.Settings{}, got); diff != "" {
				t.Errorf("settings beside an error (-want +got):\n%s", diff)
			}
		})
	}
}
