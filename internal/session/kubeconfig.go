package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/ready"
	"github.com/kube-control/kube-control/internal/safefile"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// KubeconfigOptions say what CreateKubeconfig writes.
type KubeconfigOptions struct {
	Path   string
	User   string // the user of the credentials
	Name   string // the user's name in the file; "" is User
	CAFile string // where the CA certificate is, if the master publishes none
	// Token picks one of the three; nil is the client token.
	Token func(kubecontrol.Credential) kubecontrol.Token
}

// CreateKubeconfig writes a kubeconfig for a user, mode 0600, if it differs from the one that is there, and reports
// whether it did. Without credentials, API endpoints or a CA certificate it is an error and nothing is written.
func (w *Worker) CreateKubeconfig(ctx context.Context, o KubeconfigOptions) (bool, error) {
	written, err := w.createKubeconfig(ctx, o)
	if err != nil {
		return false, fmt.Errorf("cannot create kubeconfig %s: %w", o.Path, err)
	}
	return written, nil
}

func (w *Worker) createKubeconfig(ctx context.Context, o KubeconfigOptions) (bool, error) {
	a, err := w.session.Ask(ctx)
	if err != nil {
		return false, err
	}
	text, err := w.kubeconfig(a, o)
	if err != nil {
		return false, err
	}
	old, err := safefile.Read(o.Path, maxFile)
	same := err == nil && bytes.Equal(old, text)
	return !same, safefile.Write(o.Path, text)
}

func (w *Worker) kubeconfig(a engine.Facts, o KubeconfigOptions) ([]byte, error) {
	c, found := a.Credential(w.endpoint, w.relation, o.User)
	server := ready.ServerFor(w.session.env.Unit, a.List(w.endpoint, w.relation, kubecontrol.KeyAPIEndpoints))
	switch {
	case !found:
		return nil, errors.New("the master has published no credentials for that user")
	case server == "":
		return nil, errors.New("the master has published no API endpoints")
	}
	k := ready.Kubeconfig{Server: server, User: o.User, Token: c.Client}
	if o.Name != "" {
		k.User = o.Name
	}
	if o.Token != nil {
		k.Token = o.Token(c)
	}
	if ca := a.CACertificate(w.endpoint, w.relation); ca != nil {
		k.CA = *ca
	} else if o.CAFile != "" {
		text, err := safefile.Read(o.CAFile, maxFile)
		if err != nil {
			return nil, err
		}
		k.CA = string(text)
	}
	text, err := k.Encode()
	if errors.Is(err, ready.ErrNoCA) {
		return nil, fmt.Errorf("%w: name a file with --ca-file, or run set-ca-certificate on the master", err)
	}
	return text, err
}
