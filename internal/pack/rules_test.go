package pack_test

import (
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

// These tests hold the three charms of this repository to what Juju, charmcraft,
// charm proof and Charmhub's review ask of a charm and can be checked by machine.

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
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(text, into); err != nil {
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
			{"display-name is words", regexp.MustCompile(`^[A-Z][A-Za-z ]+$`).MatchString(m.DisplayName)},
			{"summary is a line of less than 72 characters", m.Summary != "" && len(m.Summary) < 72},
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
		for name, e := range m.Requires {
			if _, twice := m.Provides[name]; twice {
				t.Errorf("endpoint %s is there twice", name)
			}
			checkEndpoint(t, name, e)
		}
		for name, e := range m.Provides {
			checkEndpoint(t, name, e)
		}
	})
}

func checkEndpoint(t *testing.T, name string, e endpoint) {
	t.Helper()
	if e.Interface != "kube-control" || e.Optional == nil || strings.HasPrefix(name, "juju") {
		t.Errorf("endpoint %s: interface %q, optional %v", name, e.Interface, e.Optional)
	}
}

func TestActions(t *testing.T) {
	t.Parallel()

	kebab := regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
	forEachCharm(t, func(t *testing.T, _, dir string) {
		var actions map[string]action
		read(t, dir, "actions.yaml", &actions)
		for name, a := range actions {
			if !kebab.MatchString(name) || strings.HasPrefix(name, "juju") {
				t.Errorf("action %s has no good name", name)
			}
			if a.Description == "" || a.AdditionalProperties == nil || *a.AdditionalProperties {
				t.Errorf("action %s is not described or takes anything", name)
			}
			for param, p := range a.Params {
				schema, ok := p.(map[string]any)
				if !ok || !kebab.MatchString(param) || schema["description"] == nil || schema["type"] == nil {
					t.Errorf("action %s: parameter %s has no good name, type or description", name, param)
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
		for _, endpoints := range []map[string]endpoint{m.Provides, m.Requires} {
			for name := range endpoints {
				for _, event := range []string{"created", "joined", "changed", "departed", "broken"} {
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

func TestSettingsNameHandlersThatCanRun(t *testing.T) {
	t.Parallel()

	for _, role := range []string{"master", "worker"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()

			dir := charms()["kube-control-"+role]
			var settings struct {
				Status   bool `json:"status"`
				Handlers []struct {
					Name    string   `json:"name"`
					When    []string `json:"when"`
					WhenNot []string `json:"when-not"`
					Run     []string `json:"run"`
				} `json:"handlers"`
			}
			read(t, dir, "kube-control.yaml", &settings)
			if !settings.Status || len(settings.Handlers) == 0 {
				t.Errorf("status is %v with %d handlers", settings.Status, len(settings.Handlers))
			}
			for _, h := range settings.Handlers {
				if len(h.Run) == 0 || len(h.When) == 0 {
					t.Errorf("handler %s runs %q when %q", h.Name, h.Run, h.When)
					continue
				}
				info, err := os.Stat(filepath.Join(dir, h.Run[0]))
				if err != nil || info.Mode()&0o111 == 0 {
					t.Errorf("handler %s cannot run: %v", h.Name, err)
				}
			}
		})
	}
}

func TestFilesThatReadersLookFor(t *testing.T) {
	t.Parallel()

	forEachCharm(t, func(t *testing.T, _, dir string) {
		readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
		if err != nil || len(readme) == 0 {
			t.Errorf("README.md has %d bytes, error %v", len(readme), err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "icon.svg"))
		if err != nil {
			t.Fatal(err)
		}
		var icon struct {
			XMLName xml.Name `xml:"svg"`
			ViewBox string   `xml:"viewBox,attr"`
		}
		if err := xml.Unmarshal(text, &icon); err != nil || icon.ViewBox != "0 0 100 100" {
			t.Errorf("icon.svg has the view box %q, error %v", icon.ViewBox, err)
		}
		for _, file := range []string{"LICENSE", "copyright"} {
			if info, err := os.Stat(filepath.Join(charms()["kube-control"], file)); err != nil || info.Size() == 0 {
				t.Errorf("%s: %v", file, err)
			}
		}
	})
}
