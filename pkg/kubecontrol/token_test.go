package kubecontrol

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

const secretText = "s3cr3t-Token.Text"

// INV-14: whatever prints or encodes a token, or a value that holds one, shows its fingerprint.
func TestINV14TokenNeverShowsItsText(t *testing.T) {
	t.Parallel()
	token := NewToken(secretText)
	type holder struct {
		Name    string
		Inner   map[string]*Token
		List    []Token
		private Token
	}
	values := map[string]any{
		"token": token, "pointer": &token,
		"credential": Credential{Scope: "kw/0", Kubelet: token, Client: token},
		"creds":      Creds{"u": {Scope: "kw/0", Proxy: token}},
		"holder":     holder{"n", map[string]*Token{"t": &token}, []Token{token}, token},
		"error":      fmt.Errorf("cannot use %v: %w", token, errors.New("reason")),
	}
	for name, value := range values {
		for _, verb := range "vsqxXdtTcbeoOgGUEFp" {
			for _, flag := range []string{"", "+", "#", "-20", "0", " ", ".3"} {
				verb := "%" + flag + string(verb)
				hides(t, name+" "+verb, fmt.Sprintf(verb, value))
			}
		}
		hides(t, name+" Sprint", fmt.Sprint(value))
		if text, err := json.Marshal(value); err == nil {
			hides(t, name+" JSON", string(text))
		}
		if text, err := yaml.Marshal(value); err == nil {
			hides(t, name+" YAML", string(text))
		}
		if text, err := xml.Marshal(value); err == nil {
			hides(t, name+" XML", string(text))
		}
	}
	text, err := token.MarshalText()
	if err != nil || string(text) != token.Fingerprint() {
		t.Errorf("MarshalText: %q, %v", text, err)
	}
	if text, err := json.Marshal(map[Token]int{token: 1}); err == nil {
		hides(t, "a JSON key", string(text))
	}
}

func hides(t *testing.T, how, text string) {
	t.Helper()
	hex := fmt.Sprintf("%x", secretText[:6])
	if strings.Contains(text, secretText[:6]) || strings.Contains(strings.ToLower(text), hex) {
		t.Errorf("%s shows the token: %s", how, text)
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		token               Token
		null, empty         bool
		reveal, fingerprint string
	}{
		{Token{}, true, true, "", ""},
		{NewToken(""), false, true, "", ""},
		{NewToken("abc"), false, false, "abc", "sha256:ba7816bf8f01"},
	} {
		if tt.token.IsNull() != tt.null || tt.token.IsEmpty() != tt.empty || tt.token.Reveal() != tt.reveal ||
			tt.token.Fingerprint() != tt.fingerprint || tt.token.String() != tt.fingerprint {
			t.Errorf("%q: null %v, empty %v, fingerprint %q", tt.reveal, tt.token.IsNull(), tt.token.IsEmpty(), tt.token.Fingerprint())
		}
	}
}

func TestTokensAreEqualByText(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("ab", 2)
	if NewToken(text) != NewToken("abab") || NewToken("a") == NewToken("b") || NewToken("") == (Token{}) {
		t.Error("tokens are not compared by their texts")
	}
}
