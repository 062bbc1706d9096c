package charm

import (
	"context"

	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Worker has the methods of the interface's requires side, for one endpoint.
type Worker struct{ session *session.Worker }

// DNS is how pods reach the cluster's DNS. Fields that the master does not give are nil.
type DNS struct {
	Domain *string
	// PrivateAddress is that of the master unit that gave the domain, or its ingress-address where Juju gives no
	// private-address.
	PrivateAddress *string
	SDNIP          *string
	Port           *string
	EnableKubeDNS  *string // "False" where the cluster has no DNS
}

// SetGPU publishes whether this unit has a GPU.
func (w *Worker) SetGPU(ctx context.Context, enabled bool) error {
	return w.session.SetGPU(ctx, enabled)
}

// SetAuthRequest asks for credentials for a user in a group, usually kubecontrol.DefaultGroup. The name of a node is
// lower-cased, as Kubernetes does it. An empty user takes the request back; an empty group names none.
func (w *Worker) SetAuthRequest(ctx context.Context, user, group string) error {
	return w.session.SetAuthRequest(ctx, user, group)
}

// AuthCredentials are the tokens for a user; false if the master has published none.
func (w *Worker) AuthCredentials(ctx context.Context, user string) (kubecontrol.Credential, bool, error) {
	return w.session.AuthCredentials(ctx, user)
}

// Kubeconfig writes a kubeconfig with this unit's client token, mode 0600, and returns its absolute path. An empty path is
// the one that the ready worker keeps. Without credentials, API endpoints or a CA certificate it is an error, and nothing
// is written.
func (w *Worker) Kubeconfig(ctx context.Context, path string) (string, error) {
	return w.session.Kubeconfig(ctx, path, "")
}

// EvaluateRelation says what this unit waits for, for example "Missing required kube-control relation"; "" for nothing.
func (w *Worker) EvaluateRelation(ctx context.Context) (string, error) {
	return w.session.EvaluateRelation(ctx)
}

// DNS is what the master says of the cluster's DNS.
func (w *Worker) DNS(ctx context.Context) (DNS, error) {
	dns, err := w.session.DNS(ctx)
	return DNS(dns), err
}

// ClusterTag is the tag of the cluster's cloud resources; nil if the master gives none.
func (w *Worker) ClusterTag(ctx context.Context) (*string, error) {
	return w.session.Value(ctx, kubecontrol.KeyClusterTag)
}

// RegistryLocation is the registry of container images; nil if the master gives none.
func (w *Worker) RegistryLocation(ctx context.Context) (*string, error) {
	return w.session.Value(ctx, kubecontrol.KeyRegistryLocation)
}

// APIEndpoints are the API servers' URLs of all masters, sorted; never nil.
func (w *Worker) APIEndpoints(ctx context.Context) ([]string, error) {
	return w.session.List(ctx, kubecontrol.KeyAPIEndpoints)
}

// ControllerTaints are the taints of control-plane nodes, key[=value]:Effect each; never nil.
func (w *Worker) ControllerTaints(ctx context.Context) ([]string, error) {
	return w.session.List(ctx, kubecontrol.KeyTaints)
}

// ControllerLabels are the labels of control-plane nodes, key=value each; never nil.
func (w *Worker) ControllerLabels(ctx context.Context) ([]string, error) {
	return w.session.List(ctx, kubecontrol.KeyLabels)
}

// CohortKeys are the cohort keys of snaps, by snap name; nil if the master gives none.
func (w *Worker) CohortKeys(ctx context.Context) (map[string]string, error) {
	return w.session.CohortKeys(ctx)
}

// DefaultCNI is the name of the default CNI, which may be empty; nil if the master gives none.
func (w *Worker) DefaultCNI(ctx context.Context) (*string, error) { return w.session.DefaultCNI(ctx) }

// HasXCP reports whether the cluster has an external cloud provider; false if the master does not say.
func (w *Worker) HasXCP(ctx context.Context) (bool, error) { return w.session.HasXCP(ctx) }

// CACertificate is the cluster's CA certificate, PEM; nil if the master gives none, or none that may be read.
func (w *Worker) CACertificate(ctx context.Context) (*string, error) {
	return w.session.CACertificate(ctx)
}
