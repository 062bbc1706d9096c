// Package threats tries what docs/security.md says a worker could try against a master: one test for each of T1 to T20,
// or several. Those against workers, T21 to T28, stand beside the worker's policy.
package threats
