package hooktool

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kube-control/kube-control/internal/printable"
)

// maxKey is the longest key, quoted and escaped, that is sent. The YAML reader in Juju looks at most 1,024
// characters back for the beginning of a key.
const maxKey = 1000

// encode writes a map for --file: a flow mapping of double-quoted texts in key order, which is JSON except for what
// Juju's YAML reader does not take from JSON. What it refuses or alters when it stands there raw (C0 and C1 controls,
// DEL, line separators, the byte order mark, U+FFFE and U+FFFF) is escaped; runes past U+FFFF stand raw, for
// it refuses JSON's surrogate pairs; there is no "\/". A text that is not UTF-8 is an error.
func encode(values map[string]string) ([]byte, error) {
	var b strings.Builder
	b.WriteByte('{')
	for i, key := range slices.Sorted(maps.Keys(values)) {
		if i > 0 {
			b.WriteString(",\n ")
		}
		start := b.Len()
		if !quote(&b, key) {
			return nil, fmt.Errorf("key %q is not UTF-8", printable.Cut(key, 80))
		}
		if b.Len()-start > maxKey {
			return nil, fmt.Errorf("key %q of %d bytes: %w", printable.Cut(key, 80), len(key), ErrTooLarge)
		}
		b.WriteString(": ")
		if !quote(&b, values[key]) {
			return nil, fmt.Errorf("the value of key %q is not UTF-8", key)
		}
	}
	b.WriteString("}\n")
	return []byte(b.String()), nil
}

// quote writes a text in double quotes, and says whether it is UTF-8.
func quote(b *strings.Builder, text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	b.Grow(len(text) + 2)
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"', r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r < ' ', r >= 0x7f && r < 0xa0, r == '\u2028', r == '\u2029', r == '\ufeff', r == '\ufffe', r == '\uffff':
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return true
}
