package engine

import "github.com/kube-control/kube-control/pkg/kubecontrol"

// Policy is what the policy of a ready charm tells the engine. The zero value is that of a charm without one.
type Policy struct {
	// KeepsLedger is set where the policy keeps a record of what is accepted. It owns the time in which replaced credentials are
	// still accepted, and the engine counts no such time and lists no closed credentials.
	KeepsLedger bool
	// Holders names the unit that holds a user by that record, by the user's normal name.
	Holders map[string]kubecontrol.Unit
	// Refused are the requests that the policy does not sign.
	Refused []Refusal
	// Schemas is what a worker offers in schema_vers: "0", "1" or "0,1". Empty: what this Juju can do, and what a Python peer
	// wrote stays if it says the same.
	Schemas string
}

// Refusal is a request that is not signed.
type Refusal struct {
	Request
	Cause  RefusalCause
	Holder kubecontrol.Unit // of a conflict
}

// RefusalCause is why a request is not signed.
type RefusalCause string

// The causes of refusals.
const (
	RefusedConflict     RefusalCause = "conflict"      // another unit holds the user
	RefusedGroup        RefusalCause = "group"         // the policy does not allow the group to the unit
	RefusedUser         RefusalCause = "user"          // the policy does not allow the user to the unit
	RefusedReserved     RefusalCause = "reserved"      // the user's name is that of a part of Kubernetes, or of another token
	RefusedNoNode       RefusalCause = "no-node"       // the user's name has the prefix of nodes and names none
	RefusedInvalidUser  RefusalCause = "invalid-user"  // no token file takes the user's name
	RefusedInvalidGroup RefusalCause = "invalid-group" // no token file takes the group's name
	RefusedRevoked      RefusalCause = "revoked"       // a person has revoked the request
)

// IsFinal reports whether no option of a policy could allow what the request asks for.
func (c RefusalCause) IsFinal() bool {
	switch c {
	case RefusedReserved, RefusedNoNode, RefusedInvalidUser, RefusedInvalidGroup:
		return true
	}
	return false
}
