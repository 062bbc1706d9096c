package ready

import (
	"encoding/base64"
	pemfile "encoding/pem"
	"errors"
	"strconv"
	"strings"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// MasterOptions is the configuration of a ready master. An invalid option is among the problems and changes
// nothing.
type MasterOptions struct {
	// Values are published on every relation, by wire key; "" deletes. A missing key does not change.
	Values map[string]string
	// ByApp has the entries of lists that are for the units of one application, by wire key and application.
	ByApp       map[string]map[string][]string
	MakeTag     bool   // the program makes the cluster's tag, and keeps it
	OwnEndpoint bool   // this unit's own address is published as the API server's
	Certificate string // the cluster's CA certificate, PEM; "" for none
	// HasCertificate is false where the option for it can't be used, so that Certificate says nothing.
	HasCertificate bool
	TokenFile      string // path of the token file; "" where the option can't be used
	Command        string // to be run when the token file has changed; "" for none
	WorkerLeft     string // command to be run when a worker has left; "" for none
	Policy         *Policy
	WorkersNeeded  bool // a master without workers is not active
	Problems       []Problem
}

// ReadMaster reads the options of a ready master, as config-get gives them.
func ReadMaster(config map[string]any) MasterOptions {
	r := &reader{config: config}
	o := MasterOptions{Values: map[string]string{}, ByApp: map[string]map[string][]string{}}
	r.dns(o.Values)
	if tag, ok := r.text("cluster-tag", or(as(kubecontrol.KeyClusterTag))); tag != "" {
		o.Values[kubecontrol.KeyClusterTag] = tag
	} else {
		o.MakeTag = ok
	}
	if registry, ok := r.text("image-registry", or(as(kubecontrol.KeyRegistryLocation))); ok {
		o.Values[kubecontrol.KeyRegistryLocation] = registry
	}
	if cni, ok := r.text("default-cni", or(as(kubecontrol.KeyDefaultCNI))); ok {
		o.Values[kubecontrol.KeyDefaultCNI] = kubecontrol.EncodeText(cni)
	}
	if urls, ok := r.words("api-endpoints", as(kubecontrol.KeyAPIEndpoints)); ok {
		o.OwnEndpoint = len(urls) == 0
		if len(urls) > 0 {
			o.Values[kubecontrol.KeyAPIEndpoints] = kubecontrol.EncodeList(kubecontrol.UniteEndpoints(urls))
		}
	}
	if xcp, ok := r.boolean("has-xcp"); ok {
		o.Values[kubecontrol.KeyHasXCP] = strconv.FormatBool(xcp)
	}
	r.byApp(&o, "register-with-taints", kubecontrol.KeyTaints)
	r.byApp(&o, "labels", kubecontrol.KeyLabels)
	if keys, ok := r.text("cohort-keys", or(as(kubecontrol.KeyCohortKeys))); ok {
		o.Values[kubecontrol.KeyCohortKeys] = keys
		if keys != "" {
			o.Values[kubecontrol.KeyCohortKeys] = kubecontrol.EncodeObject(kubecontrol.DecodeObject(keys))
		}
	}
	r.fit(o.Values)
	text, ok := r.text("ca-certificate")
	if o.HasCertificate = ok; ok && text != "" {
		certificate, err := readPEM(text)
		if err != nil {
			o.HasCertificate = r.bad("ca-certificate", err)
		}
		o.Certificate = certificate
	}
	o.TokenFile, _ = r.text("token-auth-file", checkPath)
	o.Command, _ = r.text("on-tokens-changed")
	o.WorkerLeft, _ = r.text("on-worker-left")
	o.WorkersNeeded, _ = r.boolean("require-workers")
	o.Policy = r.policy()
	o.Problems = r.problems
	return o
}

// dns reads the four options of the cluster's DNS. If one is invalid, none of the four changes.
func (r *reader) dns(values map[string]string) {
	provider, good := r.text("dns-provider", oneOf("auto", "none"))
	domain, okDomain := r.text("dns-domain", as(kubecontrol.KeyDomain))
	ip, okIP := r.text("dns-ip", or(as(kubecontrol.KeySDNIP)))
	port, okPort := r.number("dns-port", func(n int64) error {
		return kubecontrol.CheckItem(kubecontrol.KeyPort, strconv.FormatInt(n, 10))
	})
	if !good || !okDomain || !okIP || !okPort {
		return
	}
	if provider == "none" {
		ip = ""
	}
	values[kubecontrol.KeyEnableKubeDNS], values[kubecontrol.KeySDNIP] = kubecontrol.FormatBool(provider == "auto"), ip
	// Charms on the ops library read nothing without these two, even with DNS off.
	values[kubecontrol.KeyPort], values[kubecontrol.KeyDomain] = strconv.FormatInt(port, 10), domain
}

// fit leaves out the values that are too long for the wire.
func (r *reader) fit(values map[string]string) {
	for _, key := range kubecontrol.SingleKeys(kubecontrol.Master) {
		if value, ok := values[key]; ok && kubecontrol.CheckValue(kubecontrol.Master, key, value) != nil {
			delete(values, key)
			r.bad(kubecontrol.OptionOf(kubecontrol.Master, key), errors.New("is too long"))
		}
	}
}

// readPEM reads a certificate, PEM or base64 of it, as options of Juju charms have it.
func readPEM(text string) (string, error) {
	if !strings.Contains(text, "-----BEGIN") {
		decoded, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		if err != nil {
			return "", errors.New("is neither PEM nor base64 of it")
		}
		text = strings.TrimSpace(string(decoded))
	}
	rest := []byte(text)
	for {
		var block *pemfile.Block
		block, rest = pemfile.Decode(rest)
		if block == nil || block.Type != "CERTIFICATE" {
			return "", errors.New("is not a certificate in PEM")
		}
		if len(strings.TrimSpace(string(rest))) == 0 {
			return text + "\n", nil
		}
	}
}
