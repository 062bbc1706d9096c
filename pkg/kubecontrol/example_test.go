package kubecontrol_test

import (
	"fmt"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// A worker merges what two masters publish and picks its own entry. Printing it shows fingerprints, never tokens.
func Example() {
	first, _ := kubecontrol.DecodeCreds(`{"system:node:a": {"scope": "kw/0", "kubelet_token": "old", "proxy_token": null, "client_token": ""}}`)
	second, err := kubecontrol.DecodeCreds(`{"system:node:a": {"scope": "kw/0", "kubelet_token": "new", "proxy_token": null, "client_token": ""}, "b": 1}`)
	fmt.Println(err)

	mine := kubecontrol.MergeCreds("kw/0", []kubecontrol.Creds{first, second})["system:node:a"]
	fmt.Println(mine.Complete(), mine.Kubelet == kubecontrol.NewToken("new"), mine.Kubelet)
	// Output:
	// creds has bad entries: "b" is no object
	// true true sha256:11507a0e2f5e
}
