// Package unitstate reads and writes the key-value store that charmhelpers keeps in a charm's folder, .unit-state.db:
// an SQLite file in which charms.reactive has its flags and data. It is the only package that knows SQLite.
//
// The store is shared with programs in Python. Every call opens it, does one thing, and closes it, so that no lock is
// held while such a program runs; a file that is not there costs nothing. Locks are waited for, but not for ever.
package unitstate
