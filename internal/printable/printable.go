// Package printable makes texts of unknown origin safe to show to people: in a terminal, a status or a log line.
package printable

import (
	"fmt"
	"strings"
	"unicode"
)

// Visible is a text for people in which nothing can fool a terminal: control characters, marks that turn the direction of
// writing, and other characters without a shape are written as escapes, "\\u202e" for U+202E. What is not UTF-8 becomes
// U+FFFD. A line break is a control character too.
func Visible(text string) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	if !strings.ContainsFunc(text, isHidden) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case !isHidden(r):
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

func isHidden(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// Cut is a text of at most that many bytes, which are 3 or more: the whole text, or its beginning and "...". It splits no
// character.
func Cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-3], "") + "..."
}

// Quoted is a text of unknown origin as a log line or a message may have it: in quotes, with escapes, and cut at 64 bytes.
func Quoted(text string) string {
	const most = 64
	if len(text) > most {
		return fmt.Sprintf("%q...", strings.ToValidUTF8(text[:most], ""))
	}
	return fmt.Sprintf("%q", text)
}

// Brief is a text of unknown origin as a status may have it: in quotes, in ASCII with escapes, and cut at 32 bytes.
func Brief(text string) string {
	const most = 32
	if len(text) > most {
		return fmt.Sprintf("%+q...", strings.ToValidUTF8(text[:most], ""))
	}
	return fmt.Sprintf("%+q", text)
}
