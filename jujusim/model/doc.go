// Package model is the controller's half of the simulated Juju: applications, units, relations with their
// versioned bags, configuration, charm state, statuses, and who leads.
//
// A Model is one JSON document. It implements agent.Controller, which is how running hooks read and write it; the
// methods of that interface may be called from any goroutine. Everything else in the package belongs to one
// goroutine, and may run only while no hook does.
//
// Nothing here runs a hook: the unit agents' half is package uniter, which reads the model and tells it what the
// agents have done (EnterScope, LeaveScope, FinishRemoval).
//
// Time is the model's own: it starts at 2026-01-01 00:00:00Z and goes on by one second for each Tick. Randomness is
// a PCG whose state is part of the document, so a seed and a list of verbs give the same run every time.
package model
