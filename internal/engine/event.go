package engine

import "github.com/kube-control/kube-control/pkg/kubecontrol"

// Event is why Evaluate runs: a hook, or a command typed by hand or by a handler.
type Event interface{ event() }

// The kinds of hook that the engine distinguishes. The Kind of every other hook may be any other text, because flags and
// databags follow from the view.
const (
	Created      = "relation-created"
	Joined       = "relation-joined"
	Changed      = "relation-changed"
	DepartedHook = "relation-departed"
	Broken       = "relation-broken"
	UpgradeCharm = "upgrade-charm"
	UpdateStatus = "update-status"

	LeaderElected = "leader-elected"
	SecretRemove  = "secret-remove"
)

// Hook is a hook that Juju runs.
type Hook struct {
	Kind      string
	Relation  kubecontrol.RelationID // relation hooks only
	Unit      kubecontrol.Unit       // the remote unit; empty in created, broken, and in changed for application data
	Departing kubecontrol.Unit       // departed hooks only
	// The secret of a secret hook; the label is ours where we own it, and only owners' hooks have a revision.
	SecretID, SecretLabel string
	SecretRevision        int
	// Again is set for a second look in the same hook, after a handler ran: the departure has been recorded already.
	Again bool
	// Turn selects the records that an update-status reads again. It is any number that differs from hook to hook.
	Turn uint64
}

// SetValues changes plain values that this unit publishes, as typed by hand. An empty value deletes its key.
type SetValues struct {
	Endpoint string
	Relation kubecontrol.RelationID // empty: every relation of the endpoint, also later ones
	Values   map[string]string      // wire key to wire text
}

// Sign publishes credentials for units that ask for them, all in one write.
type Sign struct {
	Endpoint   string
	Relation   kubecontrol.RelationID // empty: any relation of the endpoint
	Signatures []Signature
}

// Signature is the answer to one unit's request.
type Signature struct {
	Scope                  kubecontrol.Unit
	User                   string // empty: the user that Scope asks for
	Kubelet, Proxy, Client kubecontrol.Token
	// Group is the one that the tokens are for, if the signer knows; "" is the one that the unit asks for. If the unit asks for
	// another one, the request still waits.
	Group string
	// Retire are users that the unit was signed for before. Their entries leave the wire.
	Retire []string
	// Generation is the credential's, if the signer counts them. The count on the wire continues from it.
	Generation int
}

// FlushDeparted forgets the units that have left an endpoint; State.Departed holds them until then.
type FlushDeparted struct{ Endpoint string }

// SetCertificate publishes the cluster's CA certificate, in a secret.
type SetCertificate struct {
	Endpoint    string
	Certificate string // PEM
}

// WithdrawCertificate takes the CA certificate from the wire, on a leader with its secret. A secret that another charm made
// stays, and so does its ID.
type WithdrawCertificate struct{ Endpoint string }

// ClearCreds takes all our credentials from the wire.
type ClearCreds struct {
	Endpoint string
	Relation kubecontrol.RelationID // empty: every relation of the endpoint
}

// ClosedCreds forgets the credentials that were taken from the wire; State.Closed holds them until then.
type ClosedCreds struct{ Endpoint string }

// Rotate asks for new tokens for the units that have credentials, or ends the time in which the replaced ones are still
// accepted.
type Rotate struct {
	Endpoint string
	Unit     kubecontrol.Unit // empty: all
	Finish   bool
}

// Revoke takes a unit's credentials from the wire, and refuses the request that it has now. With Undo the request may be
// signed again.
type Revoke struct {
	Endpoint string
	Unit     kubecontrol.Unit
	Undo     bool
}

// RemoveOrphanSecrets removes the secrets of units that have left unseen: while no unit led, or while another unit did whose databag
// named them.
type RemoveOrphanSecrets struct {
	Holders map[string]kubecontrol.Unit // by user
}

// PutFlag sets or clears an author's flag, or clears ENDPOINT.requests.changed.
type PutFlag struct {
	Name string
	Set  bool
}

// Refresh reads every unit's bag again.
type Refresh struct{}

// Look is a question. It changes nothing.
type Look struct{}

// LookAt is a question about one remote unit: its databag is read again, in spite of the records, and a leader looks at
// the secrets that it has made for it. It changes nothing.
type LookAt struct{ Unit kubecontrol.Unit }

func (Hook) event()                {}
func (SetValues) event()           {}
func (Sign) event()                {}
func (FlushDeparted) event()       {}
func (SetCertificate) event()      {}
func (WithdrawCertificate) event() {}
func (ClearCreds) event()          {}
func (ClosedCreds) event()         {}
func (Rotate) event()              {}
func (Revoke) event()              {}
func (RemoveOrphanSecrets) event() {}
func (PutFlag) event()             {}
func (Refresh) event()             {}
func (Look) event()                {}
func (LookAt) event()              {}

func (c ClearCreds) covers(id kubecontrol.RelationID) bool {
	return id == c.Relation || c.Relation == "" && id.Endpoint() == c.Endpoint
}
