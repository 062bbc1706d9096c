// Package conformance replays recorded answers of Juju's own hook tools against the simulator's.
//
// Worlds and cases are JSON files. A world is what one hook of the unit kcp/0 finds: relations with
// members and bags, options, kept state, statuses, addresses, leadership. A case is a list of
// commands in one hook of a world, each with the exit code and output that Juju 3.6-rc1 gave, and
// what the hook had changed after it exited 0.
//
// For each case the world is loaded into a fresh model. The commands are real processes, started
// through a tools directory, that talk to a real agent socket; the hook's changes are committed to
// the model. A fact of the case that the simulator does not imitate is a difference.
package conformance
