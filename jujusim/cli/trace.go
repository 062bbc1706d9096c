package cli

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/uniter"
)

// traceRecord is one run of a hook, an action or an exec in a unit's trace. A mark has no name.
type traceRecord struct {
	Unit    string             `json:"unit"`
	Name    string             `json:"hook"`
	Began   string             `json:"began"` // by the model's clock
	Ended   string             `json:"ended"`
	Start   int64              `json:"start"` // microseconds of a real clock, which order the runs of all units
	Millis  int64              `json:"ms"`    // by a real clock
	Code    int                `json:"code"`  // -1: killed, or not started
	Failure string             `json:"failure,omitempty"`
	Calls   []traceCall        `json:"calls"`
	Bags    []uniter.BagChange `json:"bags,omitempty"`  // values are cut
	State   *uniter.BagChange  `json:"state,omitempty"` // lengths instead of values
	Secrets []string           `json:"secrets,omitempty"`
	Status  *agent.Status      `json:"status,omitempty"`
	// What the hook is about: "kube-control:3", the remote unit or application, and the ID of a secret.
	Relation string `json:"relation,omitempty"`
	Remote   string `json:"remote,omitempty"`
	Secret   string `json:"secret,omitempty"`
	// Revised are the IDs of the secrets that have a new content.
	Revised []string `json:"revised,omitempty"`
}

// trace notes what a run has done.
func (s *session) trace(t uniter.Trace) {
	const clock = "2006-01-02 15:04:05Z"
	r := traceRecord{
		Unit: t.Unit, Name: t.Name, Began: t.Began.Format(clock), Ended: t.Ended.Format(clock), Millis: t.Took.Milliseconds(),
		Code: t.Code, Failure: t.Failure, Calls: []traceCall{}, Bags: t.Bags, Secrets: s.secretChanges(t.Secrets), Status: t.Status,
		Start: time.Now().Add(-t.Took).UnixMicro(), Secret: t.Hook.Secret,
		Revised: revised(t.Secrets),
	}
	if t.Hook.Relation >= 0 && t.Hook.Endpoint != "" {
		r.Relation, r.Remote = t.Hook.Endpoint+":"+strconv.Itoa(t.Hook.Relation), cmp.Or(t.Hook.RemoteUnit, t.Hook.RemoteApp)
	}
	for _, c := range t.Calls {
		r.Calls = append(r.Calls, traceCall{c.Argv[0], withoutValues(c.Argv[0], c.Argv[1:]), c.Code})
	}
	for _, b := range t.Bags {
		for key, value := range b.Set {
			b.Set[key] = s.shownValue(key, value)
		}
	}
	if !t.State.Empty() {
		r.State = &t.State
		for key, value := range t.State.Set {
			t.State.Set[key] = length(len(value))
		}
	}
	s.addTrace(t.Unit, r)
}

// longestValue is how much of a bag's value is kept in a trace.
const longestValue = 32

// shownValue is what a trace keeps of a bag's value: its beginning, or its length and fingerprint alone where the key or the
// value itself speaks of something secret.
func (s *session) shownValue(key, value string) string {
	for _, word := range []string{"creds", "token", "password", "secret"} {
		if strings.Contains(strings.ToLower(key+" "+value), word) {
			return fmt.Sprintf("<%d bytes, %s>", len(value), s.fingerprint(value))
		}
	}
	if len(value) <= longestValue {
		return value
	}
	return strings.ToValidUTF8(value[:longestValue], "") + "... " + length(len(value))
}

func length(n int) string { return fmt.Sprintf("<%d bytes>", n) }

// fingerprint tells equal texts from different ones. The model's UUID is the key, so that a guess cannot be checked without it.
func (s *session) fingerprint(text string) string {
	mac := hmac.New(sha256.New, []byte(s.model.UUID))
	mac.Write([]byte(text))
	return "#" + hex.EncodeToString(mac.Sum(nil)[:4])
}

// revised are the IDs of the secrets that a commit has given a new content.
func revised(c agent.SecretChanges) []string {
	var ids []string
	for _, u := range c.Create {
		ids = append(ids, u.ID)
	}
	for _, u := range c.Update {
		if len(u.Content) > 0 {
			ids = append(ids, u.ID)
		}
	}
	return ids
}

// secretChanges puts into words what a commit has done to secrets.
func (s *session) secretChanges(c agent.SecretChanges) []string {
	var words []string
	say := func(id, format string, args ...any) {
		words = append(words, "secret:"+id+" "+fmt.Sprintf(format, args...))
	}
	content := func(u agent.SecretUpdate) string {
		said := ""
		for _, key := range slices.Sorted(maps.Keys(u.Content)) {
			said += " " + key + "=" + s.fingerprint(u.Content[key])
		}
		return said
	}
	for _, u := range c.Create {
		say(u.ID, "added for %s with%s", u.Owner, content(u.SecretUpdate))
	}
	for _, u := range c.Update {
		say(u.ID, "changed%s", content(u.SecretUpdate))
	}
	for _, g := range c.Grant {
		say(g.ID, "granted to %s for relation %d", g.Subject, g.Relation)
	}
	for _, r := range c.Revoke {
		say(r.ID, "revoked from %s", r.Subject)
	}
	for _, d := range c.Delete {
		say(d.ID, "removed")
	}
	return words
}

