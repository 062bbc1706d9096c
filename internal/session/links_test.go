package session_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/internal/session"
)

// linkable is a charm of two endpoints, one action that the program has and one of the charm's own.
func linkable() map[string]string {
	return map[string]string{
		"metadata.yaml":    "name: k\nprovides: {kube-control: kube-control, db: pgsql}\nrequires: {control-plane: kube-control}\n",
		"actions.yaml":     "get-dns: {}\nbackup: {}\n",
		"bin/kube-control": "#!/bin/sh\n",
	}
}

// tree is what hooks/ and actions/ hold: the target of each link, or the kind of any other file.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, folder := range []string{"hooks", "actions"} {
		entries, err := os.ReadDir(filepath.Join(dir, folder))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for _, entry := range entries {
			path := folder + "/" + entry.Name()
			if entry.Type() != fs.ModeSymlink {
				found[path] = "no link"
				continue
			}
			if found[path], err = os.Readlink(filepath.Join(dir, path)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return found
}

// relationHooks are the links that are asked for in any case, in order.
func relationHooks() []string {
	var paths []string
	for _, endpoint := range []string{"kube-control", "control-plane"} {
		for _, kind := range []string{"created", "joined", "changed", "departed", "broken"} {
			paths = append(paths, "hooks/"+endpoint+"-relation-"+kind)
		}
	}
	return paths
}

func all(state session.LinkState, paths []string) []session.Link {
	var links []session.Link
	for _, path := range paths {
		links = append(links, session.Link{Path: path, State: state})
	}
	return links
}

func TestLinks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		options session.LinkOptions
		more    []string
	}{
		{"relation hooks alone", session.LinkOptions{}, nil},
		{"lifecycle", session.LinkOptions{Lifecycle: true}, []string{
			"hooks/install", "hooks/start", "hooks/config-changed", "hooks/upgrade-charm", "hooks/update-status", "hooks/stop", "hooks/remove",
		}},
		{"leader", session.LinkOptions{Leader: true}, []string{"hooks/leader-elected", "hooks/leader-settings-changed"}},
		{"secrets", session.LinkOptions{Secrets: true}, []string{
			"hooks/secret-changed", "hooks/secret-rotate", "hooks/secret-expired", "hooks/secret-remove",
		}},
		{"those actions of the charm that the program has", session.LinkOptions{Actions: []string{"auth-user", "get-dns"}}, []string{"actions/get-dns"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := charmFolder(t, linkable())
			paths := slices.Concat(relationHooks(), test.more)
			check := test.options
			check.Check = true
			for _, step := range []struct {
				options session.LinkOptions
				state   session.LinkState
				written int
			}{
				{check, session.LinkMissing, 0},
				{test.options, session.LinkMade, len(paths)},
				{test.options, session.LinkRight, len(paths)},
				{check, session.LinkRight, len(paths)},
			} {
				got, err := session.Links(dir, step.options)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(all(step.state, paths), got); diff != "" {
					t.Errorf("links (-want +got):\n%s", diff)
				}
				found := tree(t, dir)
				if len(found) != step.written {
					t.Errorf("%d of %d links are there", len(found), step.written)
				}
				for path, target := range found {
					if target != "../bin/kube-control" {
						t.Errorf("%s leads to %s", path, target)
					}
					if _, err := os.Stat(filepath.Join(dir, path)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
}

func TestLinksMendsOneThatIsGone(t *testing.T) {
	t.Parallel()
	dir := charmFolder(t, linkable())
	if _, err := session.Links(dir, session.LinkOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "hooks/kube-control-relation-broken")); err != nil {
		t.Fatal(err)
	}
	want := all(session.LinkRight, relationHooks())
	want[4].State = session.LinkMade
	got, err := session.Links(dir, session.LinkOptions{})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, links (-want +got):\n%s", err, diff)
	}
}

func TestLinksLeavesForeignFilesAlone(t *testing.T) {
	t.Parallel()
	const hook = "hooks/kube-control-relation-joined"
	tests := []struct {
		name  string
		place func(path string) error
	}{
		{"a file", func(path string) error { return os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755) }},
		{"a folder", func(path string) error { return os.Mkdir(path, 0o755) }},
		{"a link to another program", func(path string) error { return os.Symlink("../dispatch", path) }},
		{"a link to nothing", func(path string) error { return os.Symlink("../bin/kube-contrl", path) }},
		{"an absolute link to the program", func(path string) error {
			return os.Symlink(filepath.Join(filepath.Dir(path), "../bin/kube-control"), path)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := charmFolder(t, linkable())
			if err := os.Mkdir(filepath.Join(dir, "hooks"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := test.place(filepath.Join(dir, hook)); err != nil {
				t.Fatal(err)
			}
			before := tree(t, dir)
			want := all(session.LinkMissing, relationHooks())
			want[1].State = session.LinkForeign

			got, err := session.Links(dir, session.LinkOptions{})
			sameError(t, err, "cannot link "+hook+": something else is there", dir)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("links (-want +got):\n%s", diff)
			}
			got, err = session.Links(dir, session.LinkOptions{Check: true})
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("error %v, links (-want +got):\n%s", err, diff)
			}
			if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
				t.Errorf("folder (-before +after):\n%s", diff)
			}
		})
	}
}

func TestLinksRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(dir string) error
		want   string
	}{
		{"a target that is gone", func(dir string) error { return os.Remove(dir + "/bin/kube-control") }, "cannot link to bin/kube-control: no such file or directory"},
		{"a target that leads nowhere", func(dir string) error {
			if err := os.Remove(dir + "/bin/kube-control"); err != nil {
				return err
			}
			return os.Symlink("../build/kube-control", dir+"/bin/kube-control")
		}, "cannot link to bin/kube-control: no such file or directory"},
		{"a target that cannot be executed", func(dir string) error { return os.Chmod(dir+"/bin/kube-control", 0o644) }, "cannot link to bin/kube-control: not executable"},
		{"a folder as target", func(dir string) error {
			if err := os.Remove(dir + "/bin/kube-control"); err != nil {
				return err
			}
			return os.Mkdir(dir+"/bin/kube-control", 0o755)
		}, "cannot link to bin/kube-control: not a file"},
		{"hooks in another place", func(dir string) error { return os.Symlink("bin", dir+"/hooks") }, "cannot look at link hooks/kube-control-relation-created: hooks is not a folder"},
		{"no metadata.yaml", func(dir string) error { return os.Remove(dir + "/metadata.yaml") }, "cannot link hooks: there is no metadata.yaml in DIR: name the charm's folder with --charm"},
		{"no endpoint of the interface", func(dir string) error {
			return os.WriteFile(dir+"/metadata.yaml", []byte("name: k\nprovides: {db: pgsql}\n"), 0o644)
		}, "cannot link hooks: charm k has no endpoint of the interface kube-control"},
		{"a peer of the interface", func(dir string) error {
			return os.WriteFile(dir+"/metadata.yaml", []byte("name: k\npeers: {us: kube-control}\n"), 0o644)
		}, "cannot use endpoint us of charm k: a peer cannot have the interface kube-control"},
		{"bad actions.yaml", func(dir string) error { return os.WriteFile(dir+"/actions.yaml", []byte("[x]"), 0o644) }, "cannot read DIR/actions.yaml: want a map"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := charmFolder(t, linkable())
			if err := test.change(dir); err != nil {
				t.Fatal(err)
			}
			before := tree(t, dir)
			for _, check := range []bool{true, false} {
				_, err := session.Links(dir, session.LinkOptions{Lifecycle: true, Check: check})
				sameError(t, err, test.want, dir)
			}
			if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
				t.Errorf("folder (-before +after):\n%s", diff)
			}
		})
	}
}

