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
	// creds has bad entries: "b" is not an object
	// true true sha256:11507a0e2f5e
}

// A master reads a worker's databag. Unknown keys are ignored.
func ExampleReadRequest() {
	request := kubecontrol.ReadRequest(kubecontrol.Bag{"kubelet_user": "system:node:node-1", "gpu": "True", "ingress-address": "10.0.0.5"})
	fmt.Println(request.User, request.GPU, request.Check())
	// Output:
	// system:node:node-1 true <nil>
}

// A value passes the same check as the option or the command that sets it.
func ExampleCheckValue() {
	fmt.Println(kubecontrol.CheckValue(kubecontrol.Master, kubecontrol.KeyPort, "53"))
	fmt.Println(kubecontrol.CheckValue(kubecontrol.Master, kubecontrol.KeyPort, "99999"))
	// Output:
	// <nil>
	// port "99999" is not a port from 1 to 65535
}

// A token prints as a fingerprint, so that no log shows it.
func ExampleToken() {
	token := kubecontrol.NewToken("s3cret")
	fmt.Println(token)
	fmt.Printf("%v %+v %d\n", token, token, len(token.Reveal()))
	// Output:
	// sha256:1ec1c26b50d5
	// sha256:1ec1c26b50d5 sha256:1ec1c26b50d5 6
}
