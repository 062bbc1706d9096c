// Package tools is the simulator's own set of Juju hook tools, one file each and named as the tool.
//
// Run takes one command as the agent's socket delivers it and answers with what the tool's process
// prints and its exit code. A tool asks everything of a Context, the hook that it runs in, so the
// same code serves real processes through the agent's socket and callers in the same process.
//
// Arguments, outputs, exit codes and error texts are those of Juju 3.6-rc1; where the Context's
// Juju version is 2.9 or 4.x and the tool differs there, the tool follows that version.
// Exit codes: 0 done, 1 the command ran and failed, 2 bad options or arguments.
package tools
