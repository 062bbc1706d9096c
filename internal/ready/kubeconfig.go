package ready

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Kubeconfig is the content of a kubeconfig: one cluster, one user.
type Kubeconfig struct {
	Server string // URL of the API server
	CA     string // the cluster's CA certificate, PEM
	User   string // the user's name in the file; any text
	Token  kubecontrol.Token
}

// ErrNoCA says that a kubeconfig has no CA certificate.
var ErrNoCA = errors.New("there is no CA certificate")

// Encode writes the file as ops-interface-kube-control names its parts, juju-cluster and juju-context. A field is an error if no client could
// use the file, or if a token could go to a wrong server: a token with other characters than tokens have, a user without a
// name or with control characters, a server that is not valid as an API endpoint, no certificate.
func (k Kubeconfig) Encode() ([]byte, error) {
	switch {
	case k.Token.IsEmpty():
		return nil, errors.New("there is no token")
	case !isToken(k.Token.Reveal()):
		return nil, errors.New("the token has characters that no token has, or is too short or too long")
	case k.User == "" || strings.ContainsFunc(k.User, isUnprintable) || !utf8.ValidString(k.User):
		return nil, errors.New("the user has no name, or one with characters that no name has")
	case k.CA == "":
		return nil, ErrNoCA
	}
	if err := kubecontrol.CheckItem(kubecontrol.KeyAPIEndpoints, k.Server); err != nil {
		return nil, fmt.Errorf("the server %w", err)
	}
	return fmt.Appendf(nil, `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: %s
    server: %s
  name: juju-cluster
contexts:
- context:
    cluster: juju-cluster
    user: %s
  name: juju-context
current-context: juju-context
kind: Config
preferences: {}
users:
- name: %s
  user:
    token: %s
`, base64.StdEncoding.EncodeToString([]byte(k.CA)), quote(k.Server), quote(k.User), quote(k.User), quote(k.Token.Reveal())), nil
}

// IsKubeconfig reports whether a file is one that Encode has written, byte for byte. Other programs write it in another form.
func IsKubeconfig(text []byte) bool {
	value := func(name string) (value string) {
		_, rest, _ := strings.Cut(string(text), "\n    "+name+": ")
		line, _, _ := strings.Cut(rest, "\n")
		if json.Unmarshal([]byte(line), &value) != nil {
			return line
		}
		return value
	}
	ca, err := base64.StdEncoding.DecodeString(value("certificate-authority-data"))
	if err != nil {
		return false
	}
	k := Kubeconfig{Server: value("server"), CA: string(ca), User: value("user"), Token: kubecontrol.NewToken(value("token"))}
	again, err := k.Encode()
	return err == nil && bytes.Equal(again, text)
}

// quote writes a text as YAML, which every JSON string is.
func quote(s string) string {
	text, _ := json.Marshal(s) // a text always encodes
	return string(text)
}

// isUnprintable reports whether YAML does not allow a character.
func isUnprintable(r rune) bool { return unicode.IsControl(r) || r&0xfffe == 0xfffe }

// isToken reports whether a text can be a bearer token in a file: 8 to 4096 of the characters that tokens have.
func isToken(s string) bool {
	const marks = "._:/+=~-"
	return len(s) >= 8 && len(s) <= 4096 && !strings.ContainsFunc(s, func(r rune) bool {
		alphanumeric := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !alphanumeric && !strings.ContainsRune(marks, r)
	})
}

// ServerFor picks the API server for a unit, so that the units of an application use all of them: by unit number, as the
// Charmed Kubernetes worker does. "" if there is none.
func ServerFor(unit kubecontrol.Unit, endpoints []string) string {
	if len(endpoints) == 0 {
		return ""
	}
	return endpoints[max(unit.Number(), 0)%len(endpoints)]
}
