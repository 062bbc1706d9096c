package charm

import (
	"context"
	"strconv"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// SetCohortKeys tells the workers the cohort keys of snaps, by snap name; nil deletes them.
func (m *Master) SetCohortKeys(ctx context.Context, keys map[string]string) error {
	value := ""
	if keys != nil {
		value = kubecontrol.EncodeObject(keys)
	}
	return m.Set(ctx, map[string]string{kubecontrol.KeyCohortKeys: value})
}

// SetDefaultCNI tells the workers the name of the default CNI; the empty name is a value too.
func (m *Master) SetDefaultCNI(ctx context.Context, name string) error {
	return m.Set(ctx, map[string]string{kubecontrol.KeyDefaultCNI: kubecontrol.EncodeText(name)})
}

// SetAPIEndpoints tells the workers the URLs of the API servers that this unit knows.
func (m *Master) SetAPIEndpoints(ctx context.Context, urls []string) error {
	return m.Set(ctx, map[string]string{kubecontrol.KeyAPIEndpoints: kubecontrol.EncodeList(urls)})
}

// SetHasXCP tells the workers whether the cluster has an external cloud provider.
func (m *Master) SetHasXCP(ctx context.Context, has bool) error {
	return m.Set(ctx, map[string]string{kubecontrol.KeyHasXCP: strconv.FormatBool(has)})
}

// SetControllerTaints tells the workers the taints of control-plane nodes, key[=value]:Effect each, by Kubernetes' rules.
func (m *Master) SetControllerTaints(ctx context.Context, taints []string) error {
	return m.Set(ctx, map[string]string{kubecontrol.KeyTaints: kubecontrol.EncodeList(taints)})
}

// SetControllerLabels tells the workers the labels of control-plane nodes, key=value each, by Kubernetes' rules.
func (m *Master) SetControllerLabels(ctx context.Context, labels []string) error {
	return m.Set(ctx, map[string]string{kubecontrol.KeyLabels: kubecontrol.EncodeList(labels)})
}

// SetCACertificate publishes the cluster's CA certificate, PEM, in a secret that every relation's application may read.
// Only the leader may; where Juju has no secrets it is an error.
func (m *Master) SetCACertificate(ctx context.Context, certificate string) error {
	return m.session.Do(ctx, engine.SetCertificate{Endpoint: m.endpoint, Certificate: certificate})
}

// ClearCreds takes all our credentials from the wire; requests are to be signed again then.
func (m *Master) ClearCreds(ctx context.Context) error {
	return m.session.Do(ctx, engine.ClearCreds{Endpoint: m.endpoint, Relation: m.relation})
}

// CACertificate is the cluster's CA certificate, PEM; nil if the master gives none, or none that may be read.
func (w *Worker) CACertificate(ctx context.Context) (*string, error) {
	a, err := w.session.Ask(ctx)
	if err != nil {
		return nil, err
	}
	return a.CACertificate(w.endpoint, w.relation), nil
}

// APIEndpoints are the API servers' URLs of all masters, sorted; never nil.
func (w *Worker) APIEndpoints(ctx context.Context) ([]string, error) {
	return w.List(ctx, kubecontrol.KeyAPIEndpoints)
}

// ControllerTaints are the taints of control-plane nodes, as on the wire; never nil.
func (w *Worker) ControllerTaints(ctx context.Context) ([]string, error) {
	return w.List(ctx, kubecontrol.KeyTaints)
}

// ControllerLabels are the labels of control-plane nodes, as on the wire; never nil.
func (w *Worker) ControllerLabels(ctx context.Context) ([]string, error) {
	return w.List(ctx, kubecontrol.KeyLabels)
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
