// Package explain puts facts into words: the workload status, why a request is refused, and a report of why each flag is what
// it is and what each unit waits for. It reads the facts of package engine, and decides nothing.
package explain
