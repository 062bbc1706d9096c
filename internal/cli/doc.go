// Package cli is the program around package charm: it tells by its own name whether it is a hook, an action or the
// command line, and holds the tree of commands, one file each. Actions are aliases of commands, in one table.
//
// Exit codes: 0 done; 1 could not; 2 the command is not used right; 3 the answer is no.
package cli
