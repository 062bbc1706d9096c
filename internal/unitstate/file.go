package unitstate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"modernc.org/sqlite"
)

// The rows of charms.reactive, all JSON.
const (
	// FlagPrefix stands before a flag's name. The row is there while the flag is set.
	FlagPrefix = "reactive.states."
	// FlagValue is the value of a flag that has none.
	FlagValue = "null"
)

var (
	// ErrForeign says that a file is an SQLite file of another program.
	ErrForeign = errors.New("it is not a database of charmhelpers")
	// ErrLocked says that another program had the store for as long as was waited.
	ErrLocked = errors.New("another program has it locked")
)

// File is the store of one unit's charm.
type File struct {
	Path string
	Wait time.Duration // how long a lock of another program is waited for
}

// Read returns the rows of these keys that there are, each as its JSON text. A file that is not there is
// fs.ErrNotExist; one of the ops framework, or an empty one, has no rows. Not even its mode is changed.
func (f File) Read(ctx context.Context, keys ...string) (map[string]string, error) {
	rows, err := f.read(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", f.Path, reason(err))
	}
	return rows, nil
}

func (f File) read(ctx context.Context, keys []string) (map[string]string, error) {
	if _, err := os.Stat(f.Path); err != nil {
		return nil, err
	}
	db, err := f.open()
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return rows(ctx, db, keys)
}

// Update puts rows, JSON texts, and drops others, in one transaction, and makes the file if it must. Where nothing
// differs nothing is written. Either way a file that others could read is its owner's alone from then on.
func (f File) Update(ctx context.Context, put map[string]string, drop []string) error {
	if err := f.update(ctx, put, drop); err != nil {
		return fmt.Errorf("cannot update %s: %w", f.Path, reason(err))
	}
	return nil
}

func (f File) update(ctx context.Context, put map[string]string, drop []string) error {
	err := f.protect()
	if errors.Is(err, fs.ErrNotExist) {
		if len(put) == 0 {
			return nil
		}
		err = f.create()
	}
	if err != nil {
		return err
	}
	db, err := f.open()
	if err != nil {
		return err
	}
	defer db.Close()
	if same, err := unchanged(ctx, db, put, drop); same || err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil) // IMMEDIATE, by the name that it was opened with
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing is left to roll back after a commit
	if err := write(ctx, tx, put, drop); err != nil {
		return err
	}
	return tx.Commit()
}

// Protect makes the file its owner's alone. One that is not there is fs.ErrNotExist.
func (f File) Protect() error {
	if err := f.protect(); err != nil {
		return fmt.Errorf("cannot protect %s: %w", f.Path, reason(err))
	}
	return nil
}

func (f File) protect() error {
	info, err := os.Stat(f.Path)
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	return os.Chmod(f.Path, 0o600)
}

func (f File) create() error {
	file, err := os.OpenFile(f.Path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// open opens the file, which must be there, with one connection. The locks are of the open file and not of the
// process, because a process loses its own when it closes the file anywhere else.
func (f File) open() (*sql.DB, error) {
	if _, err := sqlite.OFDLocking(true); err != nil && !errors.Is(err, sqlite.ErrOFDLockingUnavailable) {
		return nil, err
	}
	path, err := filepath.Abs(f.Path)
	if err != nil {
		return nil, err
	}
	name := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{
		"mode":          {"rw"},
		"_txlock":       {"immediate"},
		"_busy_timeout": {fmt.Sprint(f.Wait.Milliseconds())},
		"_pragma":       {"synchronous(FULL)"},
	}.Encode()}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// querier is a connection or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// rows finds the rows of some keys.
func rows(ctx context.Context, db querier, keys []string) (map[string]string, error) {
	tables, err := pairs(ctx, db, "SELECT name, type FROM sqlite_master WHERE type = 'table'")
	if err != nil {
		return nil, err
	}
	if _, ok := tables["kv"]; !ok {
		if _, ops := tables["snapshot"]; ops || len(tables) == 0 {
			return nil, nil
		}
		return nil, ErrForeign
	}
	args := make([]any, len(keys))
	for i, key := range keys {
		args[i] = key
	}
	places := strings.TrimSuffix(strings.Repeat("?,", len(keys)), ",")
	return pairs(ctx, db, "SELECT key, data FROM kv WHERE data IS NOT NULL AND key IN ("+places+")", args...)
}

func pairs(ctx context.Context, db querier, query string, args ...any) (map[string]string, error) {
	result, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer result.Close()
	found := map[string]string{}
	for result.Next() {
		var key, value string
		if err := result.Scan(&key, &value); err != nil {
			return nil, err
		}
		found[key] = value
	}
	return found, result.Err()
}

// unchanged reports whether the rows are as they are to be. Rows that may go are counted by their key alone.
func unchanged(ctx context.Context, db querier, put map[string]string, drop []string) (bool, error) {
	keys := slices.Clone(drop)
	for key := range put {
		keys = append(keys, key)
	}
	is, err := rows(ctx, db, keys)
	if err != nil || len(is) != len(put) {
		return false, err
	}
	for key, value := range put {
		if old, ok := is[key]; !ok || old != value {
			return false, nil
		}
	}
	return true, nil
}

// tables are those that charmhelpers makes; the last two stay empty here, but its programs expect them.
func tables() []string {
	return []string{
		"CREATE TABLE IF NOT EXISTS kv (key text, data text, primary key (key))",
		"CREATE TABLE IF NOT EXISTS kv_revisions (key text, revision integer, data text, primary key (key, revision))",
		"CREATE TABLE IF NOT EXISTS hooks (version integer primary key autoincrement, hook text, date text)",
	}
}

func write(ctx context.Context, tx querier, put map[string]string, drop []string) error {
	for _, statement := range tables() {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	for key, value := range put {
		const upsert = "INSERT INTO kv (key, data) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET data = excluded.data"
		if _, err := tx.ExecContext(ctx, upsert, key, value); err != nil {
			return err
		}
	}
	for _, key := range drop {
		if _, err := tx.ExecContext(ctx, "DELETE FROM kv WHERE key = ?", key); err != nil {
			return err
		}
	}
	return nil
}

// reason is what went wrong without the path, which is said once, and in words for what SQLite says by number.
func reason(err error) error {
	const busy, locked = 5, 6
	var code *sqlite.Error
	if errors.As(err, &code) && (code.Code()&0xff == busy || code.Code()&0xff == locked) {
		return ErrLocked
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
