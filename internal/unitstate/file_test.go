package unitstate_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"modernc.org/sqlite"

	"github.com/kube-control/kube-control/internal/unitstate"
)

// store names a store in a folder of its own.
func store(t *testing.T) unitstate.File {
	t.Helper()
	return unitstate.File{Path: filepath.Join(t.TempDir(), ".unit-state.db"), Wait: 50 * time.Millisecond}
}

// execute runs statements on a file as another program would, and keeps its connection open to the test's end.
func execute(t *testing.T, f unitstate.File, statements ...string) *sql.DB {
	t.Helper()
	if _, err := sqlite.OFDLocking(true); err != nil { // one process locks in one way only
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", f.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return db
}

func write(t *testing.T, f unitstate.File, content string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(f.Path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(f.Path, mode); err != nil {
		t.Fatal(err)
	}
}

func mode(t *testing.T, f unitstate.File) fs.FileMode {
	t.Helper()
	info, err := os.Stat(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func update(t *testing.T, f unitstate.File, put map[string]string, drop ...string) {
	t.Helper()
	if err := f.Update(t.Context(), put, drop); err != nil {
		t.Fatal(err)
	}
}

// want compares rows with those that there are to be.
func want(t *testing.T, f unitstate.File, rows map[string]string, keys ...string) {
	t.Helper()
	got, err := f.Read(t.Context(), keys...)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(rows, got); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
}

func TestUpdatePutsAndDrops(t *testing.T) {
	t.Parallel()
	f := store(t)
	update(t, f, map[string]string{"reactive.states.a": "null", "reactive.states.b": "null", "other": `{"x": 1}`})
	update(t, f, map[string]string{"reactive.states.a": `"new"`}, "reactive.states.b", "not there")
	want(t, f, map[string]string{"reactive.states.a": `"new"`, "other": `{"x": 1}`}, "reactive.states.a", "reactive.states.b", "other", "none")
	want(t, f, map[string]string{}, "none")
	if m := mode(t, f); m != 0o600 {
		t.Errorf("a new file has mode %o", m)
	}
}

func TestUpdateMakesNoFileForNothing(t *testing.T) {
	t.Parallel()
	f := store(t)
	update(t, f, nil, "a")
	if _, err := os.Stat(f.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was made to drop rows: %v", err)
	}
}

// While another program writes, an Update that changes nothing needs no lock, and so no wait.
func TestUpdateWritesOnlyWhatDiffers(t *testing.T) {
	t.Parallel()
	f := store(t)
	rows := map[string]string{"a": "1", "b": "2"}
	update(t, f, rows)
	execute(t, f, "BEGIN IMMEDIATE", "INSERT INTO kv VALUES ('python', '1')")
	update(t, f, rows, "c")
	for _, differs := range []struct {
		put  map[string]string
		drop []string
	}{{put: map[string]string{"a": "2"}}, {put: map[string]string{"c": "1"}}, {drop: []string{"a"}}} {
		if err := f.Update(t.Context(), differs.put, differs.drop); !errors.Is(err, unitstate.ErrLocked) {
			t.Errorf("%v beside a writer: %v", differs, err)
		}
	}
	want(t, f, rows, "a", "b", "c", "python")
}

func TestProtect(t *testing.T) {
	t.Parallel()
	for _, m := range []fs.FileMode{0o644, 0o660, 0o600, 0o400} {
		f := store(t)
		write(t, f, "", m)
		if err := f.Protect(); err != nil {
			t.Fatal(err)
		}
		if got := mode(t, f); got != m&0o700 {
			t.Errorf("mode %o became %o", m, got)
		}
	}
	if err := store(t).Protect(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestUpdateProtects(t *testing.T) {
	t.Parallel()
	f := store(t)
	rows := map[string]string{"a": "1"}
	update(t, f, rows)
	if err := os.Chmod(f.Path, 0o644); err != nil {
		t.Fatal(err)
	}
	update(t, f, rows)
	if m := mode(t, f); m != 0o600 {
		t.Errorf("mode %o", m)
	}
}

func TestReadHasNoRowsOfOps(t *testing.T) {
	t.Parallel()
	f := store(t)
	execute(t, f, "CREATE TABLE snapshot (handle TEXT PRIMARY KEY, data BLOB)", "INSERT INTO snapshot VALUES ('StoredStateData[_stored]', x'8004')")
	want(t, f, nil, "creds")
	empty := store(t)
	write(t, empty, "", 0o600)
	want(t, empty, nil, "creds")
	update(t, f, map[string]string{"a": "1"})
	want(t, f, map[string]string{"a": "1"}, "a")
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		make func(t *testing.T, f unitstate.File)
		want error  // of Read
		text string // of its message
	}{
		{"no file", func(*testing.T, unitstate.File) {}, fs.ErrNotExist, "no such file or directory"},
		{"damaged", func(t *testing.T, f unitstate.File) { write(t, f, strings.Repeat("no database ", 100), 0o600) }, nil, "not a database"},
		{"cut off", func(t *testing.T, f unitstate.File) {
			update(t, f, map[string]string{"creds": strings.Repeat("x", 20000)})
			if err := os.Truncate(f.Path, 6000); err != nil {
				t.Fatal(err)
			}
		}, nil, "malformed"},
		{"a folder", func(t *testing.T, f unitstate.File) {
			if err := os.Mkdir(f.Path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, nil, "unable to open"},
		{"other tables", func(t *testing.T, f unitstate.File) {
			execute(t, f, "CREATE TABLE notes (text)")
		}, unitstate.ErrForeign, "not a database of charmhelpers"},
		{"other columns", func(t *testing.T, f unitstate.File) { execute(t, f, "CREATE TABLE kv (k, v)") }, nil, "no such column"},
		{"locked", func(t *testing.T, f unitstate.File) {
			update(t, f, map[string]string{"a": "1"})
			execute(t, f, "BEGIN EXCLUSIVE")
		}, unitstate.ErrLocked, "another program has it locked"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := store(t)
			test.make(t, f)
			_, err := f.Read(t.Context(), "creds")
			if err == nil || test.want != nil && !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text) {
				t.Fatalf("error %v", err)
			}
			if want := "cannot read " + f.Path + ": "; !strings.HasPrefix(err.Error(), want) || strings.Count(err.Error(), f.Path) != 1 {
				t.Errorf("error %q", err)
			}
			if test.want == fs.ErrNotExist {
				return
			}
			if err := f.Update(t.Context(), map[string]string{"b": "1"}, nil); err == nil || !strings.HasPrefix(err.Error(), "cannot update "+f.Path+": ") {
				t.Errorf("update: %v", err)
			}
		})
	}
}

func TestPathsOfAnyName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b", "a?mode=ro", "a%20b", "a#b", "ü'\""} {
		f := store(t)
		f.Path = filepath.Join(filepath.Dir(f.Path), name)
		update(t, f, map[string]string{"a": "1"})
		want(t, f, map[string]string{"a": "1"}, "a")
		if _, err := os.Stat(f.Path); err != nil {
			t.Error(err)
		}
	}
}

func TestWritersWaitForEachOther(t *testing.T) {
	t.Parallel()
	f := store(t)
	f.Wait = time.Minute
	keys := []string{}
	var writers sync.WaitGroup
	for i := range 8 {
		key := fmt.Sprint("key", i)
		keys = append(keys, key)
		writers.Go(func() {
			if err := f.Update(t.Context(), map[string]string{key: "1"}, nil); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	got, err := f.Read(t.Context(), keys...)
	if err != nil || len(got) != len(keys) {
		t.Errorf("%v, error %v", got, err)
	}
}
