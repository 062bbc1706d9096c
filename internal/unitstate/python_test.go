package unitstate_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/internal/unitstate"
)

// prelude opens the file and, in charmhelpers' words, makes its tables.
const prelude = `
import sqlite3, sys
path = sys.argv[1]
db = sqlite3.connect(path)
def tables():
    db.execute('create table if not exists kv (key text, data text, primary key (key))')
    db.execute('create table if not exists kv_revisions (key text, revision integer, data text, primary key (key, revision))')
    db.execute('create table if not exists hooks (version integer primary key autoincrement, hook text, date text)')
`

// command is a program for Python's own SQLite, as charms on charmhelpers use it. The test is skipped where there is
// none, but not in CI.
func command(t *testing.T, f unitstate.File, program string) *exec.Cmd {
	t.Helper()
	interpreter, err := exec.LookPath("python3")
	if err != nil && os.Getenv("CI") != "true" {
		t.Skipf("SKIPPED, Python's SQLite is not tested: %v", err)
	}
	return exec.Command(interpreter, "-c", prelude+program, f.Path)
}

func python(t *testing.T, f unitstate.File, program string) string {
	t.Helper()
	cmd := command(t, f, program)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("python3: %v: %s", err, stderr.String())
	}
	return string(out)
}

func TestReadsWhatPythonWrote(t *testing.T) {
	t.Parallel()
	f := store(t)
	python(t, f, `
tables()
db.execute("insert into kv values ('creds', '{\"ü\": 1}')")
db.execute("insert into kv values ('none', null)")
db.commit()
`)
	want(t, f, map[string]string{"creds": `{"ü": 1}`}, "creds", "none", "other")
	update(t, f, map[string]string{"none": "null"}, "creds")
	want(t, f, map[string]string{"none": "null"}, "creds", "none")
}

func TestPythonReadsWhatIsWritten(t *testing.T) {
	t.Parallel()
	f := store(t)
	update(t, f, map[string]string{"reactive.states.a": "null", "ü": `"\u00fc"`})
	got := python(t, f, `
tables()
db.execute("insert into kv values ('python', '1')")
db.commit()
print(*db.execute('pragma integrity_check').fetchone())
print(*db.execute('pragma journal_mode').fetchone())
print(*db.execute('pragma encoding').fetchone())
print(*[r[0] for r in db.execute("select name from sqlite_master where type = 'table' order by 1")])
for table in 'kv', 'kv_revisions', 'hooks':
    print(table, *['{1}:{2}:{5}'.format(*c) for c in db.execute('pragma table_info({})'.format(table))])
for row in db.execute('select key, data from kv order by key'): print(*row)
`)
	if d := cmp.Diff(`ok
delete
UTF-8
hooks kv kv_revisions sqlite_sequence
kv key:TEXT:1 data:TEXT:0
kv_revisions key:TEXT:1 revision:INTEGER:2 data:TEXT:0
hooks version:INTEGER:1 hook:TEXT:0 date:TEXT:0
python 1
reactive.states.a null
ü "\u00fc"
`, strings.ReplaceAll(strings.ReplaceAll(got, ":text:", ":TEXT:"), ":integer:", ":INTEGER:")); d != "" {
		t.Errorf("what Python sees (-want +got):\n%s", d)
	}
	want(t, f, map[string]string{"python": "1"}, "python")
}

// A Python hook that has touched its store holds a lock until it ends: what it starts can read, and is told why it
// can't write.
func TestBesideAPythonWriter(t *testing.T) {
	t.Parallel()
	f := store(t)
	update(t, f, map[string]string{"a": "1"})
	cmd := command(t, f, `
db.execute("insert into kv values ('python', '1')")
print('holds', flush=True)
sys.stdin.read()
db.commit()
`)
	end, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "holds\n" {
		t.Fatalf("python3 says %q, error %v", line, err)
	}
	want(t, f, map[string]string{"a": "1"}, "a", "python")
	if err := f.Update(t.Context(), map[string]string{"a": "2"}, nil); !errors.Is(err, unitstate.ErrLocked) {
		t.Errorf("beside a writer: %v", err)
	}
	end.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	update(t, f, map[string]string{"a": "2"})
	want(t, f, map[string]string{"a": "2", "python": "1"}, "a", "python")
}
