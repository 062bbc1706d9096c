// Package engine decides what a master or a worker of the kube-control interface must do. It is the functional core of
// the program: text in, decisions out, no input or output of its own, no clock, no randomness.
//
// A run goes like this. The shell turns what Juju said into an Event and knows relations and members. Needs names the
// remote databags that this event needs, the shell loads exactly these into a View, and Evaluate, given what the unit
// kept (State), the event and the view, answers with the decisions in the order in which they must be applied. State
// and databags commit together when the hook succeeds, so a run that fails half-way leaves nothing behind.
//
// Flags are computed from the view and the state in every run; the hook's name only chooses what is logged. Commands
// typed by hand are events as well and go through the same function. Ask answers the interface's getters.
package engine
