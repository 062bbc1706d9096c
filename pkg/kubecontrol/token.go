package kubecontrol

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"unique"
)

// Token is one bearer token, or the JSON null that the wire allows in its place (the zero value). Two tokens are equal
// with == if their texts are. However it is printed, with any fmt verb or through an encoder, it shows its fingerprint;
// the text itself leaves it by Reveal alone.
type Token struct {
	// A handle is a pointer to fmt, which prints an unexported field of other types without asking Format.
	text unique.Handle[string]
}

// NewToken makes a token of a text, which may be empty.
func NewToken(text string) Token { return Token{unique.Make(text)} }

// Reveal returns the token itself; "" for null.
func (t Token) Reveal() string {
	if t.IsNull() {
		return ""
	}
	return t.text.Value()
}

// IsNull reports whether the wire says null instead of a text.
func (t Token) IsNull() bool { return t == Token{} }

// IsEmpty reports whether there is nothing to authenticate with: null or the empty text.
func (t Token) IsEmpty() bool { return t.Reveal() == "" }

// Fingerprint is "sha256:" and the first 12 hexadecimal digits of the token's SHA-256, enough to compare two tokens
// by eye; "" for an empty token.
func (t Token) Fingerprint() string {
	if t.IsEmpty() {
		return ""
	}
	sum := sha256.Sum256([]byte(t.Reveal()))
	return "sha256:" + hex.EncodeToString(sum[:6])
}

// String is the fingerprint.
func (t Token) String() string { return t.Fingerprint() }

// Format prints the fingerprint whatever the verb, so that no %#v or %x shows the text.
func (t Token) Format(f fmt.State, _ rune) { fmt.Fprint(f, t.Fingerprint()) }

// MarshalText encodes the fingerprint.
func (t Token) MarshalText() ([]byte, error) { return []byte(t.Fingerprint()), nil }