func (s *session) addTrace(unit string, r traceRecord) { s.traces[unit] = append(s.traces[unit], r) }

func traceFile(unit string) string {
	return filepath.Join("trace", strings.ReplaceAll(unit, "/", "-")+".jsonl")
}

// flushTraces appends the traces to the units' files.
func (s *session) flushTraces() error {
	for unit, runs := range s.traces {
		if err := s.appendTo(traceFile(unit), func(w *json.Encoder) error {
			w.SetEscapeHTML(false)
			for _, r := range runs {
				if err := w.Encode(r); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	clear(s.traces)
	return nil
}

func (s *session) traceCmd() *cobra.Command {
	var format, hook, page string
	var last int
	c := verb("trace [UNIT]", "Print what hooks, actions and execs have called and changed", 0, 1, func(args []string) error {
		if err := oneOf(format, "text", "json"); err != nil {
			return err
		}
		if page != "" && (len(args) > 0 || hook != "" || last > 0) {
			return usageError{errors.New("--html shows all runs: leave out UNIT, --hook and --last")}
		}
		if err := s.open(); err != nil {
			return err
		}
		records, err := s.readTraces(args, hook)
		if err != nil {
			return err
		}
		if last > 0 && len(records) > last {
			records = records[len(records)-last:]
		}
		if page != "" {
			return s.writePage(page, records)
		}
		if format == "json" {
			w := json.NewEncoder(s.stdout)
			w.SetEscapeHTML(false)
			return w.Encode(records)
		}
		for _, r := range records {
			s.printTrace(r)
		}
		return nil
	})
	c.Flags().StringVar(&format, "format", "text", "text or json")
	c.Flags().StringVar(&page, "html", "", "write a page for a browser, with a timeline of all runs, to this file instead")
	c.Flags().StringVar(&hook, "hook", "", "print the runs of this hook or action only; an exec is juju-exec")
	c.Flags().IntVar(&last, "last", 0, "print the last so many only")
	return c
}

// readTraces are the runs of the named unit or of all, in the order in which they began; with a hook, of that one alone.
func (s *session) readTraces(units []string, hook string) ([]traceRecord, error) {
	files, err := s.traceFiles(units)
	if err != nil {
		return nil, err
	}
	records := []traceRecord{}
	keep := func(r traceRecord) {
		if r.Name != "" && (hook == "" || r.Name == hook) {
			records = append(records, r)
		}
	}
	for _, file := range files {
		if err := readLines(s, file, keep); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(records, func(a, b traceRecord) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Began, b.Began))
	})
	return records, nil
}

// traceFiles are those of the named unit, or of all, also of units that are gone.
func (s *session) traceFiles(units []string) ([]string, error) {
	if err := s.flush(); err != nil {
		return nil, err
	}
	if len(units) == 0 {
		files, err := filepath.Glob(filepath.Join(s.data, "trace", "*.jsonl"))
		for i, file := range files {
			files[i] = filepath.Join("trace", filepath.Base(file))
		}
		return files, err
	}
	file := traceFile(units[0])
	if _, err := os.Stat(filepath.Join(s.data, file)); err == nil {
		return []string{file}, nil
	}
	u, err := s.model.Unit(units[0])
	if err != nil {
		return nil, err
	}
	return []string{traceFile(u.Name)}, nil
}

// printTrace prints a line for the run, and below it one for each call and each change.
func (s *session) printTrace(r traceRecord) {
	_, began, _ := strings.Cut(r.Began, " ")
	_, ended, _ := strings.Cut(r.Ended, " ")
	if ended != began {
		began += " to " + ended
	}
	fmt.Fprintf(s.stdout, "%s %s %s exit %d, %d ms\n", began, r.Unit, r.Name, r.Code, r.Millis)
	for _, c := range r.Calls {
		fmt.Fprintf(s.stdout, "  %s -> %d\n", strings.Join(append([]string{c.Tool}, c.Argv...), " "), c.Code)
	}
	for _, b := range r.Bags {
		fmt.Fprintf(s.stdout, "  %s %s:%s\n", b.Relation, b.Of, changes(b, "%q"))
	}
	if r.State != nil {
		fmt.Fprintf(s.stdout, "  state:%s\n", changes(*r.State, "%s"))
	}
	for _, words := range r.Secrets {
		fmt.Fprintln(s.stdout, " ", words)
	}
	if r.Status != nil {
		fmt.Fprintf(s.stdout, "  status: %s %q\n", r.Status.Status, r.Status.Message)
	}
	if r.Failure != "" {
		fmt.Fprintln(s.stdout, "  failed:", r.Failure)
	}
}

// changes are the keys that were set, sorted, and those that were removed.
func changes(c uniter.BagChange, format string) string {
	said := ""
	for _, key := range slices.Sorted(maps.Keys(c.Set)) {
		said += " " + key + "=" + fmt.Sprintf(format, c.Set[key])
	}
	for _, key := range c.Removed {
		said += " " + key + " removed"
	}
	return said
}
