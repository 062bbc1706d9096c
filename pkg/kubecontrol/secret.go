package kubecontrol

import (
	"maps"
	"strconv"
	"strings"
)

// The keys in a secret of credentials (ops-interface-kube-control 0.3.3, whose readers fail where one of the three tokens
// is not there).
const (
	SecretKubeletToken = "kubelet-token"
	SecretProxyToken   = "proxy-token"
	SecretClientToken  = "client-token"
	SecretCertificate  = "ca-certificate"
	// SecretEndpoint names the master's endpoint; by it a secret of ours is told from others.
	SecretEndpoint = "endpoint"
	// SecretScope names the unit that the tokens are for. Our own key: peers write none.
	SecretScope = "scope"
	// SecretCount counts a secret's changes. Our own key.
	SecretCount = "count"
)

// CALabel is the label of the secret with the CA certificate, AuthorityLabel that of the one from which a ready master
// makes its tokens. Neither is that of any user's credentials.
const (
	CALabel        = "ca-certificate"
	AuthorityLabel = "token-authority"
)

// CredsLabel is the label of the secret with a user's credentials.
func CredsLabel(user string) string { return user + "-creds" }

// IsSecretLabel reports whether a label is of the form that masters give their secrets.
func IsSecretLabel(label string) bool {
	return label == CALabel || label == AuthorityLabel || strings.HasSuffix(label, CredsLabel(""))
}

// SecretContent is what a secret holds. Its values are tokens, or other secret texts.
type SecretContent map[string]Token

// Same reports whether two contents say the same, whatever their count.
func (c SecretContent) Same(other SecretContent) bool {
	return maps.Equal(c.counted(Token{}), other.counted(Token{}))
}

// Next is the content that follows this one: other, with the next count.
func (c SecretContent) Next(other SecretContent) SecretContent {
	n, _ := strconv.Atoi(c[SecretCount].Reveal()) // none, or none of ours: 0
	return other.counted(NewToken(strconv.Itoa(n + 1)))
}

func (c SecretContent) counted(count Token) SecretContent {
	counted := SecretContent{}
	maps.Copy(counted, c)
	delete(counted, SecretCount)
	if !count.IsEmpty() {
		counted[SecretCount] = count
	}
	return counted
}

// Content is the secret for a credential; for a token that is null it has an empty text.
func (c Credential) Content(endpoint string) SecretContent {
	return SecretContent{
		SecretKubeletToken: NewToken(c.Kubelet.Reveal()),
		SecretProxyToken:   NewToken(c.Proxy.Reveal()),
		SecretClientToken:  NewToken(c.Client.Reveal()),
		SecretEndpoint:     NewToken(endpoint),
		SecretScope:        NewToken(string(c.Scope)),
	}
}

// InSecret is the entry that stands on the wire for a credential whose tokens are in a secret: three empty ones, so that
// readers of schema 0 find it well-formed.
func (c Credential) InSecret(id string) Credential {
	c.Kubelet, c.Proxy, c.Client, c.SecretID = NewToken(""), NewToken(""), NewToken(""), id
	return c
}

// With is the credential with the tokens of its secret.
func (c Credential) With(content SecretContent) Credential {
	c.Kubelet, c.Proxy, c.Client = content[SecretKubeletToken], content[SecretProxyToken], content[SecretClientToken]
	return c
}

// GivesSame reports whether two credentials give the same tokens, as far as the wire shows: in clear, or in one secret.
func (c Credential) GivesSame(d Credential) bool {
	return c.Kubelet == d.Kubelet && c.Proxy == d.Proxy && c.Client == d.Client && BareSecretID(c.SecretID) == BareSecretID(d.SecretID)
}

// IsSecretID reports whether a text has one of the forms of a secret's ID: "ID", "secret:ID", "secret://MODEL/ID".
func IsSecretID(id string) bool {
	bare := BareSecretID(id)
	model, ok := strings.CutSuffix(strings.TrimPrefix(id, "secret:"), bare)
	if len(bare) != 20 || strings.Trim(bare, "0123456789abcdefghijklmnopqrstuv") != "" || !ok {
		return false
	}
	uuid, ok := strings.CutPrefix(model, "//")
	return model == "" || ok && len(uuid) == len("01234567-89ab-cdef-0123-456789abcdef/") && strings.Trim(uuid, "0123456789abcdef-/") == ""
}

// BareSecretID is the last part of a secret's ID in any of its forms, by which two IDs are compared.
func BareSecretID(id string) string {
	id = strings.TrimPrefix(id, "secret:")
	return id[strings.LastIndexByte(id, '/')+1:]
}
