package kubecontrol

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bag is one unit databag. A key that is absent and a key with the empty text are the same to Juju.
type Bag map[string]string

// Request is what a worker's bag says to the master.
type Request struct {
	User  string // kubelet_user; "" is no request
	Group string // auth_group; "" where the worker gave none
	GPU   bool   // gpu is exactly "True"
}

// ReadRequest reads a worker's bag. It never fails: whatever else stands in the bag is ignored.
func ReadRequest(b Bag) Request {
	return Request{User: b[KeyKubeletUser], Group: b[KeyAuthGroup], GPU: b[KeyGPU] == FormatBool(true)}
}

// Check says why a request can't be served, in words that are safe to log.
func (r Request) Check() error {
	for _, field := range [...]struct{ key, text string }{{KeyKubeletUser, r.User}, {KeyAuthGroup, r.Group}} {
		if !utf8.ValidString(field.text) || strings.ContainsRune(field.text, 0) {
			return fmt.Errorf("%s is no text in UTF-8 without NUL", field.key)
		}
	}
	return nil
}

// nodeUserPrefix begins the user name of a node's kubelet.
const nodeUserPrefix = "system:node:"

// NormalUser is the name by which two users are compared: Kubernetes lower-cases node names, so
// "system:node:Node-A" and "system:node:node-a" are one user. Any other name stands as it is.
func NormalUser(user string) string {
	if node, ok := strings.CutPrefix(user, nodeUserPrefix); ok {
		return nodeUserPrefix + strings.ToLower(node)
	}
	return user
}
