package stories

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// short is a digest of a text, to be compared.
func short(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// killAfter sees to it that a unit's agent dies right after the N-th call of a hook tool in a hook, wherever that call
// is: a rehearsal counts the calls before it, and what it did is undone.
func killAfter(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: kill-after UNIT HOOK TOOL N")
	}
	unit, hook, tool := args[0], args[1], args[2]
	n, err := strconv.Atoi(args[3])
	ts.Check(err)
	data := ts.Getenv("JUJUSIM_DATA")
	saved := filepath.Join(ts.Getenv("WORK"), "rehearsal")
	ts.Check(ts.Exec("cp", "-a", data, saved))
	before, err := readTrace(data, unit)
	ts.Check(err)
	jujusim(ts, false, []string{"settle"})
	after, err := readTrace(data, unit)
	ts.Check(err)
	ts.Check(os.RemoveAll(data))
	ts.Check(os.Rename(saved, data))
	k := 0
	for _, run := range after[len(before):] {
		left := n
		for i, c := range run.Calls {
			if run.Hook != hook || c.Tool != tool {
				continue
			}
			if left--; left == 0 && slices.ContainsFunc(run.Calls[i+1:], call.writes) {
				jujusim(ts, false, []string{"kill-tool", "--agent", unit, strconv.Itoa(k + i + 2)})
				return
			}
		}
		k += len(run.Calls)
	}
	ts.Fatalf("%s of %s does not call %s %d times", hook, unit, tool, n)
}
