// Package cli is the program around package session. Its own name decides whether it is a hook, an action or the command
// line. It has the tree of commands, one file each. Actions are aliases of commands, in one table.
//
// Exit codes: 0 done; 1 failed; 2 usage; 3 the answer is no.
package cli
