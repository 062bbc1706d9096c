package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// maxScripts is how deep scripts may run scripts, so that one that runs itself ends.
const maxScripts = 8

func (s *session) scriptCmd() *cobra.Command {
	c := verb("script FILE", "Run the commands in a file, one a line; stop at the first that fails", 1, 1, func(args []string) error {
		f, err := os.Open(args[0])
		if err != nil {
			return fmt.Errorf("cannot open script: %w", err)
		}
		defer f.Close()
		if s.scripts == maxScripts {
			return fmt.Errorf("cannot run script %s: scripts run scripts more than %d deep", args[0], maxScripts)
		}
		s.scripts++
		defer func() { s.scripts-- }()
		number := 0
		return lines(f, func(line []string, err error) error {
			number++
			if err != nil {
				return err
			}
			err = s.run(line)
			var silent silentError
			if err != nil && !errors.As(err, &silent) {
				return fmt.Errorf("command %d (%s): %w", number, line[0], err)
			}
			return err
		})
	})
	c.Aliases = []string{"run-script"}
	return c
}

// interactive reads commands from standard input; one that fails does not end the session. The model is written
// after each.
func (s *session) interactive() error {
	if err := s.open(); err != nil {
		return err
	}
	fmt.Fprint(s.stderr, "jujusim> ")
	return lines(s.stdin, func(line []string, err error) error {
		if err == nil {
			err = s.run(line)
		}
		s.report(err)
		err = s.save()
		fmt.Fprint(s.stderr, "jujusim> ")
		return err
	})
}

// lines splits each line into words and hands them on, or the reason why that cannot be done. Empty lines and those that begin with # are skipped; the word
// jujusim or juju in front may be left out, and quit or exit ends.
func lines(from io.Reader, do func([]string, error) error) error {
	in := bufio.NewScanner(from)
	for in.Scan() {
		words, err := split(in.Text())
		if len(words) > 0 && (words[0] == "jujusim" || words[0] == "juju") {
			words = words[1:]
		}
		switch {
		case len(words) == 0 && err == nil:
			continue
		case len(words) > 0 && (words[0] == "quit" || words[0] == "exit"):
			return nil
		}
		if err := do(words, err); err != nil {
			return err
		}
	}
	return in.Err()
}

// split cuts a line into words as a shell does: quotes hold together, a backslash takes the next character as it is
// outside single quotes, # begins a comment.
func split(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	inWord, escaped := false, false
	for _, c := range line {
		switch {
		case escaped:
			word.WriteRune(c)
			escaped = false
		case c == '\\' && quote != '\'':
			escaped, inWord = true, true
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '\'' || c == '"':
			quote, inWord = c, true
		case c == ' ' || c == '\t':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		case c == '#' && !inWord:
			return words, nil
		default:
			word.WriteRune(c)
			inWord = true
		}
	}
	if quote != 0 || escaped {
		return nil, usageError{fmt.Errorf("unfinished word in %q", line)}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}
