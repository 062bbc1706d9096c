// Package lives replays recorded lives of Juju's own unit agents in the simulator.
//
// A life is a JSON file: what was done to a small model step by step, and each hook that Juju's agents ran for it, with
// its environment, the answers of the hook tools, and the states in between. The simulator does the same steps with a
// probe charm, whose program asks the recorded questions in each hook and then does what the steps say. Each difference
// is reported, but for the kinds in kinds.json.
//
// Juju leaves some orders open: that of hooks of different relations. There the simulator takes the recorded one, where
// that is among those that it could take.
//
// A file may also hold a list of lives, or a list of tables: steps with the hooks that Juju's own tests expect in each
// run of a unit. Files may be compressed with gzip.
package lives
