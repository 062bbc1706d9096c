package cli

import "github.com/spf13/cobra"

// addExamples gives an example to each command that has none of its own.
func addExamples(root *cobra.Command) {
	examples := map[string]string{
		"clear-creds":           "clear-creds --relation kube-control:3",
		"closed-auth-creds":     "closed-auth-creds --format json",
		"flush-departed":        "flush-departed --format json",
		"get-gpu":               "get-gpu",
		"set-api-endpoints":     "set-api-endpoints https://10.0.0.1:6443 https://10.0.0.2:6443",
		"set-ca-certificate":    "set-ca-certificate /root/cdk/ca.crt",
		"set-cluster-tag":       "set-cluster-tag kubernetes-4f0a",
		"set-controller-labels": "set-controller-labels node-role.kubernetes.io/control-plane=",
		"set-controller-taints": "set-controller-taints node-role.kubernetes.io/control-plane:NoSchedule",
		"set-default-cni":       "set-default-cni calico",
		"set-has-xcp":           "set-has-xcp true",
		"set-registry-location": "set-registry-location rocks.canonical.com:443/cdk",
		"evaluate":              "evaluate || echo not ready",
		"get-api-endpoints":     "get-api-endpoints",
		"get-auth-credentials":  "get-auth-credentials system:node:node-1 --reveal -o /root/tokens",
		"get-ca-certificate":    "get-ca-certificate > ca.crt",
		"get-cluster-tag":       "get-cluster-tag",
		"get-cohort-keys":       "get-cohort-keys --format json",
		"get-controller-labels": "get-controller-labels",
		"get-controller-taints": "get-controller-taints",
		"get-default-cni":       "get-default-cni --format json",
		"get-dns":               "get-dns --format json",
		"get-has-xcp":           "get-has-xcp",
		"get-registry-location": "get-registry-location",
		"set-gpu":               "set-gpu false",
		"flags":                 "flags is-set kube-control.auth.ready && echo ready",
		"is-set":                "flags is-set kube-control.auth.ready",
		"set":                   "flags set my-charm.configured",
		"clear":                 "flags clear kube-control.requests.changed",
		"hook":                  "hook update-status",
		"link":                  "link --charm my-charm --lifecycle --leader --secrets",
		"refresh":               "refresh --verbose",
		"version":               "version --format json",
	}
	for _, c := range root.Commands() {
		if example := examples[c.Name()]; example != "" && c.Example == "" {
			c.Example = "  kube-control " + example
		}
		addExamples(c)
	}
}
