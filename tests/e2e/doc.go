// Package e2e proves the ready charms against Kubernetes itself: a kube-apiserver
// reads the token files that the master charm writes, and client-go uses the
// kubeconfigs that the worker charm writes, each exactly as it was written. It has
// no code of its own.
//
// The programs are built beforehand and only run here: kube-control and the charms
// by `make stage`, kube-apiserver and etcd by `make e2e-bin`, whose folder is
// $KC_E2E_BIN. `make e2e` does all of it.
//
// A test has its own etcd, which listens on Unix sockets, and one or more API
// servers, on ports of the loopback address. All of them end with the test, also
// when it is killed.
package e2e
