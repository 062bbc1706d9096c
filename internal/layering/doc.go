// Package layering holds the test that keeps the packages of this module apart
// as docs/architecture.md draws them: who may import whom, and what must never
// be linked into the program that runs in hooks. It has no code of its own.
package layering
