package kubecontrol

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bag is one unit databag. A key that is absent and a key with the empty text are the same to Juju.
type Bag map[string]string

// Request is what a worker's bag says to the master.
type Request struct {
	User  string // kubelet_user; "" is none
	Group string // auth_group; "" where the worker gave none
	GPU   bool   // gpu is exactly "True"
	// Secrets is set where schema_vers lists 1: the worker reads its credentials from a Juju secret.
	Secrets bool
	// Versioned is set where schema_vers is not empty, as each charm on the ops library writes it with a request.
	Versioned bool
}

// ReadRequest reads a worker's bag. It never fails: whatever else stands in the bag is ignored.
func ReadRequest(b Bag) Request {
	return Request{
		User: b[KeyKubeletUser], Group: b[KeyAuthGroup], GPU: b[KeyGPU] == FormatBool(true),
		Secrets: listsOne(b[KeySchemaVers]), Versioned: b[KeySchemaVers] != "",
	}
}

// SchemaVers is what a worker that reads secrets writes under schema_vers; another one writes nothing.
const SchemaVers = "[0, 1]"

// listsOne reads schema_vers, an array of numbers or of their texts. Anything else lists nothing.
func listsOne(value string) bool {
	var items []json.RawMessage
	if json.Unmarshal([]byte(value), &items) != nil {
		return false
	}
	return slices.ContainsFunc(items, func(item json.RawMessage) bool { return strings.Trim(string(item), `"`) == "1" })
}

// Check says why a request can't be served, in words that are safe to log.
func (r Request) Check() error {
	for _, field := range [...]struct{ key, text string }{{KeyKubeletUser, r.User}, {KeyAuthGroup, r.Group}} {
		if !utf8.ValidString(field.text) || strings.ContainsRune(field.text, 0) {
			return fmt.Errorf("%s is not UTF-8 text without NUL", field.key)
		}
	}
	return nil
}

// NodeUserPrefix begins the name of each node's user in Kubernetes: "system:node:NODE".
const NodeUserPrefix = "system:node:"

// NormalUser is the name by which two users are compared: Kubernetes lower-cases node names, so
// "system:node:Node-A" and "system:node:node-a" are one user. Any other name stands as it is.
func NormalUser(user string) string {
	if node, ok := strings.CutPrefix(user, NodeUserPrefix); ok {
		return NodeUserPrefix + strings.ToLower(node)
	}
	return user
}
