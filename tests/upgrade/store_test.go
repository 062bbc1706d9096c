package upgrade

import (
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"modernc.org/sqlite"

	"github.com/kube-control/kube-control/tests/world"
)

// onDisk is a recorded file: its tables, and its rows.
type onDisk struct {
	Schema []string `json:"schema"`
	KV     []struct {
		Key  string `json:"key"`
		Data string `json:"data"`
	} `json:"kv"`
	Snapshot []struct {
		Handle string `json:"handle"`
		Data   string `json:"data"` // in hexadecimal digits
	} `json:"snapshot"`
}

// recorded reads the file that a peer's side left, "reactive-latest/master".
func recorded(t *testing.T, name string) onDisk {
	t.Helper()
	text, err := os.ReadFile("testdata/ondisk.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]onDisk
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	file, ok := all[name]
	if !ok {
		t.Fatalf("no file of %s", name)
	}
	return file
}

// rows are those of charmhelpers' table.
func (f onDisk) rows() map[string]string {
	rows := map[string]string{}
	for _, r := range f.KV {
		rows[r.Key] = r.Data
	}
	return rows
}

func storeOf(w *world.World) string { return filepath.Join(w.CharmDir, ".unit-state.db") }

// lay puts a file of these tables and rows into the charm's folder, to be read by everybody.
func lay(t *testing.T, w *world.World, f onDisk, rows map[string]string) {
	t.Helper()
	db := connect(t, w)
	execute(t, db, "PRAGMA synchronous = OFF")
	execute(t, db, "BEGIN")
	for _, table := range f.Schema {
		if table != "CREATE TABLE sqlite_sequence(name,seq)" { // which SQLite makes itself
			execute(t, db, table)
		}
	}
	for key, data := range rows {
		execute(t, db, "INSERT INTO kv VALUES (?, ?)", key, data)
	}
	for _, r := range f.Snapshot {
		data, err := hex.DecodeString(r.Data)
		if err != nil {
			t.Fatal(err)
		}
		execute(t, db, "INSERT INTO snapshot VALUES (?, ?)", r.Handle, data)
	}
	execute(t, db, "COMMIT")
	execute(t, db, "PRAGMA synchronous = FULL")
	if err := os.Chmod(storeOf(w), 0o644); err != nil {
		t.Fatal(err)
	}
}

// connect opens the file as another program would; it is closed at the test's end.
func connect(t *testing.T, w *world.World) *sql.DB {
	t.Helper()
	if _, err := sqlite.OFDLocking(true); err != nil { // one process locks in one way only
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", storeOf(w))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	return db
}

func execute(t *testing.T, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// stored reads charmhelpers' rows; nil if there is no file.
func stored(t *testing.T, w *world.World) map[string]string {
	t.Helper()
	if _, err := os.Stat(storeOf(w)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	db := connect(t, w)
	defer db.Close()
	result, err := db.QueryContext(t.Context(), "SELECT key, data FROM kv")
	if err != nil {
		t.Fatal(err)
	}
	defer result.Close()
	rows := map[string]string{}
	for result.Next() {
		var key, data string
		if err := result.Scan(&key, &data); err != nil {
			t.Fatal(err)
		}
		rows[key] = data
	}
	if result.Err() != nil {
		t.Fatal(result.Err())
	}
	return rows
}

func mode(t *testing.T, w *world.World) fs.FileMode {
	t.Helper()
	info, err := os.Stat(storeOf(w))
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}
