// Package contract holds what this project writes for Kubernetes against the
// libraries with which Kubernetes reads it: a kubeconfig against client-go's
// loader, which kubectl and kubelet use, and a token file against the very
// reader that kube-apiserver has. It has no code of its own.
package contract
