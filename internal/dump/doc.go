// Package dump keeps what the hook tools of one unit answered, without secrets, so that kube-control can explain the unit on
// any other machine.
//
// A secret never enters a dump: each answer passes the redaction of its tool, and the answer of a tool that the redaction does
// not know is left out. A fingerprint stands for a token. Equal tokens have equal fingerprints within one dump, and the
// fingerprints of two dumps cannot be compared. The package decides nothing about units.
package dump
