package charm

import (
	"context"
	"strconv"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/explain"
	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Master has the methods of the interface's provides side, for one endpoint. Values that it sets are kept and published on
// every relation of the endpoint, later ones included. Values that do not pass the checks of the interface are an error.
type Master struct{ session *session.Master }

// Request is a worker unit's request for credentials.
type Request struct {
	Relation kubecontrol.RelationID
	Unit     kubecontrol.Unit
	User     string
	Group    string // "" where the unit named none
	Pending  bool   // it waits to be signed
	Rotate   bool   // it waits for new tokens
}

// Refusal is a request that is not signed.
type Refusal struct {
	Request
	Cause  string // conflict, revoked, or what the policy does not allow: group, user, reserved, no-node, invalid-user, invalid-group
	Reason string // for people
}

// Signature is the credentials for one request. Scope is the unit, and an empty User is the one that the unit asks for.
type Signature struct {
	Scope                  kubecontrol.Unit
	User                   string
	Kubelet, Proxy, Client kubecontrol.Token
}

// Closed is a credential that was taken from the wire. Its tokens are not kept.
type Closed struct {
	User       string
	Scope      kubecontrol.Unit
	Generation int // counts the credentials of one user; 0 for the first
}

// SetDNS publishes how pods reach the cluster's DNS: port, domain and IP address. An empty ip deletes the address. With
// enabled false, workers know that there is nothing to wait for.
func (m *Master) SetDNS(ctx context.Context, port int, domain, ip string, enabled bool) error {
	return m.session.Set(ctx, map[string]string{
		kubecontrol.KeyPort:          strconv.Itoa(port),
		kubecontrol.KeyDomain:        domain,
		kubecontrol.KeySDNIP:         ip,
		kubecontrol.KeyEnableKubeDNS: kubecontrol.FormatBool(enabled),
	})
}

// SetClusterTag publishes the tag of the cluster's cloud resources; "" deletes it.
func (m *Master) SetClusterTag(ctx context.Context, tag string) error {
	return m.set(ctx, kubecontrol.KeyClusterTag, tag)
}

// SetRegistryLocation publishes the registry of container images, HOST[:PORT][/PATH]; "" deletes it.
func (m *Master) SetRegistryLocation(ctx context.Context, location string) error {
	return m.set(ctx, kubecontrol.KeyRegistryLocation, location)
}

// SetCohortKeys publishes the cohort keys of snaps, by snap name; nil deletes them.
func (m *Master) SetCohortKeys(ctx context.Context, keys map[string]string) error {
	value := ""
	if keys != nil {
		value = kubecontrol.EncodeObject(keys)
	}
	return m.set(ctx, kubecontrol.KeyCohortKeys, value)
}

// SetDefaultCNI publishes the name of the default CNI; the empty name is a value too.
func (m *Master) SetDefaultCNI(ctx context.Context, name string) error {
	return m.set(ctx, kubecontrol.KeyDefaultCNI, kubecontrol.EncodeText(name))
}

// SetAPIEndpoints publishes the URLs of the API servers that this unit knows.
func (m *Master) SetAPIEndpoints(ctx context.Context, urls []string) error {
	return m.set(ctx, kubecontrol.KeyAPIEndpoints, kubecontrol.EncodeList(urls))
}

// SetHasXCP publishes whether the cluster has an external cloud provider.
func (m *Master) SetHasXCP(ctx context.Context, has bool) error {
	return m.set(ctx, kubecontrol.KeyHasXCP, strconv.FormatBool(has))
}

// SetControllerTaints publishes the taints of control-plane nodes, key[=value]:Effect each, by Kubernetes' rules.
func (m *Master) SetControllerTaints(ctx context.Context, taints []string) error {
	return m.set(ctx, kubecontrol.KeyTaints, kubecontrol.EncodeList(taints))
}

// SetControllerLabels publishes the labels of control-plane nodes, key=value each, by Kubernetes' rules.
func (m *Master) SetControllerLabels(ctx context.Context, labels []string) error {
	return m.set(ctx, kubecontrol.KeyLabels, kubecontrol.EncodeList(labels))
}

// SetCACertificate publishes the cluster's CA certificate, PEM, in a secret that every relation's application may read.
// Only the leader may call it. Where Juju has no secrets it is an error.
func (m *Master) SetCACertificate(ctx context.Context, certificate string) error {
	return m.session.SetCACertificate(ctx, certificate)
}

func (m *Master) set(ctx context.Context, key, value string) error {
	return m.session.Set(ctx, map[string]string{key: value})
}

// AuthUser lists the units that ask for credentials, signed or not, by relation id, then by unit number. Requests for a
// user that another unit holds are left out.
func (m *Master) AuthUser(ctx context.Context) ([]Request, error) {
	requests, err := m.session.AuthUser(ctx)
	return convert(requests, func(q engine.Request) Request { return Request(q) }), err
}

// Refused lists the requests that are not signed, with the reasons: the policy of a ready charm refuses them, another unit
// holds the user, or they are revoked. A unit that does not lead refuses nothing by policy.
func (m *Master) Refused(ctx context.Context) ([]Refusal, error) {
	refusals, err := m.session.Refused(ctx)
	return convert(refusals, func(f engine.Refusal) Refusal {
		return Refusal{Request: Request(f.Request), Cause: string(f.Cause), Reason: explain.Reason(f)}
	}), err
}

// SignAuthRequests publishes credentials for many requests in one write. If one cannot be signed, none is. On a unit that
// does not lead it is an error, and nothing is written.
func (m *Master) SignAuthRequests(ctx context.Context, signatures ...Signature) error {
	return m.session.SignAuthRequests(ctx, convert(signatures, func(s Signature) engine.Signature {
		return engine.Signature{Scope: s.Scope, User: s.User, Kubelet: s.Kubelet, Proxy: s.Proxy, Client: s.Client}
	}))
}

// FlushDeparted returns the units that have left since the last call, in the order in which they left, and clears
// ENDPOINT.departed.
func (m *Master) FlushDeparted(ctx context.Context) ([]kubecontrol.Unit, error) {
	return m.session.FlushDeparted(ctx)
}

// ClosedAuthCreds returns the credentials that were taken from the wire since the last call, because their unit left or
// asks for another user. A charm that made the tokens has to revoke them. Only a unit that led at that time knows them.
func (m *Master) ClosedAuthCreds(ctx context.Context) ([]Closed, error) {
	closed, err := m.session.ClosedAuthCreds(ctx)
	return convert(closed, func(c engine.Closed) Closed { return Closed(c) }), err
}

// ClearCreds takes all our credentials from the wire. The requests wait to be signed again.
func (m *Master) ClearCreds(ctx context.Context) error { return m.session.ClearCreds(ctx) }

// RotateCredentials asks for new tokens for a unit, or for all units with an empty one: their requests wait to be signed
// again. The replaced credentials count as accepted until the second update-status after, or until FinishRotation. Then
// ClosedAuthCreds names them.
func (m *Master) RotateCredentials(ctx context.Context, unit kubecontrol.Unit) error {
	return m.session.RotateCredentials(ctx, unit)
}

// FinishRotation ends the time in which replaced credentials are still accepted.
func (m *Master) FinishRotation(ctx context.Context) error { return m.session.FinishRotation(ctx) }

// Rotating lists the units that wait for new tokens.
func (m *Master) Rotating(ctx context.Context) ([]kubecontrol.Unit, error) {
	return m.session.Rotating(ctx)
}

// Revoke takes a unit's credentials from the wire at once, and refuses its present request until UndoRevoke.
func (m *Master) Revoke(ctx context.Context, unit kubecontrol.Unit) error {
	return m.session.Revoke(ctx, unit)
}

// UndoRevoke lets a unit's revoked request be signed again. It is an error if none is revoked.
func (m *Master) UndoRevoke(ctx context.Context, unit kubecontrol.Unit) error {
	return m.session.UndoRevoke(ctx, unit)
}

// GPU reports whether a joined worker has a GPU.
func (m *Master) GPU(ctx context.Context) (bool, error) { return m.session.GPU(ctx) }

// convert makes a list of another type.
func convert[From, To any](list []From, one func(From) To) []To {
	var all []To
	for _, from := range list {
		all = append(all, one(from))
	}
	return all
}
