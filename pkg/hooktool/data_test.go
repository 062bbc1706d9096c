package hooktool_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v2"

	"github.com/kube-control/kube-control/pkg/hooktool"
)

// sent is what relation-set gets on standard input, read as Juju reads it.
func sent(t *testing.T, values map[string]string) map[string]string {
	t.Helper()
	runner := &canned{}
	if err := hooktool.New(runner).RelationSet(t.Context(), "kube-control:3", values); err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := yaml.Unmarshal(runner.call.Stdin, &got); err != nil {
		t.Fatalf("%v: %q", err, cutTo(string(runner.call.Stdin), 200))
	}
	return got
}

func cutTo(s string, n int) string { return s[:min(len(s), n)] }

// Every rune comes back unchanged: as a key, at either end of a value, and among all others.
func TestDataKeepsEveryRune(t *testing.T) {
	t.Parallel()
	values := map[string]string{}
	var all strings.Builder
	for r := rune(0); r <= 0xffff; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		values[string(r)] = string(r) + "x" + string(r)
		all.WriteRune(r)
	}
	for _, r := range []rune{0x10000, 0x1f600, 0x1fffe, 0x1ffff, 0xe0001, 0xf0000, 0x10fffe, 0x10ffff} {
		values[string(r)] = string(r) + string(r)
	}
	values["all"] = all.String()
	got := sent(t, values)
	if len(got) != len(values) {
		t.Errorf("%d entries of %d came back", len(got), len(values))
	}
	for key, want := range values {
		if value, ok := got[key]; !ok || value != want {
			t.Fatalf("key %q: %q became %q (there: %t)", key, cutTo(want, 20), cutTo(value, 20), ok)
		}
	}
}

func TestDataKeepsWhatYAMLReadsOtherwise(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"": "", "~": "~", "null": "null", "true": "yes", "y": "n", "1": "0123", "1.50": "1e3", "1:20": "2026-01-02",
		"<<": "<<", "=": "=", "*a": "&a", "!t": "!!str x", "? a": "? b", "- a": "- b", "#": " # no comment", "%YAML": "%",
		"a: b": "a: b", "{": "}", "[": "]", "'": "''", `"`: `""`, `\`: `\\n`, "---": "---\n...\n", "|": "|\n x", ">": ">-",
		"spaces": "  a  \n\n  b\t\r\n", "@": "`", "json": `{"a":"\u0000\/","b":[1,null]}`,
		strings.Repeat("k", 998): strings.Repeat("long words and ", 70000),
		strings.Repeat("é", 499): "é",
	}
	if diff := cmp.Diff(values, sent(t, values)); diff != "" {
		t.Errorf("data (-sent +read):\n%s", diff)
	}
}

func TestDataIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	values := map[string]string{}
	for i := range 100 {
		values[fmt.Sprint(i)] = "x"
	}
	first, second := &canned{}, &canned{}
	for _, runner := range []*canned{first, second} {
		if err := hooktool.New(runner).StateSet(t.Context(), values); err != nil {
			t.Fatal(err)
		}
	}
	if string(first.call.Stdin) != string(second.call.Stdin) {
		t.Error("the same map is written in two ways")
	}
}

func FuzzData(f *testing.F) {
	f.Add("key", "value")
	f.Add("<<", "\u0085\u2028\ufeff\U0001f600")
	f.Fuzz(func(t *testing.T, key, value string) {
		if !utf8.ValidString(key) || !utf8.ValidString(value) || key == "other" || len(key) > 150 {
			return
		}
		values := map[string]string{key: value, "other": value + key}
		if diff := cmp.Diff(values, sent(t, values)); diff != "" {
			t.Errorf("data (-sent +read):\n%s", diff)
		}
	})
}
