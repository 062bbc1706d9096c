package operator

import (
	"encoding/base64"
	"encoding/json"
	pemfile "encoding/pem"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// MasterOptions is the configuration of a ready master. What is wrong with an option is among the problems, and what it
// would have changed stays as it is.
type MasterOptions struct {
	// Values are what is published on every relation, by wire key; "" deletes. A key that is not there stays as it is.
	Values      map[string]string
	MakeTag     bool   // the cluster's tag is to be made, and kept
	OwnEndpoint bool   // this unit's own address is to be published as the API server's
	Certificate string // the cluster's CA certificate, PEM; "" for none
	// HasCertificate is false where the option for it can't be used, so that Certificate says nothing.
	HasCertificate bool
	TokenFile      string // path of the token file; "" where the option can't be used
	Command        string // to be run when the token file has changed; "" for none
	Policy         *Policy
	WorkersNeeded  bool // a master without workers is not active
	Problems       []Problem
}

// ReadMaster reads the options of a ready master, as config-get gives them.
func ReadMaster(config map[string]any) MasterOptions {
	r := &reader{config: config}
	o := MasterOptions{Values: map[string]string{}}
	r.dns(o.Values)
	if tag, ok := r.text("cluster-tag", or(checkWord)); tag != "" {
		o.Values[kubecontrol.KeyClusterTag] = tag
	} else {
		o.MakeTag = ok
	}
	if registry, ok := r.text("image-registry", or(CheckRegistry)); ok {
		o.Values[kubecontrol.KeyRegistryLocation] = registry
	}
	if cni, ok := r.text("default-cni", or(checkWord)); ok {
		o.Values[kubecontrol.KeyDefaultCNI] = kubecontrol.EncodeText(cni)
	}
	if urls, ok := r.words("api-endpoints", CheckEndpoint); ok {
		o.OwnEndpoint = len(urls) == 0
		if len(urls) > 0 {
			o.Values[kubecontrol.KeyAPIEndpoints] = kubecontrol.EncodeList(kubecontrol.UniteEndpoints(urls))
		}
	}
	if xcp, ok := r.boolean("has-xcp"); ok {
		o.Values[kubecontrol.KeyHasXCP] = strconv.FormatBool(xcp)
	}
	if taints, ok := r.words("register-with-taints", CheckTaint); ok {
		o.Values[kubecontrol.KeyTaints] = kubecontrol.EncodeList(taints)
	}
	if labels, ok := r.words("labels", CheckLabel); ok {
		o.Values[kubecontrol.KeyLabels] = kubecontrol.EncodeList(labels)
	}
	if keys, ok := r.text("cohort-keys", or(checkCohorts)); ok {
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
	o.WorkersNeeded, _ = r.boolean("require-workers")
	o.Policy = r.policy()
	o.Problems = r.problems
	return o
}

// dns reads the four options of the cluster's DNS. They go together: one that can't be used holds all four back.
func (r *reader) dns(values map[string]string) {
	provider, good := r.text("dns-provider", oneOf("auto", "none"))
	domain, okDomain := r.text("dns-domain", checkDomain)
	ip, okIP := r.text("dns-ip", or(checkAddress))
	port, okPort := r.number("dns-port", func(n int64) error {
		if n < 1 || n > 65535 {
			return errors.New("is not a port from 1 to 65535")
		}
		return nil
	})
	if !good || !okDomain || !okIP || !okPort {
		return
	}
	if provider == "none" {
		ip = ""
	}
	values[kubecontrol.KeyEnableKubeDNS], values[kubecontrol.KeySDNIP] = kubecontrol.FormatBool(provider == "auto"), ip
	// Charms on the ops library read nothing at all without these two, with DNS off too.
	values[kubecontrol.KeyPort], values[kubecontrol.KeyDomain] = strconv.FormatInt(port, 10), domain
}

// fit leaves out the values that are too long for the wire.
func (r *reader) fit(values map[string]string) {
	for _, key := range kubecontrol.SingleKeys(kubecontrol.Master) {
		if value, ok := values[key]; ok && kubecontrol.CheckValue(kubecontrol.Master, key, value) != nil {
			delete(values, key)
			r.bad(OptionOf(kubecontrol.Master, key), errors.New("is too long"))
		}
	}
}

func checkCohorts(text string) error {
	var keys map[string]*string
	if json.Unmarshal([]byte(text), &keys) != nil || keys == nil {
		return errors.New("is no JSON object of texts")
	}
	for snap, key := range keys {
		if key == nil {
			return fmt.Errorf("has no key for %s", brief(snap))
		}
	}
	return nil
}

// readPEM reads a certificate, PEM or base64 of it, as options of Juju charms hold it.
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
			return "", errors.New("is no certificate in PEM")
		}
		if len(strings.TrimSpace(string(rest))) == 0 {
			return text + "\n", nil
		}
	}
}
