package uniter

import (
	"archive/zip"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree is a directory's content by path: a file's text, or "-> TARGET"; executable files have "x " in front.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			to, err := os.Readlink(path)
			files[rel] = "-> " + to
			return err
		}
		data, err := os.ReadFile(path)
		files[rel] = string(data)
		if info.Mode()&0o100 != 0 {
			files[rel] = "x " + files[rel]
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// plant writes what tree reads.
func plant(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for rel, text := range files {
		path := filepath.Join(dir, rel)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if to, link := strings.CutPrefix(text, "-> "); link {
			err = os.Symlink(to, path)
		} else if text, executable := strings.CutPrefix(text, "x "); executable {
			err = os.WriteFile(path, []byte(text), 0o755)
		} else {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// pack makes a .charm file of such a tree.
func pack(t *testing.T, path string, files map[string]string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := zip.NewWriter(f)
	for _, rel := range slices.Sorted(maps.Keys(files)) {
		header := &zip.FileHeader{Name: rel}
		text, link := strings.CutPrefix(files[rel], "-> ")
		text, executable := strings.CutPrefix(text, "x ")
		switch {
		case link:
			header.SetMode(fs.ModeSymlink | 0o777)
		case executable:
			header.SetMode(0o755)
		default:
			header.SetMode(0o644)
		}
		entry, err := w.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestStage(t *testing.T) {
	t.Parallel()
	charm := map[string]string{
		"metadata.yaml":               "name: x",
		"bin/tool":                    "x program",
		"bin/data":                    "no program",
		"hooks/install":               "made executable",
		"hooks/db-relation-joined":    "made executable",
		"hooks/helper":                "stays as it is",
		"hooks/start":                 "-> ../bin/data",
		"hooks/stop":                  "-> gone",
		"lib/relation/install":        "no hook",
		"actions/db-relation-changed": "no hook either",
	}
	want := maps.Clone(charm)
	for _, hook := range []string{"hooks/install", "hooks/db-relation-joined"} {
		want[hook] = "x " + want[hook]
	}
	dir := t.TempDir()
	plant(t, filepath.Join(dir, "charm"), charm)
	pack(t, filepath.Join(dir, "x.charm"), charm)
	for _, from := range []string{"charm", "x.charm"} {
		to := filepath.Join(dir, "to", from)
		if err := Stage(filepath.Join(dir, from), to, t.TempDir()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, tree(t, to)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", from, diff)
		}
	}
}

func TestStageRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, path, text, want string }{
		{"an absolute link", "hooks/a", "-> /abs", `symlink "hooks/a" is absolute: "/abs"`},
		{"a link out of the charm", "hooks/b", "-> ../../x", `symlink "hooks/b" links out of charm: "../../x"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			files := map[string]string{test.path: test.text}
			plant(t, filepath.Join(dir, "charm"), files)
			pack(t, filepath.Join(dir, "x.charm"), files)
			for _, from := range []string{"charm", "x.charm"} {
				err := Stage(filepath.Join(dir, from), filepath.Join(dir, "to", from), dir)
				if err == nil || !strings.HasSuffix(err.Error(), test.want) {
					t.Errorf("%s: got %v, want %s", from, err, test.want)
				}
			}
		})
	}
	t.Run("a packed file outside", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		pack(t, filepath.Join(dir, "x.charm"), map[string]string{"../evil": "x"})
		err := Stage(filepath.Join(dir, "x.charm"), filepath.Join(dir, "to"), t.TempDir())
		if err == nil || !strings.Contains(err.Error(), `"../evil"`) {
			t.Errorf("got %v", err)
		}
	})
}

// Row 117: a data directory that stands in the charm is left out of it, however the charm is named.
func TestRow117DataDirectoryInTheCharm(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	charm, data := filepath.Join(dir, "charm"), filepath.Join(dir, "charm", "sub", "data")
	plant(t, charm, map[string]string{"metadata.yaml": "name: x", "sub/a": "1", "sub/data/model.json": "{}", "sub/data/charms/0/metadata.yaml": "name: y"})
	if err := os.Symlink("charm", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for i, from := range []string{charm, filepath.Join(dir, "link")} {
		to := filepath.Join(data, "charms", strconv.Itoa(i+1))
		if err := Stage(from, to, data); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"metadata.yaml": "name: x", "sub/a": "1"}, tree(t, to)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", from, diff)
		}
	}
	// A charm that the copy itself would stand in.
	plant(t, filepath.Join(data, "charms"), map[string]string{"metadata.yaml": "name: z"})
	to := filepath.Join(data, "charms", "3")
	if err := Stage(filepath.Join(data, "charms"), to, data); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(to, "3")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the copy holds itself: %v", err)
	}
	if err := Stage(data, filepath.Join(data, "charms", "4"), data); err == nil || !strings.Contains(err.Error(), "is the data directory") {
		t.Errorf("the data directory as a charm: %v", err)
	}
}

// Row 117: what a charm claims of its size does not count, what it unpacks to does.
func TestRow117CharmsThatDoNotEnd(t *testing.T) {
	t.Parallel()
	small := func() *room { return &room{files: 10, bytes: 8 << 20} }
	dir := t.TempDir()
	bomb := filepath.Join(dir, "bomb.charm")
	f, err := os.Create(bomb)
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(f)
	zeros := make([]byte, 1<<20)
	for i := range 3 {
		w, err := archive.Create(strconv.Itoa(i))
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := w.Write(zeros); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(archive.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	if err := stage(bomb, filepath.Join(dir, "bomb"), t.TempDir(), small()); err == nil || !strings.HasSuffix(err.Error(), "the charm is too large") {
		t.Errorf("got %v", err)
	}
	sparse := filepath.Join(dir, "sparse")
	plant(t, sparse, map[string]string{"disk": ""})
	if err := os.Truncate(filepath.Join(sparse, "disk"), 1<<40); err != nil {
		t.Fatal(err)
	}
	if err := stage(sparse, filepath.Join(dir, "out"), t.TempDir(), small()); err == nil || !strings.HasSuffix(err.Error(), "the charm is too large") {
		t.Errorf("got %v", err)
	}
	many := filepath.Join(dir, "many")
	for i := range 10 {
		plant(t, many, map[string]string{strconv.Itoa(i): ""})
	}
	if err := stage(many, filepath.Join(dir, "out"), t.TempDir(), small()); err == nil || !strings.HasSuffix(err.Error(), "the charm has too many files") {
		t.Errorf("got %v", err)
	}
	for name, at := range map[string]string{"fifo/pipe": "fifo", "fifo.charm": "fifo.charm"} {
		plant(t, filepath.Join(dir, filepath.Dir(name)), map[string]string{"other": ""})
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Stage(filepath.Join(dir, at), filepath.Join(dir, "to", at), t.TempDir()); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// Row 117: links that lead out of the charm only together write nothing outside of it.
func TestRow117LinksThatLeadOutTogether(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "x.charm"))
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(f)
	for _, e := range []struct{ name, body string }{{"x/up", "-> .."}, {"x/up/out", "-> .."}, {"out/evil", "written"}} {
		header := &zip.FileHeader{Name: e.name}
		header.SetMode(0o644)
		body, link := strings.CutPrefix(e.body, "-> ")
		if link {
			header.SetMode(fs.ModeSymlink | 0o777)
		}
		w, err := archive.CreateHeader(header)
		if err == nil {
			_, err = w.Write([]byte(body))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(archive.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	err = Stage(filepath.Join(dir, "x.charm"), filepath.Join(dir, "to"), t.TempDir())
	if _, there := os.Stat(filepath.Join(dir, "evil")); there == nil || err == nil {
		t.Errorf("the file is written outside, or taken: %v", err)
	}
}

func TestUnpackOverAnOlderCharm(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	large := strings.Repeat("x", linkedSize)
	plant(t, filepath.Join(dir, "old"), map[string]string{"only-old": "1", "both": "old", "link": "-> both"})
	plant(t, filepath.Join(dir, "new"), map[string]string{"both": "new", "link": "-> large", "large": large})
	unit := filepath.Join(dir, "unit")
	plant(t, unit, map[string]string{"only-old": "1", "both": "old", "link": "-> both", "own": "kept"})
	if err := removeTree(filepath.Join(dir, "old"), unit); err != nil {
		t.Fatal(err)
	}
	if err := copyTree(filepath.Join(dir, "new"), unit, nil, nil); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"both": "new", "link": "-> large", "large": large, "own": "kept"}
	if diff := cmp.Diff(want, tree(t, unit)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
