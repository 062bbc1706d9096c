// Package charm is for charm authors who write their handlers in Go.
//
// A charm links one program as each of its kube-control hooks. Main is that program: it does all that the program
// kube-control does, and runs the author's handlers in the hooks. Rules say when a handler runs, in terms of flags such as
// kube-control.dns.available. A handler gets a Master or a Worker, which has the methods of its side of the interface.
//
//	func main() {
//		var rules charm.Rules
//		rules.When("kube-control.connected").Master("send-dns", sendDNS)
//		os.Exit(charm.Main(&rules))
//	}
//
// Whatever a handler changes commits with its hook, or is lost with it, because all state is kept by Juju. Settings that
// are not code, such as the workload status, are in the charm's kube-control.yaml.
package charm
