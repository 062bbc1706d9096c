// Command readme is a charm author's own kube-control: the examples of the interface's README of 2019, as handlers in
// Go. A charm links this program in place of kube-control. The same examples with commands for handlers are in
// master/kube-control.yaml and worker/kube-control.yaml beside it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/kube-control/kube-control/pkg/charm"
)

func main() { os.Exit(charm.Main(rules())) }

// rules has the handlers of both sides; a charm that is only one of them never sees the other's flags.
func rules() *charm.Rules {
	var r charm.Rules
	r.When("kube-control.connected").Master("send-dns", sendDNS)
	r.When("kube-control.gpu.available").Master("on-gpu-available", onGPUAvailable)
	r.When("kube-control.departed", "leadership.is_leader").Master("flush-auth-for-departed", flushAuthForDeparted)

	r.When("kube-control.dns.available").Worker("on-dns-available", onDNSAvailable)
	r.When("kube-control.connected").Worker("send-gpu", sendGPU)
	r.When("kube-control.auth.available").Worker("display-auth-tokens", displayAuthTokens)
	r.When("kube-control.connected").WhenNot("kube-control.auth.available").Worker("request-auth-credentials", requestAuthCredentials)
	return &r
}

// sendDNS sends port, domain and address to the remote side.
func sendDNS(ctx context.Context, m *charm.Master) error {
	return m.SetDNS(ctx, 53, "cluster.local", "10.1.0.10", true)
}

// onGPUAvailable knows that the remote side has a GPU, and handles it somehow.
func onGPUAvailable(ctx context.Context, m *charm.Master) error {
	gpu, err := m.GPU(ctx)
	if err == nil && !gpu {
		err = errors.New("the flag is set and no worker has a GPU")
	}
	return err
}

// flushAuthForDeparted drops the departed units' tokens from the charm's own registry.
func flushAuthForDeparted(ctx context.Context, m *charm.Master) error {
	units, err := m.FlushDeparted(ctx)
	for _, unit := range units {
		fmt.Printf("%s departed\n", unit)
	}
	return err
}

// onDNSAvailable prints what the remote side has sent.
func onDNSAvailable(ctx context.Context, w *charm.Worker) error {
	dns, err := w.DNS(ctx)
	if err != nil {
		return err
	}
	for _, value := range []*string{dns.Domain, dns.PrivateAddress, dns.SDNIP, dns.Port} {
		if value != nil {
			fmt.Println(*value)
		}
	}
	return nil
}

// sendGPU tells the master that this unit has a GPU.
func sendGPU(ctx context.Context, w *charm.Worker) error {
	return w.SetGPU(ctx, true)
}

// displayAuthTokens prints the tokens' fingerprints; their Reveal method would give the tokens themselves.
func displayAuthTokens(ctx context.Context, w *charm.Worker) error {
	auth, found, err := w.AuthCredentials(ctx, "root")
	if err != nil || !found {
		return err
	}
	fmt.Println(auth.Kubelet, auth.Proxy, auth.Client)
	return nil
}

// requestAuthCredentials requests an admin user with sudo level access named root.
func requestAuthCredentials(ctx context.Context, w *charm.Worker) error {
	return w.SetAuthRequest(ctx, "root", "system:masters")
}
