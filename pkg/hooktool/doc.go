// Package hooktool asks and tells Juju: one typed method of [Tools] for each hook tool, over a [Runner] that starts
// the tool as a process. It knows the tools' arguments, formats, answers and errors, and nothing of the protocol.
//
// Rules that all calls keep:
//
//   - JSON is asked for wherever a tool has formats; the others lose information.
//   - Data of bags and state goes in on standard input (--file -), never in argv, where every process can read it.
//     Only action-set has no such way: action results must not hold secrets.
//   - Free text and names come after "--", for a text may begin with a dash.
//   - A relation is always named, as ENDPOINT:ID, so that a call means the same in every hook, action and exec.
//   - An error names the tool, its flags, the exit code and what the tool said, and no value: where the tool may
//     have quoted data, only a known phrase of its words is kept.
//
// What a write does is up to Juju: relation data and state are kept back until the hook succeeds and dropped if it
// fails (under `juju exec` kept in any case); status, log lines and action-log take effect at once.
//
// Sources: the tools of Juju 2.9.52, 3.6 and 4.0 (worker/uniter/runner/jujuc).
package hooktool
