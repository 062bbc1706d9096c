// Package language_test checks the language of the project's texts: Markdown, the help of all commands, and comments. The
// rule is plain English with at most 25 words a sentence. It also checks that links between documents lead somewhere.
package language_test

import (
	"bytes"
	"context"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/pkg/charm"
)

// top is the repository.
const top = "../.."

// mostWords is how many words a sentence of a document has at most.
const mostWords = 25

// archaic lists what the project's texts do not say, and what they say instead.
func archaic() map[*regexp.Regexp]string {
	words := map[string]string{
		`\b[Mm]end(s|ed|ing)?\b`:                          "fix",
		`\b[Aa]new\b`:                                     "again",
		`\b[Ww]ho(so)?ever\b`:                             "the unit that, the person who",
		`\b(is|are|was|were) no (?:[a-z]+)\b`:             "is not a",
		`\b(bad|wrong|odd), too\b`:                        "is also invalid",
		`\bnot used right\b`:                              "used incorrectly",
		`\bif not said\b`:                                 "by default",
		`\b(lest|thereof|hereby|naught|whither|thence)\b`: "a modern word",
		`\btells? of\b`:                                   "reports, describes",
		`, for (it|they|he|she|we|this|these|those|each|every|no|all|Juju) (is|are|was|were|has|have|had|may|can|does|do|would|will)\b`: "because",
	}
	list := map[*regexp.Regexp]string{}
	for word, instead := range words {
		list[regexp.MustCompile(word)] = instead
	}
	return list
}

// usual are matches of the list that are modern English.
var usual = regexp.MustCompile(`\b[Tt]here (is|are|was|were) no [a-z]+\b|\b(is|are|was|were) no (longer|more|such|need|reason|way|other)\b`)

var quotation = regexp.MustCompile(`"[^"]*"`)

// wantModern reports the archaic words of a text.
func wantModern(t *testing.T, place, text string) {
	t.Helper()
	text = usual.ReplaceAllString(text, "")
	for word, instead := range archaic() {
		if found := word.FindString(text); found != "" {
			t.Errorf("%s: %q: say %q", place, found, instead)
		}
	}
}

// files lists the tracked files that match a pattern of git.
func files(t *testing.T, patterns ...string) []string {
	t.Helper()
	out, err := exec.Command("git", append([]string{"-C", top, "ls-files", "--"}, patterns...)...).Output()
	if err != nil {
		t.Fatalf("cannot list files: %v", err)
	}
	return strings.Fields(string(out))
}

func TestDocumentsArePlain(t *testing.T) {
	t.Parallel()
	list := files(t, "*.md")
	if len(list) < 20 {
		t.Fatalf("found %d documents", len(list))
	}
	for _, name := range list {
		text, err := os.ReadFile(filepath.Join(top, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range paragraphs(string(text)) {
			place := fmt.Sprintf("%s:%d", name, p.line)
			wantModern(t, place, quotation.ReplaceAllString(p.text, "")) // a rule may quote what it forbids
			for _, s := range sentences(p.text) {
				if n := len(strings.Fields(s)); n > mostWords {
					t.Errorf("%s: %d words in %q", place, n, s)
				}
			}
		}
	}
}

// paragraph is a block of prose: lines that belong together, a list item, or a cell of a table.
type paragraph struct {
	line int
	text string
}

var (
	link   = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
	code   = regexp.MustCompile("`[^`]*`")
	item   = regexp.MustCompile(`^\s*([-*]|\d+\.) `)
	rule   = regexp.MustCompile(`^\|[-| :]+\|$`)
	ending = regexp.MustCompile(`[.!?:;]["')]?(\s+|$)`)
)

// paragraphs are the prose of a document, without code.
func paragraphs(text string) []paragraph {
	var all []paragraph
	current, fenced := paragraph{}, false
	end := func() {
		if strings.TrimSpace(current.text) != "" {
			current.text = code.ReplaceAllString(link.ReplaceAllString(current.text, "$1"), "CODE")
			all = append(all, current)
		}
		current = paragraph{}
	}
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		isFence := strings.HasPrefix(trimmed, "```")
		if isFence {
			fenced = !fenced
		}
		inItem := current.text != "" && strings.HasPrefix(line, " ")
		switch {
		case fenced, isFence, trimmed == "", strings.HasPrefix(line, "#"), strings.HasPrefix(line, "    ") && !inItem, rule.MatchString(trimmed):
			end()
			continue
		case strings.HasPrefix(trimmed, "|"):
			end()
			for _, cell := range strings.Split(strings.ReplaceAll(strings.Trim(trimmed, "|"), `\|`, "/"), "|") {
				current = paragraph{i + 1, cell}
				end()
			}
			continue
		case item.MatchString(line):
			end()
			line = item.ReplaceAllString(line, "")
		}
		if current.text == "" {
			current.line = i + 1
		}
		current.text += " " + strings.TrimSpace(line)
	}
	end()
	return all
}

// sentences splits prose at the ends of sentences and at the colons and semicolons in them.
func sentences(text string) []string { return ending.Split(text, -1) }

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	target := regexp.MustCompile(`\]\(([^)#\s]+)(#[^)\s]*)?\)`)
	for _, name := range files(t, "*.md") {
		text, err := os.ReadFile(filepath.Join(top, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range target.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			if _, err := os.Stat(filepath.Join(top, filepath.Dir(name), m[1])); err != nil {
				t.Errorf("%s links to %s, which is missing", name, m[1])
			}
		}
	}
}

func TestCommentsArePlain(t *testing.T) {
	t.Parallel()
	list := files(t, "*.go")
	if len(list) < 200 {
		t.Fatalf("found %d files", len(list))
	}
	for _, name := range list {
		if strings.HasPrefix(name, "internal/language/") {
			continue // it quotes the words
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, filepath.Join(top, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range file.Comments {
			wantModern(t, fmt.Sprintf("%s:%d", name, set.Position(group.Pos()).Line), strings.ReplaceAll(group.Text(), "\n", " "))
		}
	}
}

func TestHelpIsPlain(t *testing.T) {
	t.Parallel()
	help := func(args ...string) string {
		var out bytes.Buffer
		code := charm.Config{Args: append([]string{"kube-control"}, args...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: io.Discard}.Run(context.Background())
		if code != 0 {
			t.Errorf("%v: exit code %d", args, code)
		}
		return out.String()
	}
	top := help("--help")
	commands := regexp.MustCompile(`(?m)^  ([a-z-]+) +\S`).FindAllStringSubmatch(top, -1)
	if len(commands) < 30 {
		t.Fatalf("found %d commands in:\n%s", len(commands), top)
	}
	wantModern(t, "kube-control --help", strings.ReplaceAll(top, "\n", " "))
	for _, c := range commands {
		if c[1] != "kube-control" && c[1] != "juju" { // lines of the example
			text := help(c[1], "--help")
			wantModern(t, c[1]+" --help", strings.ReplaceAll(text, "\n", " "))
			if !strings.Contains(text, "Examples:\n") && c[1] != "help" && c[1] != "completion" {
				t.Errorf("%s --help has no example", c[1])
			}
		}
	}
}
