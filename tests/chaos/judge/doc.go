// Package judge says what is wrong with a model of masters and workers. It shares no code with the product: it reads the
// simulator's model, the files of the units and the logs, and it knows the rules from the interface's text and from
// docs/protocol.md alone.
//
// Always has what must hold at every moment, also while agents are stopped and hooks fail. AtRest has what must hold once
// all is healed and no hook is queued.
package judge
