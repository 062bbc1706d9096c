// Package handlers tests the shell handlers of the master's and the worker's
// charm by themselves, against a stand-in for bin/kube-control that records how
// it is called. The stories run them in whole deployments.
package handlers
