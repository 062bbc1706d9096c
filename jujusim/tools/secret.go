package tools

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// SecretContext is what the tools about secrets ask of their hook. Ids are bare: 20 digits and small letters.
type SecretContext interface {
	// Now is the agent's time, in UTC.
	Now() time.Time
	// AddSecret reserves an id for a secret that the hook makes; without unit the application owns it.
	AddSecret(unit bool, u SecretUpdate) (id string, err error)
	// UpdateSecret buffers a change; one that changes nothing is dropped.
	UpdateSecret(id string, u SecretUpdate) error
	// RemoveSecret buffers the removal of a revision, or with 0 of the secret.
	RemoveSecret(id string, revision int) error
	// ReadSecret gives the content that the unit is to see. At least one of id and label is given.
	ReadSecret(r SecretRead) (SecretContent, error)
	// GrantSecret buffers a grant to the remote application of the relation, or to one unit of it if unit is not empty.
	GrantSecret(id string, relation int, unit string) error
	// RevokeSecret buffers the end of what the unit or application was granted.
	RevokeSecret(id, subject string) error
	// OwnedSecrets are those that the unit may manage, with what this hook has changed, committed ones first.
	OwnedSecrets() []SecretInfo
}

// SecretContent holds a secret's values, in base64 as Juju keeps them.
type SecretContent map[string]string

// Checksum is equal for equal contents.
func (c SecretContent) Checksum() string {
	text, _ := json.Marshal(c) // a map of texts is always fit for JSON, with sorted keys
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// SecretUpdate is what secret-add and secret-set say of a secret; nil is what was not given.
type SecretUpdate struct {
	Label       *string       `json:"label,omitempty"`
	Description *string       `json:"description,omitempty"`
	Rotate      *string       `json:"rotate,omitempty"` // never, hourly, daily, weekly, monthly, quarterly or yearly
	Expire      *time.Time    `json:"expire,omitempty"`
	Content     SecretContent `json:"-"`
}

// Empty tells whether nothing was given.
func (u SecretUpdate) Empty() bool {
	return u.Label == nil && u.Description == nil && u.Rotate == nil && u.Expire == nil && len(u.Content) == 0
}

// SecretRead is what secret-get asks for.
type SecretRead struct {
	ID, Label     string
	Peek, Refresh bool
}

// SecretInfo is what the owner knows of a secret.
type SecretInfo struct {
	ID          string
	Owner       string // the application's name, or the unit's
	Label       string
	Description string
	Rotate      string
	Revision    int        // the latest
	Checksum    string     // of its content
	Expire      *time.Time // of the latest revision
	NextRotate  *time.Time
	Access      []SecretAccess
}

// UnitOwned tells whether a unit owns the secret, not an application.
func (i SecretInfo) UnitOwned() bool { return strings.Contains(i.Owner, "/") }

// SecretAccess is one grant, in Juju's tags.
type SecretAccess struct {
	Target string `json:"target" yaml:"target"`
	Scope  string `json:"scope" yaml:"scope"`
	Role   string `json:"role" yaml:"role"`
}

// secretTools are the tools about secrets.
func secretTools() map[string]func(Context) command {
	return map[string]func(Context) command{
		"secret-add":      newSecretAdd,
		"secret-get":      newSecretGet,
		"secret-grant":    newSecretGrant,
		"secret-ids":      newSecretIDs,
		"secret-info-get": newSecretInfoGet,
		"secret-remove":   newSecretRemove,
		"secret-revoke":   newSecretRevoke,
		"secret-set":      newSecretSet,
	}
}

const modelUUIDPattern = `[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`

// secretID reads a secret's URI as core/secrets of Juju does: the ID, alone or behind the scheme "secret", whose case does
// not count, and in front of it the UUID of its model, if any.
func secretID(uri string) (string, error) {
	u, err := url.Parse(uri)
	switch {
	case err != nil:
		return "", err
	case u.Scheme != "" && u.Scheme != "secret":
		return "", fmt.Errorf("secret URI scheme %q not valid", u.Scheme)
	case u.Host != "" && !matches(".*"+modelUUIDPattern+".*", u.Host):
		return "", fmt.Errorf("host controller UUID %q not valid", u.Host)
	}
	path := strings.TrimLeft(u.Path, "/")
	if path == "" {
		path = u.Opaque
	}
	if !matches(`(?:`+modelUUIDPattern+`/)?[0-9a-v]{20}`, path) {
		return "", fmt.Errorf("secret URI %q not valid", uri)
	}
	return path[len(path)-20:], nil
}

var errNoSecretURI = errors.New("missing secret URI")

// secretToRead takes the URI that secret-get and secret-info-get may have as their first argument, "" without one. Both
// give the same error for every fault in it, as Juju's do.
func secretToRead(args []string) (id string, rest []string, err error) {
	if len(args) == 0 {
		return "", nil, nil
	}
	if id, err = secretID(args[0]); err != nil {
		return "", nil, fmt.Errorf("secret URI %q not valid", args[0])
	}
	return id, args[1:], nil
}

// firstSecretID takes the URI that the tools of a secret's owner want as their first argument.
func firstSecretID(args []string) (id string, rest []string, err error) {
	if len(args) == 0 {
		return "", nil, errNoSecretURI
	}
	id, err = secretID(args[0])
	return id, args[1:], err
}