func TestLinksListsBesideABadTarget(t *testing.T) {
	t.Parallel()
	files := linkable()
	maps.DeleteFunc(files, func(name, _ string) bool { return name == "bin/kube-control" })
	got, err := session.Links(charmFolder(t, files), session.LinkOptions{Check: true})
	if diff := cmp.Diff(all(session.LinkMissing, relationHooks()), got); diff != "" || err == nil {
		t.Errorf("error %v, links (-want +got):\n%s", err, diff)
	}
}

// A charm with one dispatch gets that link alone; a dispatch of the charm's own stays.
func TestLinksDispatch(t *testing.T) {
	t.Parallel()
	dir := charmFolder(t, linkable())
	for _, state := range []session.LinkState{session.LinkMade, session.LinkRight} {
		got, err := session.Links(dir, session.LinkOptions{Dispatch: true})
		if diff := cmp.Diff(all(state, []string{"dispatch"}), got); diff != "" || err != nil {
			t.Errorf("error %v, links (-want +got):\n%s", err, diff)
		}
	}
	if target, err := os.Readlink(filepath.Join(dir, "dispatch")); target != "bin/kube-control" || err != nil {
		t.Errorf("dispatch leads to %q (%v)", target, err)
	}
	if len(tree(t, dir)) > 0 {
		t.Errorf("there are other links: %v", tree(t, dir))
	}
	files := linkable()
	files["dispatch"] = "#!/bin/sh\n"
	own := charmFolder(t, files)
	_, err := session.Links(own, session.LinkOptions{Dispatch: true})
	sameError(t, err, "cannot link dispatch: something else is there", own)
}
