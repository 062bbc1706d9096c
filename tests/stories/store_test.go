package stories

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"modernc.org/sqlite"
)

// layStore puts a file of charmhelpers, with rows from a JSON object of texts, into the folder of a unit's charm, to be
// read by everybody.
func layStore(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: store UNIT FILE")
	}
	db, path := openStore(ts, args[0])
	defer db.Close()
	var rows map[string]string
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &rows))
	for _, table := range []string{
		"kv (key text, data text, primary key (key))",
		"kv_revisions (key text, revision integer, data text, primary key (key, revision))",
		"hooks (version integer primary key autoincrement, hook text, date text)",
	} {
		_, err := db.Exec("CREATE TABLE " + table)
		ts.Check(err)
	}
	for key, data := range rows {
		_, err := db.Exec("INSERT INTO kv VALUES (?, ?)", key, data)
		ts.Check(err)
	}
	ts.Check(os.Chmod(path, 0o644))
}

// printStore prints the keys of such a file, sorted, a line each.
func printStore(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: stored UNIT")
	}
	db, _ := openStore(ts, args[0])
	defer db.Close()
	rows, err := db.Query("SELECT key FROM kv")
	ts.Check(err)
	defer rows.Close()
	var keys []string
	for rows.Next() {
		var key string
		ts.Check(rows.Scan(&key))
		keys = append(keys, key+"\n")
	}
	ts.Check(rows.Err())
	slices.Sort(keys)
	_, err = ts.Stdout().Write([]byte(strings.Join(keys, "")))
	ts.Check(err)
}

func openStore(ts *testscript.TestScript, unit string) (*sql.DB, string) {
	_, err := sqlite.OFDLocking(true) // one process locks in one way only
	ts.Check(err)
	path := filepath.Join(ts.Getenv("JUJUSIM_DATA"), "agents", "unit-"+strings.ReplaceAll(unit, "/", "-"), "charm", ".unit-state.db")
	db, err := sql.Open("sqlite", path)
	ts.Check(err)
	return db, path
}
