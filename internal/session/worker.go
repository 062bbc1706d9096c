package session

import (
	"context"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/explain"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Worker has the methods of the interface's requires side, for one endpoint.
type Worker struct {
	session  *Session
	endpoint string
	relation kubecontrol.RelationID
}

// Worker speaks for a worker's endpoint, or for one relation of it if that is not empty.
func (s *Session) Worker(endpoint string, relation kubecontrol.RelationID) *Worker {
	return &Worker{s, endpoint, relation}
}

// DNS is what the master says of the cluster's DNS; absent fields are nil.
func (w *Worker) DNS(ctx context.Context) (engine.DNS, error) {
	a, err := w.session.Ask(ctx)
	if err != nil {
		return engine.DNS{}, err
	}
	return a.DNS(w.endpoint, w.relation), nil
}

// Value is a plain value by its wire key, nil if the master gives none.
func (w *Worker) Value(ctx context.Context, key string) (*string, error) {
	a, err := w.session.Ask(ctx)
	if err != nil {
		return nil, err
	}
	return a.Value(w.endpoint, w.relation, key), nil
}

// AuthCredentials are the tokens for a user, if the master has published any.
func (w *Worker) AuthCredentials(ctx context.Context, user string) (kubecontrol.Credential, bool, error) {
	a, err := w.session.Ask(ctx)
	if err != nil {
		return kubecontrol.Credential{}, false, err
	}
	c, ok := a.Credential(w.endpoint, w.relation, user)
	return c, ok, nil
}

// EvaluateRelation says what this unit waits for, "Missing required kube-control relation" for one; "" if for nothing.
func (w *Worker) EvaluateRelation(ctx context.Context) (string, error) {
	a, err := w.session.Ask(ctx)
	if err != nil {
		return "", err
	}
	return explain.Readiness(a, w.endpoint), nil
}

// SetGPU tells the master whether this unit has a GPU.
func (w *Worker) SetGPU(ctx context.Context, enabled bool) error {
	return w.Set(ctx, map[string]string{kubecontrol.KeyGPU: kubecontrol.FormatBool(enabled)})
}

// SetAuthRequest asks for credentials for a user in a group, usually kubecontrol.DefaultGroup. The name of a node is
// lower-cased, as Kubernetes does it. An empty user takes the request back; an empty group names none.
func (w *Worker) SetAuthRequest(ctx context.Context, user, group string) error {
	if user == "" {
		group = ""
	}
	return w.Set(ctx, map[string]string{
		kubecontrol.KeyKubeletUser: kubecontrol.NormalUser(user),
		kubecontrol.KeyAuthGroup:   group,
	})
}

// Set changes plain values by their wire keys, in wire text; "" deletes.
func (w *Worker) Set(ctx context.Context, values map[string]string) error {
	return w.session.Do(ctx, engine.SetValues{Endpoint: w.endpoint, Relation: w.relation, Values: values})
}

// CACertificate is the cluster's CA certificate, PEM; nil if the master gives none, or none that may be read.
func (w *Worker) CACertificate(ctx context.Context) (*string, error) {
	a, err := w.session.Ask(ctx)
	if err != nil {
		return nil, err
	}
	return a.CACertificate(w.endpoint, w.relation), nil
}

// List is a list by its wire key: api-endpoints, taints or labels; never nil. Entries that do not parse are left out.
func (w *Worker) List(ctx context.Context, key string) ([]string, error) {
	a, err := w.session.Ask(ctx)
	if err != nil {
		return nil, err
	}
	return a.List(w.endpoint, w.relation, key), nil
}

// CohortKeys are the snaps' cohort keys, nil if the master gives none.
func (w *Worker) CohortKeys(ctx context.Context) (map[string]string, error) {
	a, err := w.session.Ask(ctx)
	if err != nil {
		return nil, err
	}
	return a.CohortKeys(w.endpoint, w.relation), nil
}

// DefaultCNI is the name of the default CNI, which may be empty; nil if the master does not say.
func (w *Worker) DefaultCNI(ctx context.Context) (*string, error) {
	a, err := w.session.Ask(ctx)
	if err != nil {
		return nil, err
	}
	return a.DefaultCNI(w.endpoint, w.relation), nil
}

// HasXCP reports whether the cluster has an external cloud provider; false if the master does not say.
func (w *Worker) HasXCP(ctx context.Context) (bool, error) {
	a, err := w.session.Ask(ctx)
	if err != nil {
		return false, err
	}
	return a.HasXCP(w.endpoint, w.relation), nil
}
