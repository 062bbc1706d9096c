// Package session carries out what package engine decides. It reads the charm's files, loads data through the hook tools,
// evaluates, applies the decisions in order, runs handlers and writes the log.
//
// A Session is one process's work. Hook runs a whole hook; Master and Worker have the methods of the interface, each
// an event of the same engine. Nothing is kept in memory or in files from one process to the next: the state is
// Juju's and commits with the relation data. What a Python charm kept in the charm's folder is taken over
// once, and where the charm asks for it the flags are shown there to charms.reactive.
package session
