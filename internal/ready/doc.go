// Package ready is what the ready charms do beyond the interface, and what a charm author can ask for by hand: it
// turns what a worker was given into files. Like the engine it is pure; the shell reads and writes.
package ready
