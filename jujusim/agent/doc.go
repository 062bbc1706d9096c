// Package agent is the part of a unit agent that a running hook talks to: the hook's context, the
// socket that hook tools speak to, and the tools' client program.
//
// The story of one hook: NewHookContext takes what the agent knows (HookInfo) and whom to ask
// (Controller); Listen opens the socket; LinkTools has made the tools directory, whose links all lead
// to a program that calls ToolMain. The hook's tools read and buffer in the context. When the hook has
// ended, Changes is what the controller is to commit, and ActionResult what an action said.
//
// A caller in the same process may leave out socket and client and use HookContext.Call.
//
// The wire is Juju's own (2.9 to 4.0): gob-coded net/rpc requests for Jujuc.Main, one connection for
// each tool, standard input sent only when the server asks for it. It is written out here instead
// of importing net/rpc, so that a tool's process starts fast.
package agent
