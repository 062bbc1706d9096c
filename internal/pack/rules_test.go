package pack_test

import (
	"bytes"
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// These tests hold the three charms of this repository to what Juju, charmcraft's
// analyse, charm proof, charmlint and Charmhub's review ask of a charm and can be
// checked by machine. Keys that none of them knows fail the strict reading: among
// these are series, bases and maintainer.

type endpoint struct {
	Interface string `json:"interface"`
	Optional  *bool  `json:"optional"`
}

type metadata struct {
	Name        string              `json:"name"`
	DisplayName string              `json:"display-name"`
	Summary     string              `json:"summary"`
	Description string              `json:"description"`
	Maintainers []string            `json:"maintainers"`
	Docs        string              `json:"docs"`
	Issues      string              `json:"issues"`
	Source      string              `json:"source"`
	Website     string              `json:"website"`
	Tags        []string            `json:"tags"`
	Provides    map[string]endpoint `json:"provides"`
	Requires    map[string]endpoint `json:"requires"`
	Peers       map[string]endpoint `json:"peers"`
}

// endpoints returns all endpoints, by name. It fails on a name that is there twice.
func (m metadata) endpoints(t *testing.T) map[string]endpoint {
	t.Helper()
	all := map[string]endpoint{}
	for _, section := range []map[string]endpoint{m.Provides, m.Requires, m.Peers} {
		for name, e := range section {
			if _, twice := all[name]; twice {
				t.Errorf("endpoint %s is there twice", name)
			}
			all[name] = e
		}
	}
	return all
}

type action struct {
	Description          string         `json:"description"`
	AdditionalProperties *bool          `json:"additionalProperties"`
	Required             []string       `json:"required"`
	Params               map[string]any `json:"params"`
}

// charms returns the directories of the charms, by name.
func charms() map[string]string {
	return map[string]string{
		"kube-control":        filepath.Join("..", ".."),
		"kube-control-master": filepath.Join("..", "..", "charm", "master"),
		"kube-control-worker": filepath.Join("..", "..", "charm", "worker"),
	}
}

// forEachCharm runs check on each charm, in a test of its own.
func forEachCharm(t *testing.T, check func(t *testing.T, name, dir string)) {
	t.Helper()
	for name, dir := range charms() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, name, dir)
		})
	}
}

