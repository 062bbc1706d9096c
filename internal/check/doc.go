// Package check finds the mistakes in a charm's files that Juju, or a hook, would find only later: in metadata.yaml,
// actions.yaml and kube-control.yaml, in the links of hooks and actions, and in the programs, commands and flags of handlers.
// It reads the charm through a file system and changes nothing.
package check
