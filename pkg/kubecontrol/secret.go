package kubecontrol

import "strings"

// The keys in a secret of credentials (ops-interface-kube-control 0.3.3). A secret holds no empty values, so a token
// that is empty is not there.
const (
	SecretKubeletToken = "kubelet-token"
	SecretProxyToken   = "proxy-token"
	SecretClientToken  = "client-token"
	SecretCertificate  = "ca-certificate"
	// SecretEndpoint names the master's endpoint; by it a secret of ours is told from others.
	SecretEndpoint = "endpoint"
	// SecretScope names the unit that the tokens are for. Our own key: peers write none.
	SecretScope = "scope"
)

// CALabel is the label of the secret with the CA certificate.
const CALabel = "ca-certificate"

// CredsLabel is the label of the secret with a user's credentials.
func CredsLabel(user string) string { return user + "-creds" }

// SecretContent is what a secret holds. Its values are tokens, or texts that are none of anybody's business either.
type SecretContent map[string]Token

// Content is the secret for a credential, empty tokens left out.
func (c Credential) Content(endpoint string) SecretContent {
	content := SecretContent{SecretEndpoint: NewToken(endpoint), SecretScope: NewToken(string(c.Scope))}
	for key, token := range map[string]Token{SecretKubeletToken: c.Kubelet, SecretProxyToken: c.Proxy, SecretClientToken: c.Client} {
		if !token.IsEmpty() {
			content[key] = token
		}
	}
	return content
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

// BareSecretID is the last part of a secret's ID in any of its forms, by which two IDs are compared.
func BareSecretID(id string) string {
	id = strings.TrimPrefix(id, "secret:")
	return id[strings.LastIndexByte(id, '/')+1:]
}
