// Package ready is the policy of the ready charms: which requests a master signs and which tokens it makes, and which files a
// worker keeps. Like the engine it is pure; the shell reads and writes.
package ready