func read(t *testing.T, dir, file string, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict(readFile(t, dir, file), into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func TestMetadata(t *testing.T) {
	t.Parallel()

	forEachCharm(t, func(t *testing.T, name, dir string) {
		var m metadata
		read(t, dir, "metadata.yaml", &m)
		maintainer := regexp.MustCompile(`^[^<>]+ <[^@<> ]+@[^@<> ]+>$`)
		rules := []struct {
			rule string
			kept bool
		}{
			{"name is the charm's", m.Name == name},
			{"name is a slug, and does not say that it is a charm", isName(name) && !regexp.MustCompile(`-(operator|charm)$`).MatchString(name)},
			{"display-name is words", regexp.MustCompile(`^[A-Z][A-Za-z ]+$`).MatchString(m.DisplayName)},
			{"summary is a line of less than 72 characters", m.Summary != "" && len(m.Summary) < 72 && !strings.Contains(m.Summary, "\n")},
			{"description says more than the summary", len(m.Description) > 2*len(m.Summary)},
			{"there is a maintainer", len(m.Maintainers) > 0},
			{"maintainers have an address", !slices.ContainsFunc(m.Maintainers, func(who string) bool { return !maintainer.MatchString(who) })},
			{"docs is a link", strings.HasPrefix(m.Docs, "https://")},
			{"issues is a link", strings.HasPrefix(m.Issues, "https://")},
			{"source is a link", strings.HasPrefix(m.Source, "https://")},
			{"website is not the charm's own page", strings.HasPrefix(m.Website, "https://") && !strings.Contains(m.Website, "charmhub.io")},
			{"there are tags", len(m.Tags) > 0},
			{"there is an endpoint", len(m.Provides)+len(m.Requires) > 0},
		}
		for _, r := range rules {
			if !r.kept {
				t.Errorf("broken: %s", r.rule)
			}
		}
		for name, e := range m.endpoints(t) {
			want := "kube-control"
			if _, peer := m.Peers[name]; peer {
				want = "kube-control-masters"
			}
			if e.Interface != want || e.Optional == nil || !isName(name) || reserved(name) {
				t.Errorf("endpoint %s: interface %q, optional %v", name, e.Interface, e.Optional)
			}
		}
	})
}

// isName reports whether s can be the name of an action, a parameter or an option.
func isName(s string) bool {
	return regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`).MatchString(s)
}

// reserved reports whether Juju keeps the name of an endpoint or action for itself.
func reserved(name string) bool {
	return name == "juju" || strings.HasPrefix(name, "juju-")
}

func TestActions(t *testing.T) {
	t.Parallel()

	forEachCharm(t, func(t *testing.T, _, dir string) {
		var actions map[string]action
		read(t, dir, "actions.yaml", &actions)
		for name, a := range actions {
			if !isName(name) || reserved(name) || slices.Contains(pythonWords(), name) {
				t.Errorf("action %s has no good name", name)
			}
			if a.Description == "" || a.AdditionalProperties == nil || *a.AdditionalProperties {
				t.Errorf("action %s is not described or takes anything", name)
			}
			for param, p := range a.Params {
				schema, ok := p.(map[string]any)
				if !ok || !isName(param) || schema["description"] == nil || schema["type"] == nil {
					t.Errorf("action %s: parameter %s has no good name, type or description", name, param)
				}
				if strings.Contains(param, "token") && !strings.HasSuffix(param, "-file") {
					t.Errorf("action %s: parameter %s takes a token, which Juju would keep", name, param)
				}
				for key := range schema {
					if strings.HasPrefix(key, "$") {
						t.Errorf("action %s: parameter %s has %s, which Juju refuses", name, param, key)
					}
				}
			}
			for _, param := range a.Required {
				if a.Params[param] == nil {
					t.Errorf("action %s requires %s, which is no parameter", name, param)
				}
			}
		}
	})
}

// pythonWords are those of Python's keywords that could be a name; charmcraft refuses them for actions.
func pythonWords() []string {
	return strings.Fields(`and as assert async await break class continue def del elif else except finally for from
		global if import in is lambda nonlocal not or pass raise return try while with yield`)
}

func TestLinksAreComplete(t *testing.T) {
	t.Parallel()

	forEachCharm(t, func(t *testing.T, _, dir string) {
		var m metadata
		read(t, dir, "metadata.yaml", &m)
		hooks := []string{
			"install", "start", "config-changed", "upgrade-charm", "update-status", "stop", "remove",
			"leader-elected", "leader-settings-changed",
			"secret-changed", "secret-rotate", "secret-expired", "secret-remove",
		}
		for name := range m.endpoints(t) {
			for _, event := range []string{"created", "joined", "changed", "departed", "broken"} {
				// Juju never breaks a relation among peers.
				if _, peer := m.Peers[name]; !peer || event != "broken" {
					hooks = append(hooks, name+"-relation-"+event)
				}
			}
		}
		checkLinkSet(t, filepath.Join(dir, "hooks"), hooks)

		var listed map[string]action
		read(t, dir, "actions.yaml", &listed)
		var actions []string
		for name := range listed {
			actions = append(actions, name)
		}
		checkLinkSet(t, filepath.Join(dir, "actions"), actions)
	})
}

// checkLinkSet wants dir to hold a link to the program under each of names, and
// nothing else.
func checkLinkSet(t *testing.T, dir string, names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
		target, err := os.Readlink(filepath.Join(dir, e.Name()))
		if err != nil || target != "../bin/kube-control" {
			t.Errorf("%s/%s: link to %q, error %v", filepath.Base(dir), e.Name(), target, err)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff(names, got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", filepath.Base(dir), diff)
	}
}

func TestReadyCharmsRunTheirPolicy(t *testing.T) {
	t.Parallel()

	for _, role := range []string{"master", "worker"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()

			var got map[string]any
			read(t, charms()["kube-control-"+role], "kube-control.yaml", &got)
			if diff := cmp.Diff(map[string]any{"operator": role, "status": true}, got); diff != "" {
				t.Errorf("kube-control.yaml differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadmeNamesOptionsAndActions(t *testing.T) {
	t.Parallel()

	forEachCharm(t, func(t *testing.T, name, dir string) {
		if name == "kube-control" { // its README is the project's
			return
		}
		readme := string(readFile(t, dir, "README.md"))
		var actions map[string]action
		read(t, dir, "actions.yaml", &actions)
		for name := range actions {
			if !strings.Contains(readme, "`"+name+"`") {
				t.Errorf("README.md does not name the action %s", name)
			}
		}
		for name := range options(t, dir) {
			if !strings.Contains(readme, "`"+name+"`") {
				t.Errorf("README.md does not name the option %s", name)
			}
		}
	})
}

func TestFilesThatReadersLookFor(t *testing.T) {
	t.Parallel()

	root := charms()["kube-control"]
	forEachCharm(t, func(t *testing.T, _, dir string) {
		if len(readFile(t, dir, "README.md")) == 0 {
			t.Error("README.md is empty")
		}
		var icon struct {
			XMLName xml.Name `xml:"svg"`
			Width   string   `xml:"width,attr"`
			Height  string   `xml:"height,attr"`
			ViewBox string   `xml:"viewBox,attr"`
		}
		err := xml.Unmarshal(readFile(t, dir, "icon.svg"), &icon)
		if err != nil || icon.ViewBox != "0 0 100 100" || icon.Width != "100" || icon.Height != "100" {
			t.Errorf("icon.svg is %sx%s with the view box %q, error %v", icon.Width, icon.Height, icon.ViewBox, err)
		}
		for _, file := range []string{"LICENSE", "copyright"} {
			if text := readFile(t, dir, file); len(text) == 0 || !bytes.Equal(text, readFile(t, root, file)) {
				t.Errorf("%s is empty or is not the repository's", file)
			}
		}
		for _, file := range []string{"LICENCE", "dispatch"} {
			if _, err := os.Lstat(filepath.Join(dir, file)); err == nil {
				t.Errorf("%s has no place here", file)
			}
		}
	})
	for _, file := range []string{"CONTRIBUTING.md", "SECURITY.md"} {
		if len(readFile(t, root, file)) == 0 {
			t.Errorf("%s is empty", file)
		}
	}
	makefile := string(readFile(t, root, "Makefile"))
	for _, target := range []string{"format", "lint", "unit", "integration"} {
		if !strings.Contains(makefile, "\n"+target+":") {
			t.Errorf("the Makefile has no target %s, which Charmhub's review runs", target)
		}
	}
}

func readFile(t *testing.T, dir, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
