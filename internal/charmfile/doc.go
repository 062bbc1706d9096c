// Package charmfile decides what a charm's own files say: metadata.yaml, actions.yaml and kube-control.yaml. It takes their
// texts and reads no file. The hooks use it, and so does the command check, which needs every problem and its place.
package charmfile
