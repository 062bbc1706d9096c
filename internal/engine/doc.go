// Package engine decides what a master or a worker of the kube-control interface must do. It is the functional core of
// the program: values in, decisions out. It has no input or output of its own, no clock and no randomness.
//
// A run has these steps. The shell turns what Juju said into an Event, and puts relations and members into a View. Begin
// starts an evaluation of the unit's kept State, the event, the view, and what a ready charm's Policy says. Its Needs name
// the databags and secrets that it must still see, and the shell loads exactly these. Decide returns the decisions, in the
// order in which they must be applied, and the Facts, which answer all questions. State and databags commit together when
// the hook succeeds, so a run that fails leaves nothing behind.
//
// Each run computes the flags from the view and the state. The hook's name only decides what is logged. Commands that a
// person types are events too, and take the same path.
package engine
