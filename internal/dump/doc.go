// Package dump keeps what the hook tools and the machine of one unit answered, without secrets. On any other machine, kube-control
// can then explain the unit, and show what its hooks would do.
//
// A secret never enters a dump: each answer passes the redaction of its tool, and the answer of a tool that the redaction does
// not know is left out. A fingerprint stands for a token. For the tokens that a ready master makes, those of another seed stand, so
// that its decisions are the same. Equal tokens have equal stand-ins within one dump, and those of two dumps cannot be compared.
// The package decides nothing about units.
package dump
