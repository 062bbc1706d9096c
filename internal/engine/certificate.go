package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// setCertificate puts the CA certificate into its secret.
func (r *run) setCertificate(ev SetCertificate) error {
	switch {
	case !r.view.Leader:
		return fmt.Errorf("cannot publish a CA certificate: %w", ErrNotLeader)
	case !r.view.Secrets.Supported:
		return fmt.Errorf("cannot publish a CA certificate: %s", r.view.Secrets.Reason)
	case r.state.Dying:
		return errors.New("cannot publish a CA certificate: this unit is being removed")
	case ev.Certificate == "":
		return Usagef("the certificate is empty")
	case len(ev.Certificate) > r.view.Secrets.MaxValue:
		return Usagef("the certificate is longer than %d bytes, which is as much as a secret of this Juju holds", r.view.Secrets.MaxValue)
	}
	content := kubecontrol.SecretContent{
		kubecontrol.SecretCertificate: kubecontrol.NewToken(ev.Certificate),
		kubecontrol.SecretEndpoint:    kubecontrol.NewToken(ev.Endpoint),
	}
	own := r.view.Secrets.Own[kubecontrol.CALabel]
	if own == nil {
		r.added = append(r.added, AddSecret{Label: kubecontrol.CALabel, Description: "CA certificate", Content: content})
		return nil
	}
	if holder := own.endpoint(); holder != ev.Endpoint && r.isMaster(holder) {
		return fmt.Errorf("cannot publish a CA certificate: endpoint %s publishes one already", holder)
	}
	r.revise(own, kubecontrol.CALabel, content)
	return nil
}

// withdrawCertificate takes an endpoint's CA certificate back.
func (r *run) withdrawCertificate(endpoint string) {
	own := r.view.Secrets.Own[kubecontrol.CALabel]
	if r.view.Leader && own != nil && own.endpoint() != endpoint {
		return // another charm's, or another endpoint's
	}
	r.withdrawn = endpoint
	delete(r.state.Certificates, endpoint)
	for _, rel := range r.view.RelationsOf(endpoint) {
		r.put(rel.ID, kubecontrol.KeyCASecretID, "", "CA certificate withdrawn")
	}
	if r.view.Leader && own != nil && !r.state.Dying {
		r.secrets = append(r.secrets, RemoveSecret{ID: own.ID})
	}
}

// attendsCertificate reports whether this run checks the CA certificate: its grants, or whether there is one.
func (r *run) attendsCertificate() bool {
	if r.all() {
		return len(r.masters()) > 0
	}
	arrives := r.hook.Kind == Created || r.hook.Kind == Joined || r.hook.Kind == UpdateStatus
	return arrives && (len(r.state.Certificates) > 0 || slices.ContainsFunc(r.masters(), func(rel Relation) bool {
		return rel.Local[kubecontrol.KeyCASecretID] != ""
	}))
}

// updateCertificate publishes and grants the CA certificate on every relation, whether its secret is new or was there before.
func (r *run) updateCertificate() {
	own, looked := r.view.Secrets.Own[kubecontrol.CALabel]
	looked = looked && (own == nil || own.Content != nil) // a certificate that cannot be read proves nothing
	for _, e := range r.view.Endpoints {
		if e.Role != kubecontrol.Master || e.Name == r.withdrawn || !r.view.Leader {
			continue
		}
		if looked {
			delete(r.state.Certificates, e.Name)
		}
		if looked && own != nil && own.endpoint() == e.Name {
			r.state.Certificates[e.Name] = own.ID
		}
		if id, known := r.state.Certificates[e.Name]; known {
			r.publishCertificate(e.Name, id, own)
		}
	}
}

// publishCertificate publishes the ID of an endpoint's certificate where its secret can be read.
func (r *run) publishCertificate(endpoint, id string, own *OwnSecret) {
	for _, rel := range r.view.RelationsOf(endpoint) {
		readable := true
		if own != nil && own.ID == id && len(rel.Members) > 0 {
			r.grant(own, rel.ID, "")
			readable = r.noGrant(own, rel.ID, "") == ""
		}
		if readable && kubecontrol.BareSecretID(r.bags[rel.ID][kubecontrol.KeyCASecretID]) != id {
			r.put(rel.ID, kubecontrol.KeyCASecretID, "secret:"+id, "CA certificate")
		}
	}
}

// caCertificate is the CA certificate that the masters of a relation give, nil if this unit can read none.
func (r *run) caCertificate(rel Relation) *string {
	id, _ := rel.Value(kubecontrol.KeyCASecretID)
	token := r.view.Secrets.Read[id][kubecontrol.SecretCertificate]
	if token.IsEmpty() {
		return nil
	}
	text := token.Reveal()
	return &text
}

// remoteApp is the application on the other side of a relation, "" while no unit of it is joined.
func (r *run) remoteApp(id kubecontrol.RelationID) string {
	if members := r.joinedOn(id); len(members) > 0 {
		return members[0].App()
	}
	return ""
}

// joinedOn are the members of one relation, by number.
func (r *run) joinedOn(id kubecontrol.RelationID) []kubecontrol.Unit {
	for _, rel := range r.view.Relations {
		if rel.ID == id {
			return rel.Members
		}
	}
	return nil
}
