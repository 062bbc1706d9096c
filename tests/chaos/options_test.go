package chaos

import "slices"

// option is an option of a ready charm with values that are valid, the first of which repairs it, and values that are not.
type option struct {
	key       string
	good, bad []string
}

func (o option) isBad(value string) bool { return slices.Contains(o.bad, value) }

// optionsOf are those of the charm that an application runs.
func optionsOf(kind string) []option {
	switch kind {
	case "master":
		return masterOptions()
	case "worker", "side":
		return workerOptions()
	case "rogue":
		return []option{{"raw", rogues(), nil}}
	}
	return nil
}

func masterOptions() []option {
	return []option{
		{"dns-provider", []string{"auto", "none"}, []string{"maybe"}},
		{"dns-domain", []string{"cluster.local", "k8s.example"}, []string{"UPPER."}},
		{"dns-ip", []string{"10.152.183.10", "", "fd00::10"}, []string{"ten"}},
		{"dns-port", []string{"53", "5353"}, []string{"70000"}},
		{"cluster-tag", []string{"", "prod-1"}, []string{"a b"}},
		{"image-registry", []string{"rocks.canonical.com:443/cdk", "registry.example.com:5000/k"}, []string{"http://x"}},
		{"default-cni", []string{"", "calico"}, []string{"a b"}},
		{"api-endpoints", []string{"", "https://10.0.0.9:6443", "https://a.example https://b.example"}, []string{"http://plain"}},
		{"has-xcp", []string{"false", "true"}, nil},
		{"register-with-taints", []string{"", "dedicated=infra:NoExecute kw=a=b:NoSchedule"}, []string{"a=b"}},
		{"labels", []string{"", "zone=north kw=zone=south"}, []string{"-a-=b"}},
		{"cohort-keys", []string{"", `{"kubelet": "key"}`}, []string{"[1]"}},
		{"ca-certificate", []string{"", certificate, certificate + certificate}, []string{"nonsense"}},
		{"token-auth-file", []string{"known_tokens.csv", "cdk/known_tokens.csv"}, []string{"/proc/none/known_tokens.csv"}},
		{"on-tokens-changed", []string{"", "true"}, []string{"exit 1"}},
		{"on-worker-left", []string{"", "true"}, []string{"exit 1"}},
		{"allowed-groups", []string{"system:nodes clouds", "system:nodes"}, []string{"=nodes"}},
		{"allowed-users", []string{"system:node:* $UNIT"}, []string{"=nodes"}},
		{"client-token", []string{"per-unit", "none", "admin"}, []string{"all"}},
		{"client-group", []string{"", "readers"}, []string{"a,b"}},
		{"require-workers", []string{"false", "true"}, nil},
	}
}

func workerOptions() []option {
	return []option{
		{"node-name", []string{"", "shared", "other"}, []string{"Not_A_Node"}},
		{"auth-group", []string{"system:nodes", "clouds"}, []string{"a,b"}},
		{"gpu", []string{"false", "true", "auto"}, []string{"maybe"}},
		{"schemas", []string{"auto", "0", "0,1"}, []string{"2", "1"}}, // 1 asks for nothing where Juju has no secrets
		{"kubeconfig-dir", []string{"cdk", "deep/cdk"}, []string{"/proc/none"}},
		{"ca-file", []string{"ca.crt"}, []string{"missing.crt", "metadata.yaml", ""}}, // without a certificate there are no files
		{"on-credentials-changed", []string{"", "true"}, []string{"exit 1"}},
	}
}

// rogues are what a hostile or broken worker writes over what a good one does.
func rogues() []string {
	return []string{
		"",
		`{"kubelet_user": "admin", "auth_group": "system:masters"}`,
		`{"kubelet_user": "system:node:kw-0"}`,
		`{"kubelet_user": "system:node:KW-1"}`,
		`{"kubelet_user": "system:kube-proxy"}`,
		`{"kubelet_user": "system:node:x\",y\nz"}`,
		`{"kubelet_user": "kube-control:client:kw/0"}`,
		`{"unit": "kw/0", "scope": "kw/0", "creds": "{\"system:node:kw-0\": {\"scope\": \"kw/0\"}}"}`,
		`{"schema_vers": "[1", "gpu": "true"}`,
		`{"kubelet_user": "kw/0"}`,
		`{"auth_group": "system:masters"}`,
		`{"auth_group": "system:nodes,system:masters"}`,
	}
}
