package agent

import (
	"time"

	"github.com/kube-control/kube-control/jujusim/tools"
)

// What the controller and the hook say of secrets.
type (
	// SecretContent holds a secret's values, in base64.
	SecretContent = tools.SecretContent
	// SecretUpdate is what is to become of a secret.
	SecretUpdate = tools.SecretUpdate
	// SecretRead is what secret-get asks for.
	SecretRead = tools.SecretRead
	// SecretInfo is what the owner knows of a secret.
	SecretInfo = tools.SecretInfo
	// SecretAccess is one grant.
	SecretAccess = tools.SecretAccess
)

// SecretController is the controller's part in secrets. Ids are bare.
type SecretController interface {
	// Now is the time, in UTC.
	Now() time.Time
	// ReserveSecret gives an id that no secret has had.
	ReserveSecret() string
	// OwnedSecrets are the unit's own and, for a leader, the application's, in the order of their making.
	OwnedSecrets(unit string, leader bool) []SecretInfo
	// ReadSecret gives what the unit is to see. It remembers the unit, the label and the revision at once.
	ReadSecret(unit string, r SecretRead) (SecretContent, error)
}

// SecretChanges are applied in the order of the fields, and in each of the list.
type SecretChanges struct {
	Create      []SecretCreate
	Update      []SecretChange
	TrackLatest []string // ids of which the unit has read the new revision before it was there
	Grant       []SecretGrant
	Revoke      []SecretRevoke
	Delete      []SecretDelete
}

// Empty tells whether there are none.
func (s SecretChanges) Empty() bool {
	return len(s.Create)+len(s.Update)+len(s.TrackLatest)+len(s.Grant)+len(s.Revoke)+len(s.Delete) == 0
}

// SecretCreate is a new secret under a reserved id. The owner is an application's name, or a unit's.
type SecretCreate struct {
	ID, Owner string
	SecretUpdate
}

// SecretChange changes a secret.
type SecretChange struct {
	ID string
	SecretUpdate
}

// SecretGrant lets an application or a unit read a secret for as long as the relation lives.
type SecretGrant struct {
	ID, Subject string
	Relation    int
}

// SecretRevoke takes a grant back.
type SecretRevoke struct{ ID, Subject string }

// SecretDelete removes one revision, or with 0 the secret.
type SecretDelete struct {
	ID       string
	Revision int
}
