package check_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/internal/check"
)

// charm is a charm's files: a name that ends in * can be executed, and a text that begins with -> is a link's target.
type charm map[string]string

func (c charm) folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range c {
		file, program := strings.CutSuffix(name, "*")
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		switch target, isLink := strings.CutPrefix(text, "->"); {
		case isLink:
			err = os.Symlink(target, path)
		case program:
			err = os.WriteFile(path, []byte(text), 0o755)
		default:
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// linked is a correct charm with a master's endpoint, and what a case changes; a text of "-" removes a file.
func linked(changes charm) charm {
	all := charm{"metadata.yaml": "name: mine\nprovides:\n  kube-control:\n    interface: kube-control\n"}
	for _, kind := range []string{"created", "joined", "changed", "departed", "broken"} {
		all["hooks/kube-control-relation-"+kind] = "->../bin/kube-control"
	}
	for name, text := range changes {
		if all[name] = text; text == "-" {
			delete(all, name)
		}
	}
	return all
}

func TestCharm(t *testing.T) {
	t.Parallel()
	const masterFlags = "kube-control.auth.requested, kube-control.connected, kube-control.departed, kube-control.gpu.available, kube-control.requests.changed"
	tests := []struct {
		name  string
		files charm
		want  []string
	}{
		{"a correct charm, whose program is not built yet", linked(charm{
			"kube-control.yaml": "handlers:\n- name: a\n  when: [kube-control.connected, leadership.is_leader]\n  when-not: [published]\n  run: [handlers/a]\n" +
				"- name: b\n  run: [bin/kube-control, --verbose, set-dns, '53', cluster.local]\n- name: c\n  run: [python3, x]\n",
			"handlers/a*":  "#!/bin/sh\n",
			"actions.yaml": "auth-user: {}\nmine: {}\n", "actions/auth-user": "->../bin/kube-control", "actions/mine*": "#!/bin/sh\n",
		}), nil},
		{"an empty folder", charm{}, []string{"metadata.yaml: the file is missing: name the charm's folder, the one with metadata.yaml"}},
		{"a misspelt interface", linked(charm{"metadata.yaml": "name: mine\n\nprovides:\n  kube-control:\n    interface: kube-contrl\n"}), []string{
			`metadata.yaml:4: no endpoint has the interface kube-control; endpoint kube-control has "kube-contrl"; did you mean kube-control?`,
		}},
		{"a peer of the interface", linked(charm{"metadata.yaml": "name: mine\nprovides: {kube-control: kube-control}\npeers:\n  x: kube-control\n"}), []string{
			"metadata.yaml:4: endpoint x under peers: the interface kube-control needs provides or requires",
		}},
		{"invalid YAML", linked(charm{"kube-control.yaml": "status: true\nhandlers: [\n"}), []string{
			"kube-control.yaml:2: yaml: line 2: did not find expected node content",
		}},
		{"a ready master without its peers", linked(charm{"kube-control.yaml": "operator: master\n"}), []string{
			"metadata.yaml:1: operator master needs an endpoint under peers with the interface kube-control-masters",
		}},
		{"unknown keys", linked(charm{"kube-control.yaml": "statsu: true\nhandlers:\n- name: a\n  run: [sh]\n  unless: [x]\n"}), []string{
			`kube-control.yaml:1: unknown key "statsu": known are handlers, operator, reactive, status; did you mean status?`,
			`kube-control.yaml:5: key handlers: handler 1: unknown key "unless": known are name, run, when, when-not`,
		}},
		{"misspelt flags, behind a handler with another mistake", linked(charm{
			"kube-control.yaml": "handlers:\n- name: a\n  run: [sh]\n  if: [x]\n- name: b\n  when: [kube-control.conected]\n  when-not:\n" +
				"  - leadership.is_leadr\n  - kube-contrl.connected\n  - published\n  run: [sh]\n",
		}), []string{
			`kube-control.yaml:4: key handlers: handler 1: unknown key "if": known are name, run, when, when-not`,
			`kube-control.yaml:6: handler b: endpoint kube-control has no flag "kube-control.conected": known are ` + masterFlags + `; did you mean kube-control.connected?`,
			`kube-control.yaml:8: handler b: unknown flag "leadership.is_leadr": known are ` + masterFlags + `, leadership.is_leader; did you mean leadership.is_leader?`,
			`kube-control.yaml:9: handler b: unknown flag "kube-contrl.connected": known are ` + masterFlags + `, leadership.is_leader; did you mean kube-control.connected?`,
		}},
		{"a worker's flag on a master", linked(charm{"kube-control.yaml": "handlers:\n- {name: a, when: [kube-control.dns.available], run: [sh]}\n"}), []string{
			`kube-control.yaml:2: handler a: endpoint kube-control has no flag "kube-control.dns.available": known are ` + masterFlags + `; did you mean kube-control.gpu.available?`,
		}},
		{"programs that cannot run", linked(charm{
			"kube-control.yaml": "handlers:\n- name: a\n  run: [handlers/sgn]\n- name: b\n  run: [./notes]\n- name: c\n  run: [../x]\n- name: d\n  run: [handlers/]\n",
			"handlers/sign*":    "", "notes": "",
		}), []string{
			"kube-control.yaml:3: handler a: program handlers/sgn is missing; did you mean handlers/sign?",
			"kube-control.yaml:5: handler b: program ./notes is not executable: chmod +x notes",
			"kube-control.yaml:7: handler c: program ../x is outside the charm",
			"kube-control.yaml:9: handler d: program handlers/ is not a file",
		}},
		{"a command that is not there", linked(charm{"kube-control.yaml": "handlers:\n- name: a\n  run:\n  - bin/kube-control\n  - set-dsn\n- {name: b, run: [kube-control, -v]}\n"}), []string{
			`kube-control.yaml:5: handler a: kube-control has no command "set-dsn": known are auth-user, set-dns; did you mean set-dns?`,
		}},
		{"missing, superfluous and wrong links", linked(charm{
			"hooks/kube-control-relation-changed": "-", "hooks/kube-control-relation-chnged": "->../bin/kube-control",
			"hooks/kube-control-relation-broken": "->../../kube-control", "hooks/other-relation-joined": "->../bin/kube-control",
		}), []string{
			"hooks/kube-control-relation-broken: the link leads to nothing: remove it and run kube-control link",
			"hooks/kube-control-relation-changed: the link is missing: run kube-control link",
			"hooks/kube-control-relation-chnged: the charm has no such hook; did you mean kube-control-relation-changed?",
			"hooks/other-relation-joined: the charm has no such hook",
		}},
		{"one dispatch for everything", charm{
			"metadata.yaml": "name: mine\nrequires: {kc: kube-control}\n", "actions.yaml": "auth-user: {}\n", "dispatch": "->bin/kube-control",
		}, nil},
		{"a dispatch that leads nowhere", charm{"metadata.yaml": "name: mine\nrequires: {kc: kube-control}\n", "dispatch": "->bin/kube-contrl"}, []string{
			"dispatch: the link does not lead to bin/kube-control: remove it and run kube-control link --dispatch",
		}},
		{"actions without a program, and links without an action", linked(charm{
			"actions.yaml": "auth-user: {}\nauth-usr: {}\n", "actions/gone": "->../bin/kube-control",
		}), []string{
			"actions.yaml:2: action auth-usr has no program: kube-control has no such action, and actions/auth-usr is missing: known are auth-user; did you mean auth-user?",
			"actions/auth-user: the link is missing: run kube-control link",
			"actions/gone: actions.yaml has no such action",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			program := check.Program{Commands: []string{"set-dns", "auth-user"}, Actions: []string{"auth-user"}}
			var got []string
			for _, p := range check.Charm(os.DirFS(test.files.folder(t)), program) {
				got = append(got, fmt.Sprint(p))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}
