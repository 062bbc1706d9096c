package pack_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// charmcraft is a charmcraft.yaml as charmcraft 4 reads it beside a metadata.yaml, a config.yaml and an actions.yaml.
// What stands in those may not stand here, and neither may bases, which 24.04 and later do not take. A platform of
// several bases names its own. Of the keys of
// parts these are the ones that our plugin and the steps after it need; another one fails the strict reading.
type charmcraft struct {
	Type      string            `json:"type"`
	Title     string            `json:"title"`
	Links     map[string]string `json:"links"`
	Platforms map[string]any    `json:"platforms"`
	Parts     map[string]part   `json:"parts"`
}

type part struct {
	Plugin   string            `json:"plugin"`
	Source   string            `json:"source"`
	Organize map[string]string `json:"organize"`
	Stage    []string          `json:"stage"`
}

func TestCharmcraft(t *testing.T) {
	t.Parallel()

	for _, name := range []string{"kube-control-master", "kube-control-worker"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			dir := charms()[name]
			var c charmcraft
			read(t, dir, "charmcraft.yaml", &c)
			var m metadata
			read(t, dir, "metadata.yaml", &m)

			if c.Type != "charm" {
				t.Errorf("type %q", c.Type)
			}
			if c.Title != m.DisplayName || len(c.Title) < 2 || len(c.Title) > 40 {
				t.Errorf("title is %q and display-name %q", c.Title, m.DisplayName)
			}
			want := map[string]string{
				"documentation": m.Docs, "issues": m.Issues, "source": m.Source, "website": m.Website, "contact": m.Issues,
			}
			if diff := cmp.Diff(want, c.Links); diff != "" {
				t.Errorf("links differ from those of metadata.yaml (-want +got):\n%s", diff)
			}
			// Without a value a platform is built on machines of its own kind.
			platforms := map[string]any{}
			for _, base := range []string{"22.04", "24.04", "26.04"} {
				for _, arch := range []string{"amd64", "arm64", "ppc64el", "s390x"} {
					platforms["ubuntu@"+base+":"+arch] = nil
				}
			}
			if diff := cmp.Diff(platforms, c.Platforms); diff != "" {
				t.Errorf("platforms differ (-want +got):\n%s", diff)
			}
			checkParts(t, dir, c.Parts)
		})
	}
}

// checkParts wants the parts to put into the charm what "make charm" does, with one dispatch in the place of the links
// of hooks and actions, and nothing twice.
func checkParts(t *testing.T, dir string, parts map[string]part) {
	t.Helper()
	var got []string
	for name, p := range parts {
		if p.Plugin != "dump" || len(p.Stage) == 0 {
			t.Errorf("part %s has the plugin %q and stages %q", name, p.Plugin, p.Stage)
		}
		source := filepath.Join(dir, p.Source)
		if !filepath.IsLocal(p.Source) {
			t.Errorf("part %s takes from outside of the charm: %s", name, p.Source)
		}
		from := map[string]string{}
		for old, renamed := range p.Organize {
			from[renamed] = old
		}
		for _, file := range p.Stage {
			got = append(got, file)
			if old, ok := from[file]; ok {
				file = old
			}
			built := strings.HasSuffix(filepath.Join(p.Source, file), "bin/kube-control")
			if _, err := os.Stat(filepath.Join(source, file)); err != nil && !built {
				t.Errorf("part %s stages what is not there: %v", name, err)
			}
		}
	}
	slices.Sort(got)

	want := []string{"bin/kube-control", "dispatch"}
	for _, file := range []string{
		"LICENSE", "README.md", "actions.yaml", "config.yaml", "copyright", "handlers", "icon.svg", "kube-control.yaml", "metadata.yaml",
	} {
		if _, err := os.Stat(filepath.Join(dir, file)); err == nil {
			want = append(want, file)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the parts stage differs (-want +got):\n%s", diff)
	}
}
